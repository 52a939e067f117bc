package import CanonicalCoding
package import FleetModel
package import RolloutEngine

/// One entry of the public record: something that was decided, with all that it was decided from.
package struct RecordEntry: Equatable, Sendable {
    /// The writer's own count, from 1 without gaps: one that is left out, or written twice, shows.
    package var number: Int64
    package var at: Moment
    package var body: Body

    package enum Body: Equatable, Sendable {
        case release(RecordedRelease)
        case attestation(RecordedAttestation)
        case policy(RecordedPolicy)
        case verdict(RecordedVerdict)
        case recall(RecordedRecall)
        case key(RecordedKey)

        package var kind: RecordKind {
            switch self {
            case .release: .release
            case .attestation: .attestation
            case .policy: .policy
            case .verdict: .verdict
            case .recall: .recall
            case .key: .key
            }
        }
    }

    package init(number: Int64, at: Moment, body: Body) {
        self.number = number
        self.at = at
        self.body = body
    }
}

package enum RecordKind: String, Hashable, Sendable, Codable, CaseIterable {
    case release, attestation, policy, verdict, recall, key
}

/// A release that may be rolled out from here on.
package struct RecordedRelease: Hashable, Sendable, Codable {
    package var pack: PackName
    package var version: ReleaseVersion
    /// SHA-256 of the pack's file.
    package var digest: Digest
    package var byteCount: Int
    /// Where repositories have it (``TufRepository/path(of:)``).
    package var path: String
    /// SHA-256 of the public key that signed it.
    package var signer: Digest

    package init(
        pack: PackName, version: ReleaseVersion, digest: Digest, byteCount: Int, path: String, signer: Digest
    ) {
        self.pack = pack
        self.version = version
        self.digest = digest
        self.byteCount = byteCount
        self.path = path
        self.signer = signer
    }
}

/// What somebody signed about a pack: an in-toto statement in a DSSE envelope.
package struct RecordedAttestation: Equatable, Sendable, Codable {
    /// The pack.
    package var subject: Digest
    package var predicateType: String
    package var envelope: JSONValue

    package init(subject: Digest, predicateType: String, envelope: JSONValue) {
        self.subject = subject
        self.predicateType = predicateType
        self.envelope = envelope
    }
}

/// The beginning of a rollout, and the whole policy that its verdicts are said by.
package struct RecordedPolicy: Equatable, Sendable, Codable {
    package var rollout: RolloutID
    package var release: ReleaseID
    package var digest: Digest
    package var startedAt: Moment
    /// As it was evaluated. Kept as it stands, so that a policy of an older version keeps its digest.
    package var policy: JSONValue
    /// SHA-256 of the policy's canonical bytes.
    package var policySHA256: Digest

    package init(
        rollout: RolloutID, release: ReleaseID, digest: Digest, startedAt: Moment, policy: JSONValue,
        policySHA256: Digest
    ) {
        self.rollout = rollout
        self.release = release
        self.digest = digest
        self.startedAt = startedAt
        self.policy = policy
        self.policySHA256 = policySHA256
    }

    package enum CodingKeys: String, CodingKey {
        case rollout, release, digest, startedAt, policy
        case policySHA256 = "policy_sha256"
    }
}

/// What the gate said, and everything that it was said from.
package struct RecordedVerdict: Hashable, Sendable, Codable {
    package var rollout: RolloutID
    /// From 1 in each rollout, without gaps.
    package var sequence: Int64
    package var policySHA256: Digest
    /// Cohorts are pseudonyms (``CohortPseudonym``): their names may be a customer's.
    package var evidence: VerdictEvidence
    package var outcome: VerdictOutcome
    /// The word for what the gate decided, as people and programs read it.
    package var decision: String { outcome.decision.rawValue }

    package init(
        rollout: RolloutID, sequence: Int64, policySHA256: Digest, evidence: VerdictEvidence, outcome: VerdictOutcome
    ) {
        self.rollout = rollout
        self.sequence = sequence
        self.policySHA256 = policySHA256
        self.evidence = evidence
        self.outcome = outcome
    }

    package enum CodingKeys: String, CodingKey {
        case rollout, sequence, evidence, outcome
        case policySHA256 = "policy_sha256"
    }
}

/// A release is taken back: no endpoint takes that digest again.
package struct RecordedRecall: Hashable, Sendable, Codable {
    package var release: ReleaseID
    package var digest: Digest
    package var reason: String
    /// The rollout whose verdict it follows from; nil where it follows from none.
    package var rollout: RolloutID?

    package init(release: ReleaseID, digest: Digest, reason: String, rollout: RolloutID? = nil) {
        self.release = release
        self.digest = digest
        self.reason = reason
        self.rollout = rollout
    }
}

/// Who may sign as what, from here on.
package struct RecordedKey: Hashable, Sendable, Codable {
    /// `attestations`, or a role of the repository: `root`, `targets`, `snapshot`, `timestamp`, `recalls`, a vendor.
    package var role: String
    package var keyIDs: [String]
    package var threshold: Int
    /// Of the repository's root metadata that says so; nil for `attestations`.
    package var rootVersion: Int64?
    /// Raw Ed25519 public keys as base64, in the order of `keyIDs`; empty where the root metadata has them.
    package var publicKeys: [String]

    /// The role whose keys sign what the control plane says of releases.
    package static let attestationRole = "attestations"

    package init(
        role: String, keyIDs: [String], threshold: Int = 1, rootVersion: Int64? = nil, publicKeys: [String] = []
    ) {
        self.role = role
        self.keyIDs = keyIDs
        self.threshold = threshold
        self.rootVersion = rootVersion
        self.publicKeys = publicKeys
    }

    package enum CodingKeys: String, CodingKey {
        case role, threshold, rootVersion, publicKeys
        case keyIDs = "key_ids"
    }
}
