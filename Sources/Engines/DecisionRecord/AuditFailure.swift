/// The first entry of a log that the entries before it do not bear out.
package struct AuditFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// In the log, from 0.
    package var index: UInt64
    package var reason: Reason
    /// The rollout, release or key that the entry is about; empty when it cannot be told.
    package var subject: String
    /// What is wrong.
    package var message: String

    package enum Reason: String, Hashable, Sendable, CaseIterable {
        /// The bytes are no entry of the record.
        case unreadable = "audit.unreadable"
        /// The writer's count has a gap, goes back, or a moment does: an entry was taken out, put in, or moved.
        case outOfOrder = "audit.out_of_order"
        /// A rollout or recall of a release that was never logged, or a release twice with different bytes.
        case releaseUnlogged = "audit.release_unlogged"
        /// A verdict of a rollout whose policy was never logged.
        case policyMissing = "audit.policy_missing"
        /// The policy is not the one that its digest names, is no policy, or is not the one the rollout began with.
        case policyDiffers = "audit.policy_differs"
        /// A verdict of the rollout is left out.
        case verdictMissing = "audit.verdict_missing"
        /// The evidence does not begin where the verdict before it ended.
        case evidenceBroken = "audit.evidence_broken"
        /// The evidence has numbers that no gate has.
        case evidenceInvalid = "audit.evidence_invalid"
        /// The evidence gives another verdict than the one that is published.
        case verdictDiffers = "audit.verdict_differs"
        /// A recall that no verdict bears out, or a rollout that goes on without the recall that its end calls for.
        case recallUnfounded = "audit.recall_unfounded"
        /// A release that was recalled is rolled out again.
        case recalledOffered = "audit.recalled_offered"
        /// An attestation that is about something else than it says, or not signed by a key that was logged before.
        case attestationInvalid = "audit.attestation_invalid"

        /// What the person who sees the failure does next.
        package var nextStep: String {
            switch self {
            case .unreadable: "Read the log with a newer version; if it stays unreadable, show the entry to others."
            case .outOfOrder: "Show the log to others, and ask its operator for the entry that is missing."
            case .releaseUnlogged: "Do not run the release: nobody could see it before it was offered."
            case .policyMissing:
                "Ask the operator for the rollout's policy; without it no verdict of it can be checked."
            case .policyDiffers: "Take the rollout's verdicts for unfounded until the operator explains the policy."
            case .verdictMissing: "Ask the operator for the missing verdict, and keep a copy of the log as it is."
            case .evidenceBroken: "Take this and every later verdict of the rollout for unfounded."
            case .evidenceInvalid: "Take the verdict for invented, and show the entry to others."
            case .verdictDiffers:
                "Take the rollout for unchecked: hold the release on your endpoints, and show the entry."
            case .recallUnfounded: "Ask the operator who recalled the release, and why no verdict says so."
            case .recalledOffered: "Do not run the release: it was taken back before."
            case .attestationInvalid: "Take the release for untested until a valid attestation is logged."
            }
        }
    }

    package init(index: UInt64, reason: Reason, subject: String, message: String) {
        self.index = index
        self.reason = reason
        self.subject = subject
        self.message = message
    }

    package var description: String {
        "entry \(index), \(subject): \(message) (\(reason.rawValue)). \(reason.nextStep)"
    }
}
