import struct Crypto.HMAC
import struct Crypto.SHA256
import struct Crypto.SymmetricKey
import FleetModel
package import RolloutEngine

/// What a cohort is called in public: the same throughout one rollout, and not to be told from any other's in the next.
///
/// Cohorts are named by attributes of endpoints, tags included, which may name a customer. The key is the rollout's
/// seed, 64 random bits that stand in the ledger and nowhere else: whoever would try names must try every seed too.
package struct CohortPseudonym: Sendable {
    private let key: SymmetricKey

    package init(seed: UInt64) {
        key = SymmetricKey(data: (0..<8).map { UInt8(truncatingIfNeeded: seed >> ($0 * 8)) })
    }

    /// `c-` and 16 hex digits: 64 bits, so that among a rollout's 1,024 cohorts no two are alike.
    package func pseudonym(of cohort: String) -> String {
        var code = HMAC<SHA256>(key: key)
        code.update(data: Array("firebreak cohort v1\n\(cohort)".utf8))
        return "c-" + Hexadecimal.encode(Array(code.finalize()).prefix(8))
    }

    /// The evidence with pseudonyms in the places of names.
    package func publishing(_ evidence: VerdictEvidence) -> VerdictEvidence {
        var evidence = evidence
        evidence.cohort = evidence.cohort.map(pseudonym)
        for index in evidence.suspects.indices {
            evidence.suspects[index].cohort = pseudonym(of: evidence.suspects[index].cohort)
        }
        return evidence
    }

    package func publishing(_ outcome: VerdictOutcome) -> VerdictOutcome {
        var outcome = outcome
        outcome.cohort = outcome.cohort.map(pseudonym)
        return outcome
    }
}
