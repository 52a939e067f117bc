import Testing

@testable import BrokerEngine

/// A broker, its engine and its kernel, in virtual time.
private struct BrokerWorld {
    var machine: BrokerMachine
    var checker: BrokerChecker
    var now: Int64 = 0
    var nextId: UInt64 = 1
    /// Asked and not yet answered by the engine; the engine may be later than the broker waits.
    var asked: [UInt64] = []
    var counts: [String: Int] = [:]
    var spoiling: Spoiling?
    private var dropped = 0

    static let tick: Int64 = 1000

    init(policy: BrokerPolicy, spoiling: Spoiling? = nil) {
        machine = BrokerMachine(policy: policy)
        checker = BrokerChecker(
            deadlineMicroseconds: policy.deadlineMicroseconds, tickMicroseconds: Self.tick,
            denialsPerMinute: policy.denialsPerMinute)
        self.spoiling = spoiling
    }

    /// A spoilt walk ends when it has been seen through.
    var isSpoilt: Bool { spoiling != nil && !checker.violations.isEmpty }

    mutating func give(_ input: BrokerInput) {
        var actions: [BrokerAction]
        if spoiling == .forgetsTheDeadline, case .tick = input {
            actions = []
        } else {
            actions = machine.handle(input, nowMicroseconds: now)
        }
        spoil(&actions)
        for action in actions {
            switch action {
            case .ask(let ask): asked.append(ask.id)
            case .answer(_, let verdict): counts["\(verdict)", default: 0] += 1
            default: break
            }
        }
        checker.saw(actions, at: now)
    }

    mutating func event(_ path: String, kind: PermissionKind = .execute, isProtected: Bool = false, isOwn: Bool = false)
    {
        let event = PermissionEvent(
            id: nextId, kind: kind, processId: 100, path: Array(path.utf8), standing: .same, isOwnProcess: isOwn)
        nextId += 1
        checker.took(event, isProtected: isProtected || isOwn, at: now)
        give(.event(event))
    }

    /// Lets time pass as the driver does: in steps of a tick at most.
    mutating func pass(_ microseconds: Int64) {
        let end = now + microseconds
        while now < end, !isSpoilt {
            // With nothing held, nothing is due: the rest is one step.
            now += checker.heldCount == 0 ? end - now : min(Self.tick, end - now)
            give(.tick)
        }
    }

    private mutating func spoil(_ actions: inout [BrokerAction]) {
        switch spoiling {
        case .dropsAnswers:
            dropped += 1
            if dropped % 7 == 0 { actions.removeAll { if case .answer = $0 { true } else { false } } }
        case .repeatsAnswers: actions += actions.filter { if case .answer = $0 { true } else { false } }
        case .deniesAll:
            actions = actions.map { if case .answer(let id, _) = $0 { .answer(id: id, .deny) } else { $0 } }
        case .guardsSlowly: actions.removeAll { if case .answer(_, .deny) = $0 { true } else { false } }
        case .forgetsTheDeadline, nil: break
        }
    }
}

@Suite("BrokerMachine: walks")
struct BrokerWalkTests {
    private static let steps = 1000

    private static func walk(seed: UInt64, spoiling: Spoiling? = nil) -> BrokerWorld {
        var numbers = SeededNumbers(seed: seed)
        var world = BrokerWorld(
            policy: BrokerPolicy(denialsPerMinute: Int.random(in: 0...6, using: &numbers)), spoiling: spoiling)
        world.give(.engineConnected)
        for _ in 0..<steps where !world.isSpoilt {
            switch Int.random(in: 0..<100, using: &numbers) {
            case 0..<25: world.event("/opt/thing/tool")
            case 25..<35: world.event("/usr/bin/bash", isProtected: true)
            case 35..<38: world.event("/opt/firebreak/bin/firebreak", isOwn: true)
            case 38..<42:
                world.event("/var/lib/firebreak/journal.json", kind: .open, isOwn: Bool.random(using: &numbers))
            case 42..<75: answer(&world, &numbers)
            case 75..<90: world.pass(Int64.random(in: 1..<12_000, using: &numbers))
            case 90..<94: world.pass(Int64.random(in: 1..<50_000_000, using: &numbers))
            case 94..<95: world.pass(700_000_000)
            case 95..<96: world.give(.engineLost)
            case 96..<98: world.give(.engineConnected)
            case 98..<99:
                // A stampede: more than may wait.
                for _ in 0..<300 { world.event("/opt/thing/tool") }
            default: if let id = world.asked.last { world.give(.askFailed(id: id)) }
            }
        }
        world.pass(50_000)
        return world
    }

