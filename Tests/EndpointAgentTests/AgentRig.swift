import AgentEngine
import ControlWire
import DurableFiles
@testable import EndpointAgent
import FleetModel
import Foundation
import LinuxSensor
import Synchronization
import TestSupport
import Testing
import TransparencyLog
import WorkerSandbox

/// One endpoint with real workers, real files and a fake control plane. It may be killed and started again.
final class AgentRig: Sendable {
    let packs: Packs
    let control = FakeControl()
    let folder: TemporaryFolder
    let state: String
    let lab: String
    private let hostDowns = AsyncStream.makeStream(of: String.self)
    private let running = Running()

    private final class Running: Sendable {
        let value = Mutex<(agent: Agent, task: Task<Void, Never>)?>(nil)
        func take() -> (agent: Agent, task: Task<Void, Never>)? {
            value.withLock { value in
                defer { value = nil }
                return value
            }
        }
    }

    init() throws {
        packs = try Packs.shared.get()
        folder = try TemporaryFolder("agent")
        state = folder.file("state")
        lab = folder.file("lab.json")
        control.change { [packs] state in
            state.policy = Self.policy
            for pack in [
                packs.first, packs.second, packs.third, packs.crashing, packs.hanging, packs.foreign, packs.acting,
            ] {
                state.packs[pack.digest] = pack.bytes
            }
        }
    }

    /// Short enough for a test, long enough for a machine that is busy with other tests.
    static let policy = EndpointPolicy(
        pollInterval: .milliseconds(100), shadow: .milliseconds(100), shadowEventsMin: 1, trial: .milliseconds(200),
        trialEventsMin: 1, loadDeadline: .seconds(30), workerDeadline: .seconds(10), downloadDeadline: .seconds(30))

    /// Commands of an ordinary afternoon, one of which trips the test rule when `isTripping`.
    static func events(isTripping: Bool) -> [TelemetryEvent] {
        ["ls -l", isTripping ? "true \(Packs.marker)" : "true", "cat /etc/hostname"].map { command in
            let shell = ProcessNode(
                processId: 41, parentProcessId: 1, image: "/bin/sh", commandLine: "sh -c '\(command)'", user: "alice",
                startedAt: nil)
            let process = ProcessNode(
                processId: 42, parentProcessId: 41, image: "/usr/bin/true", commandLine: command, user: "alice",
                startedAt: nil)
            var event = TelemetryEvent(
                kind: .processCreation, at: Moment(milliseconds: 1000), lineage: [process, shell])
            event[.image] = .text("/usr/bin/true")
            event[.commandLine] = .text(command)
            event[.processId] = .integer(42)
            return event
        }
    }

    func offer(_ pack: Packs.Built) {
        control.change { $0.offers = [PackOffer(release: pack.release, digest: pack.digest, signature: [])] }
    }

    /// Serves a public log, and says where it has a release.
    func serve(_ folder: String, _ digest: Digest, at index: UInt64) throws {
        control.change {
            $0.logFolder = folder
            $0.logIndices[digest] = index
        }
    }

    /// Offers a pack and waits until the endpoint has committed it.
    func commit(_ pack: Packs.Built) async {
        offer(pack)
        await control.wait(for: pack.release, .committed)
    }

    /// Offers a pack that must be refused with words that begin like this, and of which nothing must be kept.
    func expectRefusal(of pack: Packs.Built, _ words: String) async {
        offer(pack)
        let report = await control.wait(for: pack.release, .refused)
        #expect(report.message.hasPrefix(words))
        #expect(!kept.contains("\(pack.digest).fbpack"))
    }

    /// Offers a pack that must be fetched and not run, while what ran goes on.
    func expectWaiting(of pack: Packs.Built, beside active: Packs.Built) async {
        let downloads = control.now.downloads
        offer(pack)
        let state = await control.wait { $0.downloads > downloads && $0.latest(of: pack.release) != nil }
        #expect(state.latest(of: pack.release)?.isActive != true)
        #expect(state.latest(of: active.release)?.isActive == true)
    }

    @discardableResult
    func start(
        obeysChaos: Bool = false, isTripping: Bool = false, events: [TelemetryEvent]? = nil,
        brokerSocket: String? = nil, logTrust: LogTrust? = nil, repositoryRoot: [UInt8]? = nil,
        mirror: String? = nil, recallWatchSpan: Moment.Span? = nil, guardProgram: GuardProgram? = nil,
        files: DurableFiles = DurableFiles(),
        endsAt: @escaping @Sendable (UpdateDriver.Boundary) -> Bool = { _ in false }
    ) throws -> Agent {
        let sensor = try ReplaySensor.start(
            Recording(events: events ?? Self.events(isTripping: isTripping)), pace: .steady(eventsPerSecond: 50))
        var hooks = Agent.Hooks()
        hooks.files = files
        hooks.endsAt = endsAt
        hooks.takeHostDown = { [hostDowns, running] why in
            running.value.withLock { running in
                running?.agent.powerOff()
                running?.task.cancel()
            }
            hostDowns.continuation.yield(why)
        }
        if let guardProgram {
            let environment = GuardEnvironment(socket: folder.file("guard.socket"))
            hooks.guardEnvironment = { environment }
            hooks.guardProgram = { _ in guardProgram }
        }
        var configuration = AgentConfiguration(
            state: state,
            worker: WorkerLaunch(executable: try BuiltCommand.path("firebreak-worker"), obeysChaos: obeysChaos),
            trustedKeys: packs.trustedKeys, enrolmentSecret: FakeControl.secret, labFile: lab,
            tags: ["demo": "endpoint-01"], hasLiveSensor: false, brokerSocket: brokerSocket)
        configuration.logTrust = logTrust
        configuration.repositoryRoot = repositoryRoot
        configuration.repositoryMirror = mirror
        configuration.recallWatchSpan = recallWatchSpan
        let agent = try Agent(configuration: configuration, link: control, sensor: sensor, hooks: hooks)
        let task = Task { _ = try? await agent.run() }
        running.value.withLock { $0 = (agent, task) }
        return agent
    }

    func set(shadow: Bool, revert: Bool) throws {
        try Data("{\"shadow\":\(shadow),\"revert\":\(revert)}".utf8).write(to: URL(filePath: lab), options: .atomic)
    }

    /// Ends the agent as a power cut would: nothing more is written. Its workers go with it.
    func kill() async {
        guard let (agent, task) = running.take() else { return }
        agent.powerOff()
        task.cancel()
        await task.value
    }

    /// Ends the agent in good order.
    func stop() async {
        guard let (_, task) = running.take() else { return }
        task.cancel()
        await task.value
    }

    /// Waits until the agent has taken its host down, and for its end; gives the reason.
    func hostDown() async -> String? {
        for await why in hostDowns.stream {
            await running.take()?.task.value
            return why
        }
        return nil
    }

    /// The lines of agent.log of one kind.
    func log(_ kind: String) throws -> [[String: Any]] {
        try String(contentsOfFile: state + "/agent.log", encoding: .utf8).split(separator: "\n")
            .compactMap { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
            .filter { $0["kind"] as? String == kind }
    }

    /// Packs and marks in the generation store.
    var kept: Set<String> { Set((try? FileManager.default.contentsOfDirectory(atPath: state + "/generations")) ?? []) }
}
