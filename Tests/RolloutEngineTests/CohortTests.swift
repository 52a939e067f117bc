import FleetModel
import Testing

@testable import RolloutEngine

@Suite("Cohorts")
struct CohortTests {
    static func policy() -> RolloutPolicy {
        var policy = RolloutPolicy.serverFleet
        policy.lossBudget = 50
        policy.noiseCeiling = 0.01
        policy.cohortBy = ["kernel"]
        policy.cohortFirstStep = 4
        return policy
    }

    static func checkIn(_ number: Int, kernel: Int, _ stage: ReleaseStage? = nil, failure: FailureKind? = nil)
        -> RolloutInput
    {
        var attributes = plainAttributes
        attributes.kernel = "k\(kernel)"
        return .checkIn(
            EndpointReport(endpoint: endpoint("e\(number)"), attributes: attributes, stage: stage, failure: failure))
    }

    @Test("the first canaries are one of each cohort, until everyone must have spoken")
    func coverageFirst() {
        var gate = machine(Self.policy())
        var offered: [Int: Int] = [:]
        for number in 0..<400 {
            let kernel = number % 10
            let actions = gate.handle(Self.checkIn(number, kernel: kernel), at: Moment(milliseconds: Int64(number)))
            if actions.contains(where: { if case .offer = $0 { true } else { false } }) {
                offered[kernel, default: 0] += 1
            }
        }
        #expect(offered == Dictionary(uniqueKeysWithValues: (0..<10).map { ($0, 1) }))
        for number in 0..<400 {
            let at = Moment(milliseconds: 300_000 + Int64(number))
            _ = gate.handle(Self.checkIn(number, kernel: number % 10), at: at)
        }
        // Four each: a cohort without a proof of its own does not ride on the others'.
        #expect(gate.status.counts.offered == 40)
    }

    @Test("a cohort that breaks is halted alone, its endpoints drop the release, and the others go on")
    func haltedAlone() {
        var gate = machine(Self.policy())
        var offered: [Int] = []
        func offers(_ actions: [RolloutAction]) -> Bool {
            actions.contains { if case .offer = $0 { true } else { false } }
        }
        for turn in 0..<2 {
            for number in 0..<400 {
                let at = Moment(milliseconds: Int64(turn) * 300_000 + Int64(number))
                if offers(gate.handle(Self.checkIn(number, kernel: number % 10), at: at)) { offered.append(number) }
            }
        }
        for number in offered {
            let isBad = number % 10 == 3
            _ = gate.handle(
                Self.checkIn(number, kernel: number % 10, isBad ? .reverted : .trial, failure: isBad ? .crash : nil),
                at: Moment(milliseconds: 400_000))
        }
        #expect(gate.status.haltedCohorts == ["kernel=k3"])
        #expect(gate.status.phase == .ramping)
        #expect(gate.isRecalled(for: endpoint("e3")))
        #expect(!gate.isRecalled(for: endpoint("e4")))
        let later = Moment(milliseconds: 2_300_000)
        for number in offered where number % 10 != 3 {
            _ = gate.handle(Self.checkIn(number, kernel: number % 10, .committed), at: later)
        }
        #expect(!offers(gate.handle(Self.checkIn(393, kernel: 3), at: later)))
        #expect(offers(gate.handle(Self.checkIn(394, kernel: 4), at: later)))
    }

    @Test("a release that breaks everywhere is condemned as a whole")
    func condemnedEverywhere() {
        var gate = machine(Self.policy())
        for turn in 0..<2 {
            for number in 0..<400 {
                let at = Moment(milliseconds: Int64(turn) * 300_000 + Int64(number))
                _ = gate.handle(Self.checkIn(number, kernel: number % 10), at: at)
            }
        }
        for number in 0..<40 {
            _ = gate.handle(
                Self.checkIn(number, kernel: number % 10, .reverted, failure: .crash), at: Moment(milliseconds: 400_000)
            )
        }
        #expect(gate.status.phase == .halted)
        #expect(gate.status.haltedCohorts.count <= Self.policy().cohortHaltsMax)
    }
}

extension CohortTests {
    @Test("nobody of a halted cohort is debited, a chosen canary and a restarted machine included")
    func haltedIsHalted() {
        var gate = machine(Self.policy())
        let roll = (0..<200).map { number in
            var attributes = plainAttributes
            attributes.kernel = "k\(number % 2)"
            return MusteredEndpoint(endpoint: endpoint("e\(number)"), attributes: attributes)
        }
        _ = gate.handle(.muster(roll), at: Moment(milliseconds: 0))
        var ledger: [LedgerEntry] = []
        func take(_ input: RolloutInput, _ milliseconds: Int64) -> [RolloutAction] {
            let now = Moment(milliseconds: milliseconds)
            let actions = gate.handle(input, at: now)
            for action in actions {
                ledger.append(gate.ledgerEntry(for: action, sequence: Int64(ledger.count), at: now))
            }
            return actions
        }
        // Of the one cohort that is heard of four come and crash; it is condemned by its own evidence.
        var offered: [Int] = []
        for number in stride(from: 0, to: 200, by: 2) where offered.count < 4 {
            let actions = take(Self.checkIn(number, kernel: 0), 1 + Int64(number))
            if actions.contains(where: { if case .offer = $0 { true } else { false } }) { offered.append(number) }
        }
        var effects: [GateEffect] = []
        gate.core.haltAlone(gate.core.cohort(of: 0), &effects)
        for number in stride(from: 0, to: 200, by: 2) where !offered.contains(number) {
            let actions = take(Self.checkIn(number, kernel: 0), 1_000 + Int64(number))
            #expect(!actions.contains { if case .offer = $0 { true } else { false } })
        }
        // A restarted machine knows this one cohort only, and that it is halted.
        var restored = machine(Self.policy())
        for entry in ledger { restored.restore(entry) }
        restored.core.haltAlone(0, &effects)
        let now = Moment(milliseconds: 5_000)
        _ = restored.handle(.outage(from: now, until: now), at: now)
        let actions = restored.handle(Self.checkIn(190, kernel: 0), at: now)
        #expect(!actions.contains { if case .offer = $0 { true } else { false } })
    }
}