    private static func answer(_ world: inout BrokerWorld, _ numbers: inout SeededNumbers) {
        guard !world.asked.isEmpty else { return world.give(.verdict(id: .max, .deny, pack: 1)) }
        let index = Int.random(in: 0..<world.asked.count, using: &numbers)
        let verdict: Verdict = Int.random(in: 0..<3, using: &numbers) == 0 ? .deny : .allow
        world.give(.verdict(id: world.asked.remove(at: index), verdict, pack: 7))
        if Int.random(in: 0..<10, using: &numbers) == 0 { world.asked.removeAll() }
    }

    @Test(
        "through silence, stampedes, denials and lost engines, each event is answered once, in time, within the rules")
    func walks() {
        var counters = BrokerCounters()
        for seed in UInt64(1)...40 {
            let world = Self.walk(seed: seed)
            #expect(world.checker.violations.isEmpty, "seed \(seed): \(world.checker.violations)")
            #expect(world.checker.heldCount == 0, "seed \(seed) leaves processes held")
            for counter in BrokerCounter.allCases { counters[counter] += world.machine.counters[counter] }
        }
        // A walk that never went there proves nothing about it.
        for counter in BrokerCounter.allCases where counter != .unreadable {
            #expect(counters[counter] > 0, "no walk saw \(counter.name)")
        }
    }

    @Test("the checker bites", arguments: Spoiling.allCases)
    func checkerBites(spoiling: Spoiling) {
        let violations = (UInt64(1)...8).reduce(into: Set<String>()) {
            $0.formUnion(Self.walk(seed: $1, spoiling: spoiling).checker.violations)
        }
        #expect(violations.contains(spoiling.expected), "\(spoiling): \(violations)")
    }

    @Test("the checker bites: one denial above the budget is seen")
    func budgetCheckBites() {
        var checker = BrokerChecker(deadlineMicroseconds: 20_000, tickMicroseconds: 1000, denialsPerMinute: 2)
        for (id, at) in [(UInt64(1), Int64(0)), (2, 1), (3, 59_999_999)] {
            checker.took(PermissionEvent(id: id, kind: .execute, processId: 1), isProtected: false, at: at)
            checker.saw([.answer(id: id, .deny)], at: at)
        }
        #expect(checker.violations == ["denied more than the budget"])
    }

    @Test("the checker bites: an answer a tick after the deadline is in time, a later one is not")
    func deadlineCheckBites() {
        for (late, expected) in [(Int64(21_000), Set<String>()), (21_001, ["answered late"])] {
            var checker = BrokerChecker(deadlineMicroseconds: 20_000, tickMicroseconds: 1000, denialsPerMinute: 2)
            checker.took(PermissionEvent(id: 1, kind: .execute, processId: 1), isProtected: false, at: 0)
            checker.saw([.answer(id: 1, .allow)], at: late)
            #expect(checker.violations == expected)
        }
    }

    private enum Step: CaseIterable {
        case event, protected, own, guarded, allow, deny, wait, pause, connect, lose
    }

    /// Every sequence of `depth` steps from here. Returns how many machines were seen.
    private static func explore(_ world: BrokerWorld, depth: Int, into violations: inout Set<String>) -> Int {
        guard depth > 0 else { return 1 }
        var seen = 1
        for step in Step.allCases {
            var next = world
            switch step {
            case .event: next.event("/opt/thing/tool")
            case .protected: next.event("/usr/bin/dash", isProtected: true)
            case .own: next.event("/opt/firebreak/bin/firebreak", isOwn: true)
            case .guarded: next.event("/var/lib/firebreak/journal.json", kind: .open)
            case .allow, .deny:
                guard let id = next.asked.first else { continue }
                next.asked.removeFirst()
                next.give(.verdict(id: id, step == .allow ? .allow : .deny, pack: 1))
            case .wait: next.pass(20_000)
            case .pause: next.pass(30_000_000)
            case .connect: next.give(.engineConnected)
            case .lose: next.give(.engineLost)
            }
            violations.formUnion(next.checker.violations)
            seen += explore(next, depth: depth - 1, into: &violations)
        }
        return seen
    }

    @Test("every sequence of five steps, from an engine that has just connected, keeps the rules")
    func exhaustive() {
        var world = BrokerWorld(policy: BrokerPolicy(denialsPerMinute: 1))
        world.give(.engineConnected)
        var violations: Set<String> = []
        let seen = Self.explore(world, depth: 5, into: &violations)
        #expect(violations.isEmpty, "\(violations)")
        #expect(seen > 30_000)
    }
}

/// SplitMix64: small, and the same numbers for a seed everywhere.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
