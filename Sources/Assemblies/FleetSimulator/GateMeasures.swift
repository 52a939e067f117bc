import Glibc
import FleetModel
package import RolloutEngine

/// Measurements of the gate's statistics, without a fleet around them.
package enum GateMeasures {
    /// Mean exposures until the concurrent test halts, one exposure a bake, beside a control of 10,000.
    ///
    /// - Returns: The mean over `seeds` runs, and Wald's lower bound for any test of that alpha: ln(1/alpha) over the
    ///   divergence of the fault rate from the noise.
    package static func exposuresToHalt(rate: Double, noise: Double, policy: RolloutPolicy, seeds: UInt64)
        -> (mean: Double, bound: Double)
    {
        let threshold = -log(policy.alpha * policy.alphaShares.concurrent)
        let control = 10_000
        var total = 0
        for seed in 1...seeds {
            var random = SimulationRandom(seed: seed, stream: 3)
            var test = ConcurrentTest()
            var exposures = 0
            while test.lnEvidence < threshold, exposures < 100_000 {
                exposures += 1
                let isStruck = random.happens(rate)
                for _ in 0..<poisson(Double(control) * noise, &random) {
                    test.fail(isExposed: false, exposed: 1, control: control)
                }
                if isStruck || random.happens(noise) { test.fail(isExposed: true, exposed: 1, control: control) }
            }
            total += exposures
        }
        let divergence =
            rate >= 1 ? -log(noise) : rate * log(rate / noise) + (1 - rate) * log((1 - rate) / (1 - noise))
        return (Double(total) / Double(seeds), -log(policy.alpha) / divergence)
    }

    private static func poisson(_ mean: Double, _ random: inout SimulationRandom) -> Int {
        var count = 0
        var product = random.unit()
        let end = exp(-mean)
        while product > end {
            count += 1
            product *= random.unit()
        }
        return count
    }

    /// Clean rollouts that were halted, as a whole or in a cohort, under noise that swings over the day.
    package static func falseHalts(fleet: Int, noise: Double, seed: UInt64) -> (isHalted: Bool, cohorts: Int) {
        var setup = SimulationSetup(fleet: fleet, fault: .none, noise: noise, seed: seed)
        setup.noiseSwing = 0.8
        setup.awayShare = 0
        setup.isPooled = true
        var world = FleetWorld(setup)
        let report = world.run()
        return (report.halted, report.haltedCohorts)
    }

    /// What a defect that strikes every endpoint of one cohort, and no other, breaks.
    package struct CornerReport: Sendable {
        /// Endpoints of the cohort, and of the fleet that were offered the release in the end.
        package var cohort = 0
        package var offered = 0
        package var broken = 0
        package var haltedCohorts = 0
        package var isHalted = false
        /// Broken under the same gate when it does not know of cohorts.
        package var brokenBlind = 0
        /// Broken when as many canaries as our first step are drawn from the whole fleet, and everyone follows when none
        /// of them fails within a bake: what happens is a matter of arithmetic, and this is one draw of it.
        package var brokenRandomCanary = 0
    }

    /// - Parameter share: Of the cohort in the fleet, about.
    package static func corner(fleet: Int, share: Double, noise: Double, seed: UInt64) -> CornerReport {
        var setup = SimulationSetup(
            fleet: fleet, fault: FaultSignature(rate: 1, affectedShare: share), noise: noise, seed: seed)
        var report = CornerReport()
        let corner = setup.draw.corner(share: share, seed: seed)
        report.cohort = Int(corner.held * Double(fleet))
        setup.fault.affectedShare = corner.held
        var world = FleetWorld(setup)
        let seeing = world.run()
        report.offered = seeing.offered
        report.broken = seeing.broken
        report.haltedCohorts = seeing.haltedCohorts
        report.isHalted = seeing.halted
        setup.isBlind = true
        setup.isPooled = true
        var blind = FleetWorld(setup)
        report.brokenBlind = blind.run().broken
        var random = SimulationRandom(seed: seed, stream: 5)
        let struck = (0..<setup.terms.lossBudget).count { _ in random.happens(corner.held) }
        report.brokenRandomCanary = struck > 0 ? struck : report.cohort
        return report
    }

    /// Seconds for one verdict with `count` cohorts that have all been exposed, judged on new harm.
    package static func secondsPerEvaluation(cohorts count: Int) -> Double {
        var gate = GateCore(policy: .simulated, seed: 1, startedAt: .init(milliseconds: 0))
        var effects: [GateEffect] = []
        for cohort in 0..<count {
            _ = gate.appendCohort()
            for _ in 0..<8 {
                let index = gate.appendEndpoint()
                gate.assign(index, cohort: cohort)
                gate.checkIn(index, GateReport(), at: .init(milliseconds: 10_000), &effects)
            }
            gate.noteControlFailure(in: cohort)
        }
        let clock = ContinuousClock()
        let began = clock.now
        let rounds = 1_000
        for round in 0..<rounds {
            effects.removeAll(keepingCapacity: true)
            gate.evaluateAll(at: .init(milliseconds: 20_000 + Int64(round) * 3_600_000), &effects)
        }
        let spent = clock.now - began
        return (Double(spent.components.seconds) + Double(spent.components.attoseconds) * 1e-18) / Double(rounds)
    }
}
