/// What never changes in one rollout: its policy, and what follows from it alone. Live gate and replay judge by the
/// same ones, with the same functions.
final class GateTerms: Sendable {
    let policy: RolloutPolicy
    let problems: [PolicyProblem]
    let ceilingTest: HarmTest
    let thresholds: Thresholds
    let spans: GateCore.Spans
    /// The cap at the start, with nothing known.
    let firstCap: GateCap

    init(_ policy: RolloutPolicy) {
        self.policy = policy
        problems = policy.problems()
        // A policy with problems never opens the gate; its numbers are then not used, and must only not trap.
        let usable = problems.isEmpty ? policy : .serverFleet
        ceilingTest = HarmTest(noiseCeiling: usable.noiseCeiling)
        thresholds = Thresholds(usable)
        spans = GateCore.Spans(usable)
        firstCap = GateCap(
            lossBudget: usable.lossBudget, firstStep: usable.lossBudget, growthMax: usable.growthMax,
            confidence: usable.confidence)
    }

    // MARK: - Evidence

    /// The evidence against a group of endpoints as a whole.
    ///
    /// - Parameters:
    ///   - offered: Without the withdrawn.
    ///   - relapsed: Proven ones that failed later, over `watchedBakes` endpoints times bakes of watch.
    func lnWhole(
        test: ConcurrentTest, watchTest: ConcurrentTest, harmed: Int, offered: Int, relapsed: Int, watchedBakes: Double
    ) -> Double {
        thresholds.joined(
            concurrent: test.lnEvidence, ceiling: ceilingTest.lnEvidence(failures: harmed, offered: offered),
            watch: lnWatch(watchTest, relapsed: relapsed, watchedBakes: watchedBakes))
    }

    /// The proven against the control, and, for when there is none left, relapses against the ceiling: each endpoint in
    /// each bake of the watch is one trial.
    private func lnWatch(_ concurrent: ConcurrentTest, relapsed: Int, watchedBakes: Double) -> Double {
        // A billion endpoints for a century of minutes; beyond, the number is no number of endpoints.
        let trials = relapsed + Int(min(max(0, watchedBakes), 1e18))
        let ceiling = ceilingTest.lnEvidence(failures: relapsed, offered: trials)
        return DecisionMath.lnSumExp([concurrent.lnEvidence, ceiling]) - DecisionMath.ln(2)
    }

    /// The evidence against one cohort, weighed by its part of alpha.
    func lnCohort(test lnEvidence: Double, harmed: Int, offered: Int) -> Double {
        let ceiling = ceilingTest.lnEvidence(failures: harmed, offered: offered)
        return thresholds.cohort + DecisionMath.lnSumExp([lnEvidence, ceiling]) - DecisionMath.ln(2)
    }

    // MARK: - Blame

    /// Evidence left without the worst cohort below which the worst cohort is to blame alone: a tenth of the weight
    /// that would be left by chance in one rollout of ten.
    private static let lnBlame = 2.3

    /// Whether the worst cohort can be the one whose share of the evidence is all of it: most of the exposed are outside.
    ///
    /// - Parameters:
    ///   - offered: To the cohort, and to all that are not halted.
    func mayBlame(harmed: Int, offered: Int, ofOffered all: Int, haltedCount: Int) -> Bool {
        guard haltedCount < policy.cohortHaltsMax else { return false }
        let inside = Double(offered) / Double(max(1, all))
        // The first failure of all may be a corner's: one cohort is given the benefit. After that, so many failures in
        // one cohort must be more than chance would put there if every cohort were struck alike.
        let byChance = Double(harmed) * DecisionMath.ln(inside)
        return inside <= 0.5 && (haltedCount == 0 || byChance <= -Self.lnBlame * 2)
    }

    /// Whether nothing speaks against the release where the worst cohort is left out.
    func isClean(lnWithout: Double) -> Bool { lnWithout < Self.lnBlame }
}
