import AgentEngine
import CanonicalCoding
import FleetModel

/// Numbers from one seed: SplitMix64 (Steele, Lea, Flood 2014).
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// A wrong driver, to prove that the checkers bite.
enum Mutation: CaseIterable {
    case actsBeforeTheJournal
    case commitsEarly
    case dropsAProvenGeneration
    case forgetsRecalls
    case keepsATrialAtTheStart
}

/// One endpoint in miniature: disk, workers, clock, and a driver that may be killed between any two actions.
struct WalkWorld {
    struct File {
        let pinned: PinnedRelease
        var mark: ProvenGeneration?
    }
    struct Worker {
        let pinned: PinnedRelease
        var events: UInt64 = 0
        var isLoaded = false
    }
    enum Nature { case good, dies, hangs, refused, blind, storms, greedy, slow }

    var numbers: SeededNumbers
    var mutation: Mutation?
    var checker = WalkChecker()
    // The disk: what a kill leaves.
    var journal: [UInt8]?
    var files: [Digest: File] = [:]
    var isDiskFull = false
    var bootID = 0
    var guardWord = GuardWord.none
    // The process: what a kill takes.
    var machine = UpdateMachine(policy: Sample.policy)
    var workers: [WorkerSlot: Worker] = [:]
    var answers: [UpdateInput] = []
    var isRunning = false
    // The rest of the world.
    var trueMilliseconds: Int64 = 0
    var clockOffset: Int64 = 1_700_000_000_000
    var protections = LabProtections.all
    var natures: [Digest: Nature] = [:]
    var newest = 0
    var counts: [String: Int] = [:]

    init(seed: UInt64, mutation: Mutation? = nil) {
        numbers = SeededNumbers(state: seed)
        self.mutation = mutation
    }

    mutating func count(_ what: String) { counts[what, default: 0] += 1 }

    /// Starts the agent on what is on disk.
    mutating func start() {
        isRunning = true
        machine = UpdateMachine(policy: Sample.policy)
        workers = [:]
        answers = []
        let reading: AgentStart.Journal =
            if let journal {
                if let read = try? CodableJSON.decode(
                    UpdateJournal.self, from: journal, limits: .init(bytesMax: 1 << 20))
                {
                    .intact(read)
                } else {
                    .damaged("no journal")
                }
            } else {
                .absent
            }
        if case .damaged = reading { count("torn journal") }
        if case .intact(let read) = reading, read.attempt?.stage == .trial { count("trial found at start") }
        if case .intact(let read) = reading { checker.journalled(read) }
        var shown = protections
        if mutation == .keepsATrialAtTheStart { shown.revert = false }
        give(
            .started(
                AgentStart(
                    journal: reading,
                    found: files.values.map { FoundGeneration(pinned: $0.pinned, mark: $0.mark) }.sorted {
                        $0.pinned.digest < $1.pinned.digest
                    }, bootID: "boot-\(bootID)", protections: shown, guardWord: guardWord, jitterSeed: 7)),
            isStart: true)
        if mutation == .keepsATrialAtTheStart { give(.protections(protections)) }
        if isRunning { checker.started(world: self) }
    }

    /// Ends the process at once.
    mutating func kill() {
        isRunning = false
        workers = [:]
        answers = []
        checker.killed()
    }

    /// The driver: plan, persist, act.
    mutating func give(_ input: UpdateInput, isStart: Bool = false) {
        guard isRunning else { return }
        var next = machine
        let now = Moment(milliseconds: trueMilliseconds + clockOffset)
        var actions = next.handle(input, at: now)
        if mutation == .commitsEarly, case .trial(let trial) = next.state {
            // A driver that hands over a clock that runs a hundred times too fast.
            for _ in 0..<9 where next.state == .trial(trial) {
                actions += next.handle(.tick, at: now + .seconds(5))
            }
        }
        if mutation == .dropsAProvenGeneration,
            actions.contains(where: { if case .swapIn = $0 { true } else { false } }),
            let oldest = next.shelf.last
        {
            actions.append(.drop(oldest.pinned.digest))
        }
        if next.journal != machine.journal || isStart {
            if mutation == .actsBeforeTheJournal {
                for action in actions { run(action) }
                actions = []
                if numbers.chance(30) { return kill() }
            }
            if isDiskFull {
                count("journal not written")
                if !isStart, !actions.allSatisfy(\.isRetreat) { return }
            } else if let bytes = try? CodableJSON.encode(next.journal) {
                journal = bytes
                checker.journalled(next.journal)
            }
        }
        machine = next
        for action in actions {
            if numbers.chance(2) {
                count("killed between actions")
                return kill()
            }
            run(action)
        }
    }

