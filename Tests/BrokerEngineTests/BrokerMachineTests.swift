import Testing

@testable import BrokerEngine

/// A machine with an engine, and a short way to talk to it.
private struct Bench {
    var machine: BrokerMachine
    var now: Int64 = 1_000_000
    var nextId: UInt64 = 1

    init(_ policy: BrokerPolicy = BrokerPolicy(), hasEngine: Bool = true) {
        machine = BrokerMachine(policy: policy)
        if hasEngine { _ = machine.handle(.engineConnected, nowMicroseconds: now) }
    }

    mutating func give(_ input: BrokerInput) -> [BrokerAction] { machine.handle(input, nowMicroseconds: now) }

    mutating func execute(
        _ path: String = "/opt/tool", standing: FileStanding = .same, isOwn: Bool = false
    ) -> (id: UInt64, actions: [BrokerAction]) {
        let id = nextId
        nextId += 1
        let event = PermissionEvent(
            id: id, kind: .execute, processId: 9, path: Array(path.utf8), standing: standing, isOwnProcess: isOwn)
        return (id, give(.event(event)))
    }

    mutating func deny(_ path: String = "/opt/tool", standing: FileStanding = .same) -> Verdict? {
        let id = execute(path, standing: standing).id
        return give(.verdict(id: id, .deny, pack: 77)).verdict(of: id)
    }

    mutating func miss() {
        _ = execute()
        now += machine.policy.deadlineMicroseconds
        _ = give(.tick)
    }
}

extension [BrokerAction] {
    fileprivate func verdict(of id: UInt64) -> Verdict? {
        for case .answer(id, let verdict) in self { return verdict }
        return nil
    }
}

@Suite("BrokerMachine")
struct BrokerMachineTests {
    @Test("without an engine an execution is allowed at once and nobody is asked")
    func alone() {
        var bench = Bench(hasEngine: false)
        #expect(bench.execute().actions == [.answer(id: 1, .allow)])
        #expect(bench.machine.status.mode == .alone)
    }

    @Test("an engine is asked, its word is carried out, and the wake for the deadline is taken back")
    func asked() {
        var bench = Bench()
        let first = bench.execute("/opt/tool")
        let ask = ExecutionAsk(id: 1, kind: .execute, processId: 9, path: Array("/opt/tool".utf8))
        #expect(first.actions == [.ask(ask), .arm(atMicroseconds: bench.now + 20_000)])
        #expect(bench.give(.verdict(id: 1, .deny, pack: 0)) == [.answer(id: 1, .deny), .disarm])
    }

    @Test("a verdict that comes with the wake of its deadline is late: the execution is allowed, and it is counted")
    func late() {
        var bench = Bench()
        let id = bench.execute().id
        bench.now += 20_000
        #expect(bench.give(.verdict(id: id, .deny, pack: 0)).verdict(of: id) == .allow)
        #expect(bench.machine.counters[.missed] == 1)
        #expect(bench.machine.counters[.lateVerdicts] == 1)
    }

    @Test("three misses in a row open the breaker: what waits is allowed, nobody is asked for 30 s, the engine is told")
    func breaker() {
        var bench = Bench()
        bench.miss()
        bench.miss()
        let third = bench.execute().id
        bench.now += 19_999
        let fourth = bench.execute().id
        bench.now += 1
        let actions = bench.give(.tick)
        #expect(actions.verdict(of: third) == .allow && actions.verdict(of: fourth) == .allow)
        #expect(actions.contains(.tell))
        #expect(bench.machine.status.mode == .observing)
        #expect(bench.machine.status.reason == .misses)
        #expect(bench.execute().actions.verdict(of: 5) == .allow)
        bench.now += 30_000_000
        #expect(bench.give(.tick).contains(.tell))
        #expect(bench.machine.status.mode == .asking)
    }

    @Test("a verdict in time between misses starts the count anew")
    func missesInARow() {
        var bench = Bench()
        for _ in 0..<5 {
            bench.miss()
            bench.miss()
            let id = bench.execute().id
            _ = bench.give(.verdict(id: id, .allow, pack: 0))
        }
        #expect(bench.machine.status.mode == .asking)
    }

    @Test("each pause is twice the one before, up to the cap; one miss after a pause opens again; calm forgets")
    func doubling() {
        var bench = Bench()
        bench.miss()
        bench.miss()
        var pauses: [Int64] = []
        for _ in 0..<9 {
            bench.miss()
            let left = bench.machine.status.pauseLeftMicroseconds
            pauses.append(left / 1_000_000)
            bench.now += left
            _ = bench.give(.tick)
        }
        #expect(pauses == [30, 60, 120, 240, 480, 960, 1920, 1920, 1920])
        bench.now += BrokerLimit.calmMicroseconds
        _ = bench.give(.tick)
        #expect(bench.machine.status.reason == .none)
        bench.miss()
        #expect(bench.machine.status.pauseLeftMicroseconds == 30_000_000)
    }

