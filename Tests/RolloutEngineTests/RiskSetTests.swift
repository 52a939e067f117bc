import FleetModel
import Testing

@testable import RolloutEngine

@Suite("Risk set")
struct RiskSetTests {
    /// Without it five of 700 clean fleets were halted at a noise of 0.001.
    @Test("the silent of a wave are weighed against the whole wave, and not only against those who did not prove")
    func survivorsStayAtRisk() {
        var policy = RolloutPolicy.serverFleet
        policy.lossBudget = 100
        policy.silenceDeadline = .minutes(35)
        var gate = GateCore(policy: policy, seed: 1, startedAt: Moment(milliseconds: 0))
        _ = gate.appendCohort()
        var effects: [GateEffect] = []
        func minute(_ minute: Int64) -> Moment { Moment(milliseconds: minute * 60_000) }
        for _ in 0..<2_000 { gate.checkIn(gate.appendEndpoint(), GateReport(), at: minute(0), &effects) }
        #expect(gate.counts.offered == 100)
        // One in fifty falls silent after a minute, with the release as without it.
        for index in 0..<2_000 {
            gate.checkIn(index, GateReport(stage: index < 100 ? .trial : nil), at: minute(1), &effects)
        }
        for index in 0..<2_000 where index % 50 != 7 {
            gate.checkIn(index, GateReport(stage: index < 100 ? .committed : nil), at: minute(31), &effects)
        }
        #expect(gate.counts.proven == 98)
        gate.tick(at: minute(37), &effects)
        #expect(gate.counts.silent == 2)
        #expect(gate.phase == .ramping)
        #expect(gate.test.lnEvidence < 1)
    }
}