    private mutating func run(_ action: UpdateAction) {
        checker.run(action, world: self)
        switch action {
        case .download(let offer):
            answers.append(
                numbers.chance(80)
                    ? .bytesArrived(offer.pinned.digest) : .downloadFailed(offer.pinned.digest, message: "reset"))
        case .verify(let offer):
            answers.append(
                numbers.chance(90)
                    ? .verified(offer.pinned.digest)
                    : .verificationRefused(offer.pinned.digest, code: "pack.digest_mismatch", message: ""))
        case .keep(let pinned):
            if isDiskFull {
                answers.append(.keepFailed(pinned.digest, code: "disk.full", message: ""))
            } else {
                files[pinned.digest] = File(pinned: pinned)
                answers.append(.kept(pinned.digest))
            }
        case .startShadow(let pinned): launch(pinned, .shadow)
        case .endShadow: workers[.shadow] = nil
        case .swapIn(let pinned):
            if let shadow = workers[.shadow], shadow.pinned == pinned {
                workers[.shadow] = nil
                workers[.active] = shadow
                answers.append(.workerLoaded(.active, pinned.digest))
            } else {
                launch(pinned, .active)
            }
        case .commit(let generation):
            files[generation.pinned.digest]?.mark = generation
            count("commit")
        case .protect(let pinned):
            workers[.active] = nil
            if let pinned { launch(pinned, .active) }
        case .restartActive(let pinned): launch(pinned, .active)
        case .drop(let digest): files[digest] = nil
        case .report(let report):
            count("report \(report.stage)")
            if !report.code.isEmpty { count(report.code) }
        case .takeHostDown:
            count("host down")
            kill()
        case .discardDownload: break
        }
    }

    private mutating func launch(_ pinned: PinnedRelease, _ slot: WorkerSlot) {
        workers[slot] = Worker(pinned: pinned)
        switch natures[pinned.digest] ?? .good {
        case .good, .blind, .storms, .greedy, .slow: answers.append(.workerLoaded(slot, pinned.digest))
        case .dies:
            answers += [.workerLoaded(slot, pinned.digest), .workerFailed(slot, pinned.digest, .died("signal 4"))]
        case .hangs: answers.append(.workerFailed(slot, pinned.digest, .hung))
        case .refused:
            answers.append(.workerFailed(slot, pinned.digest, .refused(code: "program.malformed", message: "")))
        }
    }

    /// Hands over the oldest answer.
    mutating func deliver() {
        guard !answers.isEmpty else { return }
        let answer = answers.removeFirst()
        if case .workerLoaded(let slot, let digest) = answer, workers[slot]?.pinned.digest == digest {
            workers[slot]?.isLoaded = true
        }
        if case .workerFailed(let slot, let digest, _) = answer {
            guard workers[slot]?.pinned.digest == digest else { return }
            workers[slot] = nil
        }
        give(answer)
    }

    /// One second of true time: loaded workers evaluate and answer.
    mutating func second(eventsMax: Int = 30) {
        trueMilliseconds += 1000
        for slot in WorkerSlot.allCases {
            guard var worker = workers[slot], worker.isLoaded else { continue }
            worker.events += UInt64(Int.random(in: 0...eventsMax, using: &numbers))
            workers[slot] = worker
            checker.evaluated(slot, worker, world: self)
            give(.evidence(slot, worker.pinned.digest, sample(worker)))
        }
        give(.tick)
    }

    /// What a worker of its nature answers, and what the kernel says of it.
    private func sample(_ worker: Worker) -> WorkerSample {
        let nature = natures[worker.pinned.digest] ?? .good
        let seconds = UInt64(trueMilliseconds / 1000)
        return WorkerSample(
            eventsEvaluated: worker.events, matches: nature == .storms ? seconds * 1000 : 0,
            processorTime: nature == .greedy ? .milliseconds(trueMilliseconds) : .zero,
            answerTime: nature == .slow ? .seconds(2) : .milliseconds(1),
            takenAt: Moment(milliseconds: trueMilliseconds), detectsCanary: nature != .blind)
    }
}