    @Test("the breaker outlives the engine: one that comes back is not asked before the pause is over")
    func breakerOutlivesEngine() {
        var bench = Bench()
        for _ in 0..<3 { bench.miss() }
        _ = bench.give(.engineLost)
        #expect(bench.machine.status.mode == .alone)
        _ = bench.give(.engineConnected)
        #expect(bench.machine.status.mode == .observing)
    }

    @Test("an engine that does not take an ask has missed it at once")
    func askFailed() {
        var bench = Bench()
        let id = bench.execute().id
        #expect(bench.give(.askFailed(id: id)).verdict(of: id) == .allow)
        #expect(bench.machine.counters[.missed] == 1)
    }

    @Test("when the engine goes away, what waits is allowed at once")
    func engineLost() {
        var bench = Bench()
        let ids = (0..<3).map { _ in bench.execute().id }
        let actions = bench.give(.engineLost)
        #expect(ids.allSatisfy { actions.verdict(of: $0) == .allow })
        #expect(bench.machine.counters[.released] == 3)
    }

    @Test("past the table's bound an execution is allowed at once, and counted")
    func overflow() {
        var bench = Bench()
        for _ in 0..<BrokerLimit.pendingCountMax { #expect(bench.execute().actions.first != nil) }
        let next = bench.execute()
        #expect(next.actions.verdict(of: next.id) == .allow)
        #expect(bench.machine.counters[.overflowed] == 1)
        #expect(bench.machine.status.pendingCount == BrokerLimit.pendingCountMax)
    }

    @Test("a denial of a protected program is refused, and counted")
    func protectedProgram() {
        var bench = Bench()
        #expect(bench.deny("/usr/bin/bash") == .allow)
        #expect(bench.deny("/usr/bin/bash", standing: .unknown) == .allow)
        #expect(bench.machine.counters[.deniedRefused] == 2)
    }

    @Test("a shell that is not the host's own, as in a container, may be denied")
    func containersShell() {
        var bench = Bench()
        #expect(bench.deny("/usr/bin/bash", standing: .other) == .deny)
    }

    @Test("a denial above the budget is not carried out; the breaker opens and names the pack")
    func budget() {
        var bench = Bench(BrokerPolicy(denialsPerMinute: 2))
        #expect(bench.deny() == .deny)
        bench.now += 59_000_000
        #expect(bench.deny() == .deny)
        #expect(bench.deny() == .allow)
        let status = bench.machine.status
        #expect(status.mode == .observing && status.reason == .denialBudget && status.pack == 77)
        #expect(status.counters[.deniedOverBudget] == 1)
    }

    @Test("a budget of none denies nothing")
    func noBudget() {
        var bench = Bench(BrokerPolicy(denialsPerMinute: 0))
        #expect(bench.deny() == .allow)
    }

    @Test("our own processes are exempt, and only they: nobody is asked")
    func exempt() {
        var bench = Bench()
        let own = bench.execute("/usr/bin/bash", isOwn: true)
        #expect(own.actions == [.answer(id: own.id, .allow)])
        #expect(bench.machine.counters[.exempt] == 1)
        let child = bench.execute("/usr/bin/bash")
        #expect(child.actions.verdict(of: child.id) == nil)
    }

    @Test(
        "a guarded opening is decided at once in every mode: our programs yes, all others no", arguments: [true, false])
    func guarded(hasEngine: Bool) {
        var bench = Bench(hasEngine: hasEngine)
        for (isOwn, verdict) in [(true, Verdict.allow), (false, .deny)] {
            let id = bench.nextId
            bench.nextId += 1
            let event = PermissionEvent(id: id, kind: .open, processId: 9, isOwnProcess: isOwn)
            #expect(bench.give(.event(event)) == [.answer(id: id, verdict)])
        }
    }

    @Test("an execution whose path cannot be read is allowed, and counted")
    func unreadable() {
        var bench = Bench()
        #expect(bench.execute("").actions.verdict(of: 1) == .allow)
        #expect(bench.machine.counters[.unreadable] == 1)
    }

    @Test("a clock that steps back is taken as standing still")
    func clock() {
        var bench = Bench()
        let id = bench.execute().id
        bench.now -= 500_000
        #expect(bench.give(.tick).verdict(of: id) == nil)
        bench.now += 520_000
        #expect(bench.give(.tick).verdict(of: id) == .allow)
    }

    @Test("the operator's numbers are cut to their bounds")
    func policy() {
        let policy = BrokerPolicy(deadlineMicroseconds: 900_000, denialsPerMinute: -3)
        #expect(policy.deadlineMicroseconds == 200_000 && policy.denialsPerMinute == 0)
    }
}
