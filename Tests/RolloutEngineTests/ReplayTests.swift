import FleetModel
import Testing

@testable import RolloutEngine

@Suite("Replay")
struct ReplayTests {
    @Test(
        "a machine restored from the ledger is the live one after the same outage, at every prefix",
        arguments: 1...12 as ClosedRange<UInt64>)
    func replayEqualsLive(seed: UInt64) {
        var random = SplitMix(state: seed)
        let policy = CapTests.policy(budget: 3)
        var live = machine(policy, seed: seed)
        var ledger: [LedgerEntry] = []
        let stages: [ReleaseStage?] = [nil, .trial, .committed, .committed, .committed, .reverted, .refused]
        for step in 0..<400 {
            let now = Moment(milliseconds: Int64(step) * 50)
            var input = report(
                "e\(Int.random(in: 0..<30, using: &random))", stages.randomElement(using: &random) ?? nil)
            let draw = Int.random(in: 0..<100, using: &random)
            if draw < 10 { input = .tick }
            if draw == 10 { input = .operatorHold("why") }
            if draw == 11 || draw == 12 { input = .operatorResume }
            if draw == 13, step > 300 { input = .operatorRecall("bad") }
            for action in live.handle(input, at: now) {
                ledger.append(live.ledgerEntry(for: action, sequence: Int64(ledger.count), at: now))
            }
            var restored = machine(policy, seed: seed)
            for entry in ledger { restored.restore(entry) }
            var rested = live
            let outage = RolloutInput.outage(from: now, until: now)
            #expect(rested.handle(outage, at: now) == restored.handle(outage, at: now))
            #expect(restored.status == rested.status, "seed \(seed), step \(step)")
            #expect(restored.memory == rested.memory, "seed \(seed), step \(step)")
        }
    }

    @Test("a ledger that debits twice, settles the undebited, or goes on after a recall, opens nothing")
    func strangeLedgers() {
        var gate = machine(.demo)
        let now = Moment(milliseconds: 0)
        let a = endpoint("a")
        gate.restore(LedgerEntry(sequence: 1, at: now, kind: .settle(.proven), endpoint: a))
        gate.restore(LedgerEntry(sequence: 2, at: now, kind: .debit(cohort: "all"), endpoint: a))
        gate.restore(LedgerEntry(sequence: 3, at: now, kind: .debit(cohort: "all"), endpoint: a))
        gate.restore(LedgerEntry(sequence: 4, at: now, kind: .debit(cohort: "all"), endpoint: nil))
        #expect(gate.status.exposed == 1)
        gate.restore(LedgerEntry(sequence: 5, at: now, kind: .phase(.recalled, reason: "bad")))
        gate.restore(LedgerEntry(sequence: 6, at: now, kind: .phase(.ramping, reason: "")))
        #expect(gate.status.phase == .recalled)
        #expect(gate.handle(report("b"), at: now).allSatisfy { if case .offer = $0 { false } else { true } })
    }
}

extension RolloutMachine {
    /// Everything that the future depends on, by name and in order.
    var memory: [String] {
        standings.map { "\($0.key.text) \($0.value)" }.sorted()
    }
}
