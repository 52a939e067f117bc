import AgentEngine
import CanonicalCoding
import ControlWire
import DurableFiles
package import FleetModel
import Glibc
package import LinuxSensor
import ResponseActions
package import StateSeal
import Synchronization
package import TransparencyLog
package import UpdateTrust
package import WorkerSandbox
import WorkerWire

/// What an agent is started with.
package struct AgentConfiguration: Sendable {
    /// Directory of everything the endpoint remembers.
    package var state: String
    package var worker: WorkerLaunch
    package var trustedKeys: TrustedKeys
    /// Whose checkpoints count: a release that is not in this log does not run. Nil: no log is asked.
    package var logTrust: LogTrust?
    /// The root of a TUF repository that must vouch for every release. Nil: none is asked.
    package var repositoryRoot: [UInt8]?
    /// The address or the folder of a mirror, from which metadata and packs come instead. Nil: the control plane's.
    package var repositoryMirror: String?
    /// How often the repository is asked for recalls; nil: as ``RecallWatch`` says.
    package var recallWatchSpan: Moment.Span?
    /// Nil where the endpoint has a credential already.
    package var enrolmentSecret: String?
    /// The file of `--lab`; nil everywhere but in the lab.
    package var labFile: String?
    package var tags: [String: String]
    package var hasLiveSensor: Bool
    /// Where the broker listens; nil: executions are seen and never held.
    package var brokerSocket: String?
    /// How the state is measured for check-ins; nil: it is not.
    package var seal: SealSettings?
    /// The host is taken down or held up by a pack that says so: for tests of whole machines.
    package var obeysHostChaos: Bool

    package init(
        state: String, worker: WorkerLaunch, trustedKeys: TrustedKeys, enrolmentSecret: String?, labFile: String?,
        tags: [String: String], hasLiveSensor: Bool, obeysHostChaos: Bool = false, brokerSocket: String? = nil,
        seal: SealSettings? = nil
    ) {
        self.seal = seal
        self.brokerSocket = brokerSocket
        self.state = state
        self.worker = worker
        self.trustedKeys = trustedKeys
        self.enrolmentSecret = enrolmentSecret
        self.labFile = labFile
        self.tags = tags
        self.hasLiveSensor = hasLiveSensor
        self.obeysHostChaos = obeysHostChaos
    }
}

