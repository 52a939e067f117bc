import FleetSimulator
import RolloutEngine
import Testing

@Suite("FleetWorld")
struct FleetWorldTests {
    @Test("a clean release reaches a small fleet in few bakes, and the checker sees nothing")
    func cleanRelease() {
        var world = FleetWorld(SimulationSetup(fleet: 20_000, fault: .none, noise: 1e-6, seed: 1))
        let report = world.run()
        #expect(report.capViolations == 0, "\(world.violations)")
        #expect(!report.halted)
        #expect(report.offered == 20_000 || Double(report.offered) > 19_700)
        #expect(report.rounds <= 6)
    }

    @Test("a release that breaks every endpoint breaks no more than the loss budget", arguments: [1, 2, 3] as [UInt64])
    func totalFault(seed: UInt64) {
        var world = FleetWorld(SimulationSetup(fleet: 20_000, fault: FaultSignature(rate: 1), noise: 1e-6, seed: seed))
        let report = world.run()
        #expect(report.halted)
        #expect(report.broken <= 50)
        #expect(report.capViolations == 0)
    }

    @Test("the same seed gives the same run, and another seed another")
    func seeded() {
        func run(_ seed: UInt64) -> SimulationReport {
            var world = FleetWorld(
                SimulationSetup(fleet: 20_000, fault: FaultSignature(rate: 0.1), noise: 1e-4, seed: seed))
            var report = world.run()
            report.wallSeconds = 0
            report.peakMemoryBytes = 0
            return report
        }
        #expect(run(5) == run(5))
        #expect(run(5) != run(6))
    }

    @Test("the checker bites: a gate with twice the budget is found")
    func checkerBites() {
        var setup = SimulationSetup(fleet: 20_000, fault: .none, noise: 1e-6, seed: 1)
        setup.checkedLossBudget = 25
        var world = FleetWorld(setup)
        #expect(world.run().capViolations > 0)
    }

    @Test(
        "every other policy runs to an end, and breaks more than the gate at the same fault",
        arguments: PolicyKind.allCases)
    func otherPolicies(policy: PolicyKind) {
        guard policy != .firebreak else { return }
        var setup = SimulationSetup(fleet: 20_000, fault: FaultSignature(rate: 0.5), noise: 1e-6, seed: 3)
        var world = FleetWorld(setup)
        let gated = world.run().broken
        setup.policy = policy
        var other = FleetWorld(setup)
        #expect(other.run().broken > gated)
    }
}

extension FleetWorldTests {
    @Test("a run in which a broken corner stands at its cap for ever ends, and says when the last offer was")
    func stalledCornerEnds() {
        var setup = SimulationSetup(
            fleet: 3_000, fault: FaultSignature(rate: 1, affectedShare: 0.001), noise: 1e-6, seed: 1)
        setup.isPooled = true
        var world = FleetWorld(setup)
        let report = world.run()
        #expect(report.rounds < 24, "\(report)")
        #expect(report.broken <= 10)
        #expect(report.capViolations == 0)
    }
}
