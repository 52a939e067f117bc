import AgentEngine
import CanonicalCoding
import ControlWire
import DurableFiles
import FleetModel
import Synchronization
import UpdateTrust

/// Runs the update machine: the only caller it has.
///
/// One order, always: the machine plans, the journal is made durable, the actions are run. Inputs wait in one queue and
/// are taken one by one, so that no action of one step runs between those of another.
actor UpdateDriver {
    /// Inputs that may wait: some hours of pings while a disk does not answer. A full queue ends the agent, which its
    /// service then starts again.
    static let inboxCountMax = 4096

    /// A place where a test may end the agent, as a power cut would.
    enum Boundary: Hashable, Sendable {
        case beforeJournal
        case afterJournal
        case beforeAction(UpdateAction)
        case afterActions
    }

    struct Parts: Sendable {
        let journal: JournalStore
        let generations: GenerationStore
        let verifier: PackVerifier
        let door: ReleaseDoor
        let workers: WorkerSupervisor
        let clock: AgentClock
        let log: AgentLog
        let lab: LabFile?
        let guardWord: GuardWord
        /// See `AgentStart.jitterSeed`.
        let jitterSeed: UInt64
        let authorization: @Sendable () -> AgentAuthorization?
        /// Something is to be told to the control plane.
        let onNews: @Sendable () -> Void
        let takeHostDown: @Sendable (String) -> Void
        /// Nil everywhere but in tests of whole machines.
        let hostChaos: HostChaos?
        /// True ends the agent at this boundary. For tests.
        let endsAt: @Sendable (Boundary) -> Bool
    }

    /// What others may know of the machine.
    struct View: Sendable {
        var state = "dormant"
        var reports: [StageReport] = []
        /// What the active worker runs, or is to run; nil: only observing.
        var active: PinnedRelease?
        var isObservingByLoss = false
        var mode = ProtectionMode.normal
        /// Every release that is kept or tried here.
        var held: [PinnedRelease] = []
        /// Digests of the proven generations, newest first.
        var proven: [Digest] = []
        var commitCount: UInt64 = 0
        /// The active generation detected the canary when it was proven.
        var isCanaryWanted = false
        /// The machine makes no more climbs by itself.
        var isStuck = false
        var recallRevision: UInt64 = 0
        /// A release is in shadow or on trial.
        var isWatching = false
    }

    let parts: Parts
    private let inbox: AsyncStream<UpdateInput>
    private let inboxEnd: AsyncStream<UpdateInput>.Continuation
    private let shown: Mutex<View>
    private var machine: UpdateMachine
    /// What is on disk; nil when that is not known.
    private var written: UpdateJournal?
    private var isJournalTroubled = false
    private var policy: EndpointPolicy
    private var alarm: Task<Void, Never>?
    private var isOver = false
    // What the actions of one attempt hand to each other.
    var fetch: Task<Void, Never>?
    var fetched: (digest: Digest, bytes: [UInt8])?
    var verified: VerifiedPack?
    /// What the public log had against the bytes in hand.
    var unpublished: (digest: Digest, code: String, message: String)?

    init(parts: Parts, policy: EndpointPolicy, inbox: Inbox) {
        self.parts = parts
        self.policy = policy
        self.inbox = inbox.stream
        inboxEnd = inbox.continuation
        machine = UpdateMachine(policy: policy.trialPolicy)
        shown = Mutex(View())
    }

    /// The queue of inputs, made before the driver since those who fill it are made before the driver too.
    struct Inbox: Sendable {
        let stream: AsyncStream<UpdateInput>
        let continuation: AsyncStream<UpdateInput>.Continuation

        init() {
            (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(inboxCountMax))
        }

        func give(_ input: UpdateInput) { Self.give(input, to: continuation) }
    }

    /// What `view` has, through the driver's own queue: an answer says that no step is stuck.
    func pulse() -> View { view }

    nonisolated var view: View { shown.withLock { $0 } }
    nonisolated func give(_ input: UpdateInput) { Inbox.give(input, to: inboxEnd) }

    /// Takes up what `start` found on disk, then runs until `stop`.
    func run(from start: AgentStart) async {
        await take(.started(start))
        for await input in inbox {
            guard !isOver else { break }
            await take(input)
        }
        alarm?.cancel()
        fetch?.cancel()
    }

    /// Ends `run` after the inputs that wait.
    nonisolated func stop() { inboxEnd.finish() }

    func set(_ policy: EndpointPolicy) {
        self.policy = policy
        give(.policy(policy.trialPolicy))
    }

    var downloadDeadline: Moment.Span { policy.downloadDeadline }

    /// What is on disk. To be read once, before `run`.
    ///
    /// - Throws: When it cannot be known which generations are there. A start on a guess would journal that none is, and
    ///   give up what is proven for good; so the agent ends instead, and its service tries again.
    func start() throws(FileError) -> AgentStart {
        let reading = parts.journal.read()
        if case .damaged(let why) = reading { parts.log.trouble("agent.journal_damaged", why) }
        let found = try parts.generations.scan { [log = parts.log] trouble, name, reason in
            log.trouble(trouble.rawValue, "\(name): \(reason)")
        }
        if case .intact(let journal) = reading {
            written = journal
            // Before anything here could take the release away: what is shown is that something before us does.
            if let attempt = journal.attempt, attempt.stage == .trial { obeyHostChaos(of: attempt.offer.pinned) }
        }
        return AgentStart(
            journal: reading, found: found, bootID: StateDirectory.bootID(), protections: parts.lab?.read() ?? .all,
            guardWord: parts.guardWord, jitterSeed: parts.jitterSeed)
    }

    /// Takes one input, after a change of the lab's switches if there was one: they are read before every decision.
    private func take(_ input: UpdateInput) async {
        if let lab = parts.lab, machine.state != .dormant {
            let protections = lab.read()
            if protections != machine.protections { await step(.protections(protections)) }
        }
        await step(input)
    }

    /// Plan, persist, act.
    private func step(_ input: UpdateInput) async {
        guard !isOver else { return }
        var next = machine
        let actions = next.handle(input, at: parts.clock.now())
        if next.journal != written {
            guard !dies(at: .beforeJournal) else { return }
            let isStart = if case .started = input { true } else { false }
            guard persist(next.journal) || isStart || actions.allSatisfy(\.isRetreat) else {
                // An advance that cannot be journalled does not take place; it comes again with a later input.
                return schedule()
            }
            guard !dies(at: .afterJournal) else { return }
        }
        let known = machine.recalled
        machine = next
        if case .recalls = input { logRecalls(since: known) }
        show()
        for action in actions {
            guard !dies(at: .beforeAction(action)) else { return }
            await perform(action)
        }
        guard !dies(at: .afterActions) else { return }
        await parts.workers.set(policy.watch, closely: view.isWatching)
        schedule()
    }

    private func logRecalls(since known: [RecalledRelease]) {
        for recall in machine.recalled.reversed() where !known.contains(recall) {
            parts.log.write(
                .recall,
                [
                    ("release", .string(recall.pinned.release.text)), ("digest", .string(recall.pinned.digest.text)),
                    ("reason", .string(recall.reason)),
                ])
        }
    }

    /// Makes the journal durable; false when that failed.
    private func persist(_ journal: UpdateJournal) -> Bool {
        do throws(FileError) {
            try parts.journal.write(journal)
            written = journal
            isJournalTroubled = false
            return true
        } catch {
            written = nil
            if !isJournalTroubled { parts.log.trouble(error.code.rawValue, "the journal cannot be written: \(error)") }
            isJournalTroubled = true
            return false
        }
    }

    /// Sets the one timer to when the machine wants to be looked at again.
    private func schedule() {
        alarm?.cancel()
        alarm = nil
        guard let wait = machine.wakeAfter else { return }
        alarm = Task { [inboxEnd] in
            guard (try? await Task.sleep(for: .milliseconds(wait.milliseconds))) != nil else { return }
            Inbox.give(.tick, to: inboxEnd)
        }
    }

    private func show() {
        var view = View()
        view.state = machine.state.name
        view.reports = machine.reports
        view.recallRevision = machine.recallRevision
        switch machine.state {
        case .trial(let trial): view.active = trial.watch.attempt.pinned
        default: view.active = machine.foothold.record.generation
        }
        view.mode = machine.foothold.record.mode
        view.held = machine.shelf.map(\.pinned) + (machine.state.attempt.map { [$0.pinned] } ?? [])
        view.proven = machine.shelf.map(\.pinned.digest)
        view.commitCount = machine.commitCount
        view.isCanaryWanted = machine.shelf.contains { $0.pinned == view.active && $0.detectsCanary == true }
        view.isStuck = machine.isStuck
        // An endpoint that never had anything has lost nothing.
        view.isObservingByLoss = view.active == nil && machine.commitCount > 0
        switch machine.state {
        case .shadow, .trial: view.isWatching = true
        default: view.isWatching = false
        }
        shown.withLock { [view] in $0 = view }
    }

    private func dies(at boundary: Boundary) -> Bool {
        if !isOver, parts.endsAt(boundary) {
            isOver = true
            inboxEnd.finish()
        }
        return isOver
    }
}

extension UpdateDriver.Inbox {
    /// Queues an input.
    static func give(_ input: UpdateInput, to continuation: AsyncStream<UpdateInput>.Continuation) {
        if case .dropped = continuation.yield(input) {
            preconditionFailure("The update machine has not taken an input for hours: the disk does not answer.")
        }
    }
}

extension EndpointPolicy {
    /// The part that the update machine follows.
    var trialPolicy: TrialPolicy {
        TrialPolicy(
            shadowSpan: shadow, shadowEventsMin: UInt64(max(0, shadowEventsMin)), trialSpan: trial,
            trialEventsMin: UInt64(max(0, trialEventsMin)), loadDeadline: loadDeadline)
    }

    /// The part that the workers are watched by. A release that is tried is asked at least four times in each span.
    var watch: WorkerSupervisor.Watch {
        let quarter = Moment.Span(milliseconds: min(shadow, trial).milliseconds / 4)
        return WorkerSupervisor.Watch(
            deadline: workerDeadline, loadDeadline: loadDeadline + loadDeadline,
            closeInterval: min(max(quarter, .milliseconds(100)), .seconds(1)))
    }
}
