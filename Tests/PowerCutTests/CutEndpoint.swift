import AgentEngine
import ContentPack
import DurableFiles
@testable import EndpointAgent
import FleetModel
import UpdateTrust

/// One endpoint: the real machine, journal and generation store over a `CutDisk`, driven as `UpdateDriver` drives them,
/// with workers and a control plane that are only played.
struct CutEndpoint {
    /// How a release behaves.
    enum Nature: Sendable {
        case good
        case diesInShadow
        case diesOnTrial
    }

    struct Worker {
        let pinned: PinnedRelease
        var isLoaded = false
        var events: UInt64 = 0
        /// Seconds and events since it was swapped in.
        var onTrial: (seconds: Int, events: UInt64)?
    }

    /// A driver that breaks a rule: what the sweep must find.
    enum Mutation: String, Sendable, CaseIterable {
        case marksBeforeJournal
        case actsBeforeJournal
        case dropsTheOldestFirst
    }

    static let state = "/var/lib/firebreak"
    static let journal = "\(state)/journal.json"
    static let generations = "\(state)/generations"
    static let policy = TrialPolicy(
        shadowSpan: .seconds(2), shadowEventsMin: 5, trialSpan: .seconds(3), trialEventsMin: 10,
        loadDeadline: .seconds(8))
    static let eventsPerSecond: UInt64 = 10

    let disk: CutDisk
    let packs: CutPacks
    let natures: [Digest: Nature]
    let mutation: Mutation?
    let bootID: String
    private(set) var machine = UpdateMachine(policy: CutEndpoint.policy)
    private(set) var workers: [WorkerSlot: Worker] = [:]
    private(set) var violations: Set<CutViolation> = []
    private let journalStore: JournalStore
    private let store: GenerationStore
    private var onDisk: UpdateJournal?
    private var inbox: [UpdateInput] = []
    private var now = Moment(milliseconds: 1_700_000_000_000)

    init(
        disk: CutDisk, packs: CutPacks, natures: [Digest: Nature], boot: Int, mutation: Mutation? = nil
    ) {
        self.disk = disk
        self.packs = packs
        self.natures = natures
        self.mutation = mutation
        bootID = "boot-\(boot)"
        let files = DurableFiles(calls: disk)
        journalStore = JournalStore(path: Self.journal, files: files)
        store = GenerationStore(directory: Self.generations, files: files, verifier: packs.verifier)
    }

    mutating func expect(_ condition: Bool, _ rule: String, _ detail: @autoclosure () -> String = "") {
        if !condition { violations.insert(CutViolation(rule, detail())) }
    }

    /// As `Agent` and `UpdateDriver.start` do: the folders, the journal, the generations.
    ///
    /// - Returns: The journal as it was found; nil when the folders cannot be made or listed.
    @discardableResult
    mutating func start() -> AgentStart.Journal? {
        let files = DurableFiles(calls: disk)
        guard (try? files.makeDirectory(Self.state)) != nil, (try? files.makeDirectory(Self.generations)) != nil else {
            return nil
        }
        let reading = journalStore.read()
        guard let found = try? store.scan(onTrouble: { _, _, _ in }) else { return nil }
        if case .intact(let journal) = reading {
            onDisk = journal
            disk.tell {
                $0.written = journal
                $0.proven.formUnion(journal.proven.map(\.pinned.digest))
            }
        } else {
            disk.tell { $0.written = nil }
        }
        disk.tell { $0.writing = nil }
        give(.started(AgentStart(journal: reading, found: found, bootID: bootID, protections: .all)))
        return reading
    }

    mutating func give(_ input: UpdateInput) {
        inbox.append(input)
        while !inbox.isEmpty, !disk.isDead { step(inbox.removeFirst()) }
    }

    /// Plan, persist, act: the order of `UpdateDriver.step`.
    private mutating func step(_ input: UpdateInput) {
        var next = machine
        let actions = next.handle(input, at: now)
        let early = mutation.map { mutation in actions.filter { mutation.isEarly($0) } } ?? []
        for action in early { perform(action) }
        if next.journal != onDisk {
            let isStart = if case .started = input { true } else { false }
            guard persist(next.journal) || isStart || actions.allSatisfy(\.isRetreat) else { return }
        }
        machine = next
        for action in actions where !early.contains(action) && !disk.isDead { perform(action) }
    }

    private mutating func persist(_ journal: UpdateJournal) -> Bool {
        disk.tell { $0.writing = journal }
        guard (try? journalStore.write(journal)) != nil else {
            onDisk = nil
            return false
        }
        onDisk = journal
        disk.tell { facts in
            facts.written = journal
            facts.writing = nil
            facts.proven.formUnion(journal.proven.map(\.pinned.digest))
        }
        return true
    }

    /// One second: loaded workers evaluate and answer.
    mutating func second() {
        now = now + .seconds(1)
        for slot in WorkerSlot.allCases {
            guard var worker = workers[slot], worker.isLoaded, !disk.isDead else { continue }
            worker.events += Self.eventsPerSecond
            if let trial = worker.onTrial {
                worker.onTrial = (trial.seconds + 1, trial.events + Self.eventsPerSecond)
                note(worker)
            }
            workers[slot] = worker
            give(
                .evidence(
                    slot, worker.pinned.digest,
                    WorkerSample(eventsEvaluated: worker.events, takenAt: now, detectsCanary: true)))
        }
        give(.tick)
    }

