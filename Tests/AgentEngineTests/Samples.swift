import AgentEngine
import FleetModel

/// Releases and policies that tests speak of.
enum Sample {
    static let policy = TrialPolicy(
        shadowSpan: .seconds(4), shadowEventsMin: 5, trialSpan: .seconds(10), trialEventsMin: 20,
        loadDeadline: .seconds(8))
    static let start = Moment(milliseconds: 1_700_000_000_000)

    /// Release number `number` of the one pack, with a digest of its own.
    static func pinned(_ number: Int, pack: String = "linux-core") -> PinnedRelease {
        let hex = String(number, radix: 16)
        return PinnedRelease(
            release: ReleaseID(
                pack: PackName(accepted: pack), version: ReleaseVersion(accepted: "1.\(number).0")),
            digest: Digest(accepted: String(repeating: "0", count: 64 - hex.count) + hex))
    }

    static func offer(_ number: Int, pack: String = "linux-core") -> ReleaseOffer {
        ReleaseOffer(pinned: pinned(number, pack: pack), location: "/v1/packs/\(number)")
    }

    static func proven(_ number: Int) -> ProvenGeneration {
        ProvenGeneration(pinned: pinned(number), commitNumber: UInt64(number), committedAt: start)
    }

    /// A journal that holds `proven`, newest first, and nothing else.
    static func journal(
        proven: [ProvenGeneration], attempt: UpdateJournal.Attempt? = nil, bootID: String = "boot-1"
    ) -> UpdateJournal {
        UpdateJournal(
            bootID: bootID, proven: proven,
            commitCount: proven.first?.commitNumber ?? 0, foothold: .init(generation: proven.first?.pinned),
            attempt: attempt, settled: [], recalled: [], recallRevision: 0)
    }

    static func attempt(
        _ number: Int, _ stage: UpdateJournal.Attempt.Stage, interruptions: Int = 0, isStoppedCleanly: Bool = false
    ) -> UpdateJournal.Attempt {
        UpdateJournal.Attempt(
            offer: offer(number), stage: stage, enteredAt: start, interruptions: interruptions,
            isStoppedCleanly: isStoppedCleanly)
    }
}

/// A machine with a clock of its own, for tests that tell a story.
struct Rig {
    var machine = UpdateMachine(policy: Sample.policy)
    var now = Sample.start
    var actions: [UpdateAction] = []

    /// Started with generations 1 to `provenCount` proven and the newest loaded.
    init(provenCount: Int = 3, protections: LabProtections = .all) {
        let proven = (0..<provenCount).map { Sample.proven(provenCount - $0) }
        start(
            .intact(Sample.journal(proven: proven)),
            found: proven.map { FoundGeneration(pinned: $0.pinned, mark: $0) }, protections: protections)
        if let newest = proven.first { give(.workerLoaded(.active, newest.pinned.digest)) }
    }

    init(
        journal: AgentStart.Journal, found: [FoundGeneration], bootID: String = "boot-1",
        protections: LabProtections = .all, guardWord: GuardWord = .none
    ) {
        start(journal, found: found, bootID: bootID, protections: protections, guardWord: guardWord)
    }

    private mutating func start(
        _ journal: AgentStart.Journal, found: [FoundGeneration], bootID: String = "boot-1", protections: LabProtections,
        guardWord: GuardWord = .none
    ) {
        give(
            .started(
                AgentStart(
                    journal: journal, found: found, bootID: bootID, protections: protections, guardWord: guardWord,
                    jitterSeed: 7)))
    }

    /// Gives one input `after` the latest; `actions` are then its actions.
    mutating func give(_ input: UpdateInput, after span: Moment.Span = .milliseconds(10)) {
        now = now + span
        actions = machine.handle(input, at: now)
    }

    /// Gives `tick` each second until the state's name changes, at most `seconds` times.
    mutating func wait(seconds: Int) {
        let name = machine.state.name
        for _ in 0..<seconds where machine.state.name == name { give(.tick, after: .seconds(1)) }
    }

    /// A worker's answer each second, with 10 events a second, until the state's name changes.
    mutating func work(_ slot: WorkerSlot, _ number: Int, from events: UInt64 = 0, seconds: Int = 60) {
        let name = machine.state.name
        for second in 1...seconds where machine.state.name == name {
            give(
                .evidence(
                    slot, Sample.pinned(number).digest,
                    WorkerSample(
                        eventsEvaluated: events + UInt64(second) * 10, takenAt: now + .seconds(1), detectsCanary: true)),
                after: .seconds(1))
        }
    }

    /// Takes an offer as far as a verified pack on disk, which starts shadow or trial at once.
    mutating func stage(_ number: Int) {
        let digest = Sample.pinned(number).digest
        give(.offer(Sample.offer(number)))
        give(.bytesArrived(digest))
        give(.verified(digest))
        give(.kept(digest))
    }

    mutating func shadow(_ number: Int) {
        stage(number)
        give(.workerLoaded(.shadow, Sample.pinned(number).digest))
    }

    mutating func trial(_ number: Int) {
        shadow(number)
        work(.shadow, number)
        give(.workerLoaded(.active, Sample.pinned(number).digest))
    }

    mutating func commit(_ number: Int) {
        trial(number)
        work(.active, number, from: 1000)
    }

    /// The stages reported by the latest input.
    var reported: [ReleaseStage] {
        actions.compactMap { if case .report(let report) = $0 { report.stage } else { nil } }
    }
}