/// An endpoint's agent: sensor, workers, update machine and check-ins put together.
package final class Agent: Sendable {
    /// What tests replace.
    struct Hooks: Sendable {
        var files = DurableFiles()
        var takeHostDown: @Sendable (String) -> Void = { _ in abort() }
        var hostChaos = HostChaos()
        var bootID: @Sendable () -> String = { StateDirectory.bootID() }
        var guardEnvironment: @Sendable () -> GuardEnvironment = { GuardEnvironment.read() }
        var guardProgram: @Sendable (_ state: String) -> GuardProgram? = { GuardProgram.find(state: $0) }
        /// True ends the agent there, as a power cut would.
        var endsAt: @Sendable (UpdateDriver.Boundary) -> Bool = { _ in false }
    }

    /// Matches that wait to become alerts. Past it they are dropped: the rate limit would hold most of them back.
    static let matchCountMax = 1024
    /// How long a sensor that was told to stop may take to hand over what it has seen.
    static let sensorPatience = Moment.Span.seconds(1)

    package let endpoint: EndpointID
    let driver: UpdateDriver
    let workers: WorkerSupervisor
    let loop: CheckInLoop
    let alerts: AlertService
    let pump: EventPump
    let log: AgentLog
    private let sensor: any TelemetrySensor
    private let isSensorOver: Flag
    private let detections: AsyncStream<Detection>
    private let detected: AsyncStream<Detection>.Continuation
    private let isEnding = Flag()
    private let directory: StateDirectory
    private let recallWatch: RecallWatch?
    private let builds: BuildDriver
    private let isPowerOff: Flag
    /// Nil when the journal of actions cannot be used: then rules alert and nothing more.
    private let responses: ResponseService?
    private let judge: ExecutionJudge?
    private let brokerSocket: String?
    /// Nil where no guard watches this agent.
    private let pulse: GuardPulse?

    package convenience init(configuration: AgentConfiguration, link: any ControlLink, sensor: any TelemetrySensor)
        throws(AgentError)
    {
        try self.init(configuration: configuration, link: link, sensor: sensor, hooks: Hooks())
    }

    init(configuration: AgentConfiguration, link: any ControlLink, sensor: any TelemetrySensor, hooks: Hooks)
        throws(AgentError)
    {
        let clock = AgentClock()
        let state = try AgentState(configuration: configuration, files: hooks.files, clock: clock)
        let (policy, policyHash) = state.policies.read()
        let guardEnvironment = hooks.guardEnvironment()
        // In a lower mode nothing unproven is run, and so nothing of its is obeyed.
        let obeysHostChaos = configuration.obeysHostChaos && guardEnvironment.word.mode == .normal
        let bell = Bell()
        let pump = EventPump()
        let inbox = UpdateDriver.Inbox()
        let isPowerOff = Flag()
        let (stream, matched) = AsyncStream.makeStream(
            of: Detection.self, bufferingPolicy: .bufferingOldest(Self.matchCountMax))
        alerts = AlertService(
            spool: state.spool, clock: clock, log: state.log, endpoint: state.endpoint, host: state.host,
            onAlert: { bell.ring() })
        workers = WorkerSupervisor(
            launch: configuration.worker, pump: pump, clock: clock, log: state.log, watch: policy.watch,
            tell: { inbox.give($0) },
            onMatch: { match, pinned in
                let detection = Detection(
                    match: match, event: pump.event(match.sequence), pinned: pinned)
                if case .dropped = matched.yield(detection) { pump.lose(1) }
            })
        let metadata = configuration.repositoryRoot.map { root in
            ReleaseMetadata(
                root: root, place: configuration.repositoryMirror.map(RepositoryPlace.mirror) ?? .control(link),
                folder: state.directory.metadata, files: hooks.files, now: { clock.now() })
        }
        let door = ReleaseDoor(
            link: link,
            publicity: configuration.logTrust.map {
                ReleasePublicity(trust: $0, link: link, file: state.directory.logCheckpoint, files: hooks.files)
            }, metadata: metadata)
        driver = UpdateDriver(
            parts: UpdateDriver.Parts(
                journal: JournalStore(path: state.directory.journal, files: hooks.files),
                generations: state.generations, verifier: state.generations.verifier,
                door: door, workers: workers, clock: clock, log: state.log,
                lab: configuration.labFile.map { LabFile(path: $0) },
                guardWord: guardEnvironment.word, jitterSeed: Self.jitterSeed(of: state.endpoint),
                authorization: { [credentials = state.credentials] in credentials.authorization },
                onNews: { bell.ring() }, takeHostDown: hooks.takeHostDown,
                hostChaos: obeysHostChaos ? hooks.hostChaos : nil,
                endsAt: { isPowerOff.isRaised || hooks.endsAt($0) }),
            policy: policy, inbox: inbox)
        let guardLink = guardEnvironment.link
        builds = BuildDriver(
            parts: BuildDriver.Parts(
                door: door, verifier: state.generations.verifier,
                program: guardLink == nil ? nil : hooks.guardProgram(configuration.state),
                restart: { _ = guardLink?.say(.restart) }, journal: state.directory.buildJournal,
                folder: BuildFolder(path: state.directory.builds, files: hooks.files), files: hooks.files, clock: clock,
                log: state.log, isBuildOnTrial: guardEnvironment.isBuildOnTrial,
                authorization: { [credentials = state.credentials] in credentials.authorization },
                deadline: { [driver] in await driver.downloadDeadline }, onNews: { bell.ring() }))
        recallWatch = metadata.map { [driver, builds] in
            RecallWatch(
                metadata: $0, driver: driver, builds: builds, log: state.log,
                span: configuration.recallWatchSpan ?? RecallWatch.span,
                first: configuration.recallWatchSpan ?? RecallWatch.first(seed: Self.jitterSeed(of: state.endpoint)))
        }
        let responses = Self.responses(
            to: configuration, state: state, policy: policy, clock: clock, workers: workers, tell: { inbox.give($0) })
        let judge = responses.map { [workers] in
            ExecutionJudge(workers: workers, responses: $0) { _ = matched.yield($0) }
        }
        let measurer = configuration.seal.map {
            StateMeasurer(
                settings: $0, endpoint: state.endpoint, worker: configuration.worker.executable, bootID: hooks.bootID())
        }
        let withoutJudge =
            judge == nil && configuration.brokerSocket != nil
            ? "executions are not held: the journal of actions cannot be used" : nil
        let isSensorOver = Flag()
        let health = HealthReporter(workers: workers, clock: clock) {
            isSensorOver.isRaised
                ? "no events come any more: restart the agent, and see its log"
                : sensor.reducedProtection ?? judge?.trouble ?? withoutJudge
        }
        loop = CheckInLoop(
            parts: CheckInLoop.Parts(
                endpoint: state.endpoint, host: state.host, link: link, credentials: state.credentials, driver: driver,
                builds: builds,
                workers: workers, alerts: alerts, health: health, policies: state.policies, clock: clock,
                log: state.log, bell: bell,
                activations: ActivationLog(
                    path: state.directory.activation, files: hooks.files, bootID: hooks.bootID()),
                counts: { (pump.counts.evaluated, pump.counts.lost + sensor.counters().lost) },
                hasLiveSensor: configuration.hasLiveSensor, measurer: measurer, onPolicy: { responses?.set($0) }),
            policy: policy, policyHash: policyHash)
        pulse = guardLink.map { [driver, workers, builds] link in
            GuardPulse(
                link: link, driver: driver, workers: workers, clock: clock, counts: { pump.counts.evaluated },
                isBuildOnTrial: guardEnvironment.isBuildOnTrial, policy: policy.trialPolicy, log: state.log,
                onCommit: {
                    measurer?.acceptPrograms()
                    builds.give(.committed)
                })
        }
        endpoint = state.endpoint
        log = state.log
        directory = state.directory
        detections = stream
        self.responses = responses
        self.judge = judge
        brokerSocket = configuration.brokerSocket
        detected = matched
        self.isSensorOver = isSensorOver
        self.isPowerOff = isPowerOff
        self.sensor = sensor
        self.pump = pump
    }

    /// Protects, tries and tells until the task is cancelled or, with `once`, one check-in was tried.
    ///
    /// - Throws: when the state cannot be read; with `once`, why that check-in failed.
    package func run(once: Bool = false) async throws(AgentError) {
        let start: AgentStart
        do throws(FileError) {
            start = try await driver.start()
        } catch {
            log.trouble(error.code.rawValue, "the generations cannot be listed, so the agent ends: \(error)")
            sensor.stop()
            directory.lock.release()
            throw AgentError(.stateUnusable, subject: directory.path, message: "\(error)")
        }
        log.write(
            .start,
            [
                ("version", .string(AgentVersion.current)), ("boot_id", .string(StateDirectory.bootID())),
                ("state", .string(directory.path)),
            ])
        let tasks = Tasks(
            pumping: Task { [pump, sensor, isEnding, isSensorOver, log] in
                await pump.run(sensor.batches)
                guard !isEnding.isRaised else { return }
                isSensorOver.raise()
                log.trouble("agent.sensor_ended", "no events come any more; restart the agent")
            },
            driving: Task { await driver.run(from: start) }, watching: Task { await workers.keepWatch() },
            beating: Task { [pulse] in await pulse?.run() }, resting: Task { await StartupPages.giveBackLater() },
            lookingBack: Task { [responses] in await responses?.keepLooking() },
            recalling: Task { [recallWatch] in await recallWatch?.run() },
            building: Task { [builds] in await builds.run() },
            alerting: Task { [responses] in
                for await detection in detections {
                    await alerts.take(detection)
                    responses?.take(detection)
                }
            })
        if directory.takesResumption() { driver.give(.resume) }
        if let brokerSocket { judge?.start(socket: brokerSocket, log: log) }
        if once { _ = await loop.checkIn() } else { await loop.run() }
        isEnding.raise()
        // A task of its own: the one of `run` is cancelled, and what remains to be done must not be.
        await Task { await self.end(tasks) }.value
        if once, let trouble = await loop.trouble {
            throw AgentError(.notCheckedIn, subject: "check-in", message: trouble)
        }
    }

    private struct Tasks {
        let pumping: Task<Void, Never>
        let driving: Task<Void, Never>
        let watching: Task<Void, Never>
        let beating: Task<Void, Never>
        let resting: Task<Void, Never>
        let lookingBack: Task<Void, Never>
        let recalling: Task<Void, Never>
        let building: Task<Void, Never>
        let alerting: Task<Void, Never>
    }

    /// Ends in good order: what is on trial is noted as stopped by us, the active worker evaluates what it was sent, and
    /// what it found is on disk before the farewell. Each step has an end of its own: the worker is killed after
    /// `WorkerLimit.closingMilliseconds`, the farewell has a deadline, and the sensor stops or is left.
    private func end(_ tasks: Tasks) async {
        // The guard first: what ends from here on ends in order.
        pulse?.link.say(.stopping)
        judge?.stop()
        driver.give(.stopping)
        driver.stop()
        builds.stop()
        await tasks.driving.value
        sensor.stop()
        if !isPowerOff.isRaised {
            let patience = Task {
                try? await Task.sleep(for: .milliseconds(Self.sensorPatience.milliseconds))
                tasks.pumping.cancel()
            }
            await tasks.pumping.value
            patience.cancel()
            await workers.finish()
            detected.finish()
            await tasks.alerting.value
            if await loop.isHeard { await loop.sayFarewell() }
        }
        for task in [
            tasks.pumping, tasks.watching, tasks.beating, tasks.resting, tasks.lookingBack, tasks.recalling,
            tasks.building,
            tasks.alerting,
        ] {
            task.cancel()
            await task.value
        }
        for slot in [WorkerSlot.shadow, .active] { await workers.end(slot) }
        if !isPowerOff.isRaised { log.write(.stop) }
        directory.lock.release()
    }

    private static func responses(
        to configuration: AgentConfiguration, state: AgentState, policy: EndpointPolicy, clock: AgentClock,
        workers: WorkerSupervisor, tell: @escaping @Sendable (UpdateInput) -> Void
    ) -> ResponseService? {
        let own: [String?] = [
            configuration.state, OwnProcess.folder(of: configuration.worker.executable), OwnProcess.folder,
        ]
        do throws(ResponseError) {
            return try ResponseService(
                state: configuration.state, ownFolders: own.compactMap { $0 },
                // The guard is this process's parent, unless one that came later has taken it over.
                ownProcessIds: [getpid(), getppid()], policy: policy, clock: clock, log: state.log, workers: workers,
                tell: tell)
        } catch {
            state.log.trouble(error.code.rawValue, "rules alert and do nothing more: \(error)")
            return nil
        }
    }

    /// The same for the same endpoint: FNV-1a of its id.
    private static func jitterSeed(of endpoint: EndpointID) -> UInt64 {
        endpoint.text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// Ends the agent as a power cut would: the update driver writes nothing more, and nobody is told. For tests, which
    /// then cancel `run` and await it.
    func powerOff() { isPowerOff.raise() }
}

/// A thing that happened, once.
final class Flag: Sendable {
    private let raised = Mutex(false)
    var isRaised: Bool { raised.withLock { $0 } }
    func raise() { raised.withLock { $0 = true } }
}

/// What an agent reads from its state directory and its machine before it does anything.
private struct AgentState {
    let directory: StateDirectory
    let endpoint: EndpointID
    let host: EndpointDescription
    let log: AgentLog
    let credentials: CredentialHolder
    let spool: AlertSpool
    let policies: PolicyStore
    let generations: GenerationStore

    init(configuration: AgentConfiguration, files: DurableFiles, clock: AgentClock) throws(AgentError) {
        directory = try StateDirectory(path: configuration.state, files: files)
        endpoint = try directory.identity()
        host = HostDescription.read(tags: configuration.tags)
        var log = AgentLog(path: directory.log, clock: clock)
        log.endpoint = endpoint
        self.log = log
        policies = PolicyStore(path: directory.policy, files: files)
        generations = GenerationStore(
            directory: directory.generations, files: files,
            verifier: PackVerifier(trustedKeys: configuration.trustedKeys))
        do throws(FileError) {
            credentials = try CredentialHolder(directory: directory, enrolmentSecret: configuration.enrolmentSecret)
            spool = try AlertSpool(
                directory: directory.spool, files: files, freshStart: UInt64(max(1, clock.now().milliseconds)))
        } catch {
            throw AgentError(.stateUnusable, subject: configuration.state, message: "\(error)")
        }
    }
}