    /// Whether a worker on trial has done enough, counted here and not by the machine.
    private func note(_ worker: Worker) {
        guard let trial = worker.onTrial, trial.events >= Self.policy.trialEventsMin,
            Int64(trial.seconds) * 1000 >= Self.policy.trialSpan.milliseconds
        else { return }
        disk.tell { $0.worked.insert(worker.pinned.digest) }
    }

    /// The active worker dies.
    mutating func killActive() {
        guard let worker = workers.removeValue(forKey: .active) else { return }
        give(.workerFailed(.active, worker.pinned.digest, .died("signal 11")))
    }
}

extension CutEndpoint.Mutation {
    func isEarly(_ action: UpdateAction) -> Bool {
        switch (self, action) {
        case (.marksBeforeJournal, .commit), (.dropsTheOldestFirst, .drop): true
        case (.actsBeforeJournal, .startShadow), (.actsBeforeJournal, .swapIn), (.actsBeforeJournal, .protect): true
        default: false
        }
    }
}

// What each action does, and what is asked of it.
extension CutEndpoint {
    private mutating func perform(_ action: UpdateAction) {
        switch action {
        case .download(let offer):
            expect(!isRecalled(offer.pinned), "a recalled release is fetched")
            inbox.append(.bytesArrived(offer.pinned.digest))
        case .verify(let offer): verify(offer.pinned)
        case .keep(let pinned): keep(pinned)
        case .startShadow(let pinned):
            expect(isJournalled(pinned, .shadow), "shadow before journal")
            launch(pinned, .shadow)
        case .endShadow: workers[.shadow] = nil
        case .swapIn(let pinned): swapIn(pinned)
        case .commit(let generation):
            expect(onDisk?.proven.contains(generation) == true, "a mark before its journal")
            _ = try? store.mark(generation)
        case .protect(let pinned?), .restartActive(let pinned):
            expect(onDisk?.proven.contains { $0.pinned == pinned } == true, "protected by an unproven release")
            expect(!isRecalled(pinned), "protected by a recalled release")
            launch(pinned, .active)
        case .protect(nil): workers[.active] = nil
        case .drop(let digest):
            expect(
                onDisk?.proven.contains { $0.pinned.digest == digest } != true, "dropped while the journal stands on it"
            )
            _ = try? store.drop(digest)
        case .discardDownload, .report, .takeHostDown: break
        }
    }

    private func isJournalled(_ pinned: PinnedRelease, _ stage: UpdateJournal.Attempt.Stage) -> Bool {
        onDisk?.attempt?.offer.pinned == pinned && onDisk?.attempt?.stage == stage
    }

    private func isRecalled(_ pinned: PinnedRelease) -> Bool {
        onDisk?.recalled.contains { $0.covers(pinned) } == true
    }

    private func made(_ pinned: PinnedRelease) -> CutPacks.Made? { packs.releases.first { $0.pinned == pinned } }

    private mutating func verify(_ pinned: PinnedRelease) { inbox.append(.verified(pinned.digest)) }

    private mutating func keep(_ pinned: PinnedRelease) {
        guard let bytes = made(pinned)?.bytes,
            let verified = try? packs.verifier.verify(
                UnverifiedPack(bytes), expecting: pinned.release, digest: pinned.digest)
        else { return inbox.append(.keepFailed(pinned.digest, code: "update.bytes_lost", message: "")) }
        do {
            try store.keep(verified)
            inbox.append(.kept(pinned.digest))
        } catch {
            inbox.append(.keepFailed(pinned.digest, code: "\(error)", message: ""))
        }
    }

    private mutating func swapIn(_ pinned: PinnedRelease) {
        expect(isJournalled(pinned, .trial), "trial before journal")
        expect(!isRecalled(pinned), "a recalled release goes on trial")
        guard !disk.isDead else { return }
        disk.tell { $0.tried.insert(pinned.digest) }
        if let shadow = workers[.shadow], shadow.pinned == pinned, shadow.isLoaded {
            workers[.shadow] = nil
            workers[.active] = shadow
            answer(.active, pinned)
        } else {
            launch(pinned, .active)
        }
        workers[.active]?.onTrial = (0, 0)
    }

    private mutating func launch(_ pinned: PinnedRelease, _ slot: WorkerSlot) {
        guard (try? store.program(of: pinned)) != nil else {
            workers[slot] = nil
            guard !disk.isDead else { return }
            return inbox.append(
                .workerFailed(slot, pinned.digest, .refused(code: "update.unreadable", message: "")))
        }
        workers[slot] = Worker(pinned: pinned)
        answer(slot, pinned)
    }

    private mutating func answer(_ slot: WorkerSlot, _ pinned: PinnedRelease) {
        let nature = natures[pinned.digest] ?? .good
        workers[slot]?.isLoaded = true
        inbox.append(.workerLoaded(slot, pinned.digest))
        if nature == .diesInShadow || nature == .diesOnTrial && slot == .active {
            workers[slot] = nil
            inbox.append(.workerFailed(slot, pinned.digest, .died("signal 11")))
        }
    }
}
