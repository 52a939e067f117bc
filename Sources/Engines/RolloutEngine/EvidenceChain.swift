/// What one verdict leaves for the next one of its rollout. Evidence that does not begin where the verdict before it
/// ended is not that gate's: a verdict is missing between them, or one of them was changed.
package struct EvidenceChain: Hashable, Sendable {
    private var phase = RolloutPhase.ramping
    private var wasComplete = false
    private var refusalsAccepted = 0
    private var rest = VerdictEvidence.ControlRest()
    private var haltedCohortCount = 0
    private var counts = ExposureCounts()

    package init() {}

    /// The member in which the evidence does not follow; nil where it does.
    package func breach(by evidence: VerdictEvidence) -> String? {
        if evidence.phaseBefore != phase { return "phase_before" }
        if evidence.wasCompleteBefore != wasComplete { return "was_complete_before" }
        if evidence.haltedCohortCount != haltedCohortCount { return "halted_cohort_count" }
        if evidence.rest != rest { return "rest" }
        if evidence.refusalsAccepted != refusalsAccepted, evidence.occasion != .resume { return "refusals_accepted" }
        // None of these ever falls: an exposure that was made or ended badly is never forgotten.
        let before = [counts.offered, counts.failed, counts.withdrawn, counts.refused, counts.late, counts.relapsed]
        let now = evidence.counts
        let after = [now.offered, now.failed, now.withdrawn, now.refused, now.late, now.relapsed]
        return zip(before, after).allSatisfy { $0 <= $1 } ? nil : "counts"
    }

    /// Goes on from a verdict that followed.
    package mutating func take(_ outcome: VerdictOutcome, from evidence: VerdictEvidence) {
        rest = outcome.rest
        counts = evidence.counts
        if outcome.cohort != nil {
            haltedCohortCount += 1
            return
        }
        phase = outcome.phase
        wasComplete = outcome.wasComplete
        refusalsAccepted = outcome.refusalsAccepted
    }
}
