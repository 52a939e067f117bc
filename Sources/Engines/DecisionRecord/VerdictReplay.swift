import CanonicalCoding
package import FleetModel
package import RolloutEngine

/// The verdicts of one rollout, said again from what was published.
package struct VerdictReplay: Sendable {
    private let rule: VerdictRule
    private let policySHA256: Digest
    private let startedAt: Moment
    private var chain = EvidenceChain()
    /// How many verdicts were said again.
    package private(set) var count: Int64 = 0
    package private(set) var phase = RolloutPhase.ramping

    /// - Parameter rule: Of the policy that the entry tells whole.
    package init(_ policy: RecordedPolicy, rule: VerdictRule) {
        self.rule = rule
        policySHA256 = policy.policySHA256
        startedAt = policy.startedAt
    }

    /// Says one verdict again.
    ///
    /// - Returns: Why it is not what its evidence gives; nil where it is.
    package mutating func take(_ verdict: RecordedVerdict, at: Moment) -> AuditFailure.Reason? {
        guard verdict.policySHA256 == policySHA256 else { return .policyDiffers }
        guard verdict.sequence == count + 1 else { return .verdictMissing }
        guard verdict.evidence.startedAt == startedAt, verdict.evidence.at == at else { return .evidenceBroken }
        guard chain.breach(by: verdict.evidence) == nil else { return .evidenceBroken }
        guard let outcome = try? rule.outcome(of: verdict.evidence) else { return .evidenceInvalid }
        guard outcome == verdict.outcome else { return .verdictDiffers }
        chain.take(outcome, from: verdict.evidence)
        count += 1
        if outcome.cohort == nil { phase = outcome.phase }
        return nil
    }
}
