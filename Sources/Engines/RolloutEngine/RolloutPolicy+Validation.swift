package import FleetModel

extension RolloutPolicy {
    /// Bytes of a policy's name: it stands in tables.
    package static let nameBytesMax = 64
    /// The largest loss budget, in endpoints: more than this is no bound on a loss.
    package static let lossBudgetMax = 100_000
    /// The longest bake and deadline: a month; beyond it the clocks of the gate (``GateClock``) have no room for a ramp.
    package static let spanMax = Moment.Span.hours(24 * 31)
    /// Polls that must fit into a silence deadline: with one, a single lost reply would look like a dead machine.
    package static let pollsPerSilenceMin: Int64 = 2

    /// Everything that keeps this policy from being evaluated; empty when it can be. All of it, not the first.
    package func problems() -> [PolicyProblem] {
        var found = PolicyProblems()
        func check(_ span: Moment.Span, _ field: CodingKeys, from least: Moment.Span, _ reason: String) {
            found.check(
                span >= least && span <= Self.spanMax, field, "\(span.milliseconds) ms",
                "\(least.milliseconds) to \(Self.spanMax.milliseconds) ms", reason)
        }
        found.check(
            (1...Self.nameBytesMax).contains(name.utf8.count), .name, "\(name.utf8.count) bytes",
            "1 to \(Self.nameBytesMax) bytes", "it names the policy in tables and verdicts")
        found.check(
            (1...Self.lossBudgetMax).contains(lossBudget), .lossBudget, lossBudget,
            "1 to \(Self.lossBudgetMax) endpoints", "it is the first cap, and a ramp without one never starts")
        found.check(
            confidence >= 0.5 && confidence <= 0.999_999, .confidence, confidence, "0.5 to 0.999999",
            "below one half the bound is no bound, and certainty needs infinite evidence")
        found.check(
            alpha >= 1e-9 && alpha <= 0.1, .alpha, alpha, "1e-9 to 0.1",
            "above, one clean rollout in ten is halted; below, no failure would ever halt")
        found.check(
            noiseCeiling >= 1e-9 && noiseCeiling <= 0.5, .noiseCeiling, noiseCeiling, "1e-9 to 0.5",
            "at zero the first natural failure halts; above one half most of a fleet may die unseen")
        found.check(
            (1...Self.lossBudgetMax).contains(refusalCountMax), .refusalCountMax, refusalCountMax,
            "1 to \(Self.lossBudgetMax) endpoints", "a release that endpoints refuse must not go to all of them")
        check(pollInterval, .pollInterval, from: .milliseconds(100), "deadlines are measured against it")
        check(bake, .bake, from: .milliseconds(100), "nothing is proven in no time")
        check(
            silenceDeadline, .silenceDeadline,
            from: Moment.Span(milliseconds: pollInterval.milliseconds.clamped(to: spanRange) * Self.pollsPerSilenceMin),
            "within it a well endpoint must have checked in at least twice")
        check(
            settleDeadline, .settleDeadline, from: bake + silenceDeadline,
            "an exposure needs its bake, and the silence deadline, before it can be called unsettled")
        return found.all + cohortProblems() + laneProblems()
    }

    private func cohortProblems() -> [PolicyProblem] {
        var found = PolicyProblems()
        found.check(
            cohortBy.count <= 8 && cohortBy.allSatisfy(Self.isAttribute), .cohortBy, cohortBy.joined(separator: ", "),
            "at most 8 of os, os_version, kernel, agent_version, model, tag.NAME", "cohorts are made from them")
        found.check(
            (1...1000).contains(cohortFirstStep), .cohortFirstStep, cohortFirstStep, "1 to 1000 endpoints",
            "a cohort's first exposures are lost if it alone is broken")
        found.check(
            (0...100).contains(cohortHaltsMax), .cohortHaltsMax, cohortHaltsMax, "0 to 100 cohorts",
            "a release that breaks cohort after cohort is broken")
        found.check(
            growthMax >= 0.1 && growthMax <= 1000, .growthMax, growthMax, "0.1 to 1000 endpoints for each proven",
            "without growth a ramp ends at its first step; beyond, nothing limits it")
        let shares = [alphaShares.concurrent, alphaShares.ceiling, alphaShares.cohorts, alphaShares.watch]
        found.check(
            shares.allSatisfy { $0 >= 0.001 } && alphaShares.total <= 1.000_001, .alphaShares, shares,
            "each at least 0.001, together at most 1", "they split the probability of halting a clean release")
        found.check(
            watch >= .zero && watch <= Self.spanMax, .watch, "\(watch.milliseconds) ms",
            "0 to \(Self.spanMax.milliseconds) ms", "after it nobody looks any more")
        found.check(
            (1...Self.programStepsLimit).contains(programStepsMax), .programStepsMax, programStepsMax,
            "1 to \(Self.programStepsLimit) steps", "a worker that needs longer for one event falls behind its host")
        return found.all
    }

    private func laneProblems() -> [PolicyProblem] {
        var found = PolicyProblems()
        let asksForUse = bakeConditions.contains(.use)
        found.check(
            asksForUse == (bakeUse > .zero) && bakeUse <= Self.spanMax, .bakeUse,
            "\(bakeUse.milliseconds) ms", asksForUse ? "1 ms to \(Self.spanMax.milliseconds) ms" : "0",
            "it says how much use the bake condition `use` asks for")
        guard let urgent, lane == .normal else { return found.all }
        let budgetMax = lossBudget.clamped(to: 1...Self.lossBudgetMax) * UrgentLane.budgetFactorMax
        found.check(
            (1...budgetMax).contains(urgent.lossBudget), "urgent.loss_budget", urgent.lossBudget,
            "1 to \(budgetMax) endpoints", "more than ten times the budget is another policy")
        found.check(
            urgent.bake <= bake, "urgent.bake_ms", "\(urgent.bake.milliseconds) ms",
            "at most \(bake.milliseconds) ms", "the urgent lane is the faster one")
        let own = ["bake_ms", "silence_deadline_ms", "loss_budget"]
        // A deadline that is too short for the urgent lane is so by the lane's own spans.
        let known = found.all
        return known
            + (urgentPolicy?.problems() ?? []).filter { own.contains($0.field) || $0.field == "settle_deadline_ms" }
            .filter { problem in !known.contains { $0.field == "urgent.\(problem.field)" } }
            .map {
                PolicyProblem(
                    field: own.contains($0.field) ? "urgent.\($0.field)" : "urgent.silence_deadline_ms",
                    value: $0.value, bounds: $0.bounds, reason: $0.reason)
            }
    }

    private static func isAttribute(_ name: String) -> Bool {
        ["os", "os_version", "kernel", "agent_version", "model"].contains(name)
            || name.hasPrefix("tag.") && name.utf8.count > 4
    }

    private var spanRange: ClosedRange<Int64> { 0...Self.spanMax.milliseconds }
}

extension Comparable {
    func clamped(to range: ClosedRange<Self>) -> Self { min(max(self, range.lowerBound), range.upperBound) }
}
