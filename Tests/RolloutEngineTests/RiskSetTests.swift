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

extension RiskSetTests {
    /// 2,000 endpoints of which 100 are exposed and well, and every tenth of all has just died; then the server is away for
    /// a moment.
    @Test("a restart forgets the control, and so weighs nobody's silence who was not heard of since against it")
    func silencesOverAnOutage() {
        var policy = RolloutPolicy.serverFleet
        policy.lossBudget = 100
        policy.noiseCeiling = 0.4
        var gate = GateCore(policy: policy, seed: 1, startedAt: Moment(milliseconds: 0))
        _ = gate.appendCohort()
        var effects: [GateEffect] = []
        func minute(_ minute: Int64) -> Moment { Moment(milliseconds: minute * 60_000) }
        for _ in 0..<2_000 { gate.checkIn(gate.appendEndpoint(), GateReport(), at: minute(0), &effects) }
        #expect(gate.counts.offered == 100)
        gate.resumeAfterOutage(until: minute(2))
        for turn in Int64(1)...5 {
            for index in 0..<2_000 where index % 10 != 7 {
                gate.checkIn(index, GateReport(stage: index < 100 ? .trial : nil), at: minute(2 + 5 * turn), &effects)
            }
            gate.tick(at: minute(2 + 5 * turn), &effects)
        }
        #expect(gate.counts.silent == 10)
        #expect(gate.test.lnEvidence < 1, "\(gate.test.lnEvidence)")
        #expect(gate.phase == .ramping)
    }

    @Test("a proof whose wave has not had its time makes no room, also after an outage")
    func unripeOverAnOutage() {
        var gate = GateCore(policy: .demo, seed: 1, startedAt: Moment(milliseconds: 0))
        _ = gate.appendCohort()
        var effects: [GateEffect] = []
        func second(_ second: Int64) -> Moment { Moment(milliseconds: second * 1000) }
        for _ in 0..<40 { gate.checkIn(gate.appendEndpoint(), GateReport(), at: second(0), &effects) }
        for index in 0..<3 { gate.checkIn(index, GateReport(stage: .trial), at: second(0), &effects) }
        for index in 0..<3 { gate.checkIn(index, GateReport(stage: .committed), at: second(6), &effects) }
        #expect(gate.counts.proven == 3 && gate.unripe == 3)
        gate.resumeAfterOutage(until: second(7))
        #expect(gate.unripe == 3 && gate.cap.value == 4)
        for index in 4..<40 { gate.checkIn(index, GateReport(), at: second(8), &effects) }
        #expect(gate.counts.offered == 4)
    }
}
