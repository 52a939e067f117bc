import AgentEngine
import FleetModel

/// Watches a `WalkWorld` from outside. It knows only what was written, run, evaluated and told, and the true time.
struct WalkChecker {
    private(set) var violations: [String] = []
    /// The journal on disk, as this run of the agent found it or wrote it; nil when it is damaged.
    private var written: UpdateJournal?
    private var told: Set<PinnedRelease> = []
    /// Recalls that this run of the agent heard and could write down.
    private var heard: Set<PinnedRelease> = []
    private var trial: (pinned: PinnedRelease, since: Int64, leaps: Int64, eventsBefore: UInt64, events: UInt64)?

    private mutating func expect(_ condition: Bool, _ rule: String) {
        if !condition { violations.append(rule) }
    }

    mutating func journalled(_ journal: UpdateJournal) { written = journal }
    mutating func recalled(_ pinned: PinnedRelease, world: WalkWorld) {
        told.insert(pinned)
        if !world.isDiskFull { heard.insert(pinned) }
    }
    mutating func clockLeapt() { trial?.leaps += 1 }

    /// Whether the agent knows that the release was recalled: by its journal, or since it heard so.
    private func isRecalled(_ pinned: PinnedRelease) -> Bool {
        heard.contains(pinned) || written.map { journal in journal.recalled.contains { $0.covers(pinned) } } ?? false
    }

    mutating func killed() {
        trial = nil
        written = nil
        heard = []
    }

    mutating func started(world: WalkWorld) {
        guard world.protections.revert, let active = world.workers[.active]?.pinned else { return }
        expect(
            world.files[active.digest]?.mark != nil || written?.proven.contains { $0.pinned == active } ?? false,
            "after a start an unproven release is active")
    }

    mutating func evaluated(_ slot: WorkerSlot, _ worker: WalkWorld.Worker, world: WalkWorld) {
        if slot == .active, trial?.pinned == worker.pinned { trial?.events = worker.events }
    }

    mutating func run(_ action: UpdateAction, world: WalkWorld) {
        switch action {
        case .download(let offer):
            let failed = written?.settled.filter { $0.ending == .reverted }.map(\.pinned.digest) ?? []
            expect(!failed.contains(offer.pinned.digest), "a release that failed here is fetched again")
            expect(!isRecalled(offer.pinned), "a recalled release is fetched")
        case .startShadow(let pinned):
            expect(
                written?.attempt?.offer.pinned == pinned && written?.attempt?.stage == .shadow, "shadow before journal")
            expect(!isRecalled(pinned), "a recalled release runs in shadow")
        case .swapIn(let pinned):
            expect(
                written?.attempt?.offer.pinned == pinned && written?.attempt?.stage == .trial, "trial before journal")
            expect(!isRecalled(pinned), "a recalled release goes on trial")
            trial = (pinned, world.trueMilliseconds, 0, world.workers[.shadow]?.events ?? 0, 0)
        case .commit(let generation): commit(generation, world: world)
        case .protect(let pinned?), .restartActive(let pinned):
            trial = nil
            let isMarked = world.files[pinned.digest]?.mark != nil
            expect(
                isMarked || written?.proven.contains { $0.pinned == pinned } ?? false,
                "protected by an unproven release")
            expect(!isRecalled(pinned), "protected by a recalled release")
        case .protect(nil): trial = nil
        case .drop(let digest):
            guard let file = world.files[digest], let mark = file.mark else { return }
            let newer = world.files.values.filter { ($0.mark?.commitNumber ?? 0) > mark.commitNumber }.count
            expect(told.contains(file.pinned) || newer >= 3, "a proven generation is dropped while it is needed")
        case .takeHostDown: expect(!world.protections.revert, "the host is taken down with revert on")
        case .verify, .keep, .discardDownload, .endShadow, .report: break
        }
    }

    private mutating func commit(_ generation: ProvenGeneration, world: WalkWorld) {
        expect(written?.proven.contains(generation) ?? false, "commit before journal")
        guard let trial, trial.pinned == generation.pinned else {
            // At a start the mark of an earlier commit may be written again.
            return expect(world.workers[.shadow] == nil, "a commit without a trial")
        }
        let elapsed = world.trueMilliseconds - trial.since + trial.leaps * UpdateLimit.watchGapMax.milliseconds
        expect(elapsed >= Sample.policy.trialSpan.milliseconds, "committed before its time")
        expect(trial.events >= trial.eventsBefore + Sample.policy.trialEventsMin, "committed without its work")
        expect(world.workers[.active]?.pinned == generation.pinned, "committed without a worker that runs it")
        self.trial = nil
    }
}
