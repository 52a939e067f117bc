import CanonicalCoding
package import FleetModel
import RolloutEngine

/// A Verification Summary Attestation (SLSA, v1) of one gate verdict: who judged which pack by which policy, and whether
/// it passed.
package struct VerificationSummary: Hashable, Sendable {
    /// Who judges: a URI.
    package var verifier: String
    package var verifierVersion: String
    package var timeVerified: Moment
    package var release: ReleaseID
    package var digest: Digest
    package var rollout: RolloutID
    package var policySHA256: Digest
    /// What it was judged from: entries of the record, by number and SHA-256 of their bytes.
    package var inputs: [Input]
    package var result: Result
    /// How far the release has come.
    package var level: String

    package struct Input: Hashable, Sendable {
        package var uri: String
        package var digest: Digest

        package init(uri: String, digest: Digest) {
            self.uri = uri
            self.digest = digest
        }
    }

    package enum Result: String, Hashable, Sendable {
        case passed = "PASSED"
        case failed = "FAILED"
    }

    package static let predicateType = "https://slsa.dev/verification_summary/v1"
    /// A control plane that has no other name.
    package static let verifierDefault = "https://firebreak.invalid/control-plane"

    /// What a verdict says of the release as a whole; nil where it says neither: a gate that waits has verified nothing.
    package init?(
        _ verdict: RecordedVerdict, entry: Input, release: ReleaseID, digest: Digest, attestations: [Input] = [],
        verifier: String = verifierDefault, version: String
    ) {
        guard verdict.outcome.cohort == nil else { return nil }
        switch verdict.outcome.decision {
        case .expand: (result, level) = (.passed, "FIREBREAK_GATE_OPEN")
        case .complete: (result, level) = (.passed, "FIREBREAK_GATE_COMPLETE")
        case .halt: (result, level) = (.failed, "FAILED")
        case .hold: return nil
        }
        self.verifier = verifier
        verifierVersion = version
        timeVerified = verdict.evidence.at
        self.release = release
        self.digest = digest
        rollout = verdict.rollout
        policySHA256 = verdict.policySHA256
        inputs = [entry] + attestations
    }

    package var statement: Statement {
        Statement(
            subjects: [.init(name: "\(release.pack)-\(release.version).fbpack", digest: digest)],
            predicateType: Self.predicateType,
            predicate: [
                "verifier": ["id": .string(verifier), "version": ["firebreak": .string(verifierVersion)]],
                "timeVerified": .string(timeVerified.rfc3339),
                "resourceUri": .string("pkg:generic/\(release.pack)@\(release.version)"),
                "policy": [
                    "uri": .string("firebreak:rollout/\(rollout)/policy"),
                    "digest": ["sha256": .string(policySHA256.text)],
                ],
                "inputAttestations": .array(
                    inputs.map { ["uri": .string($0.uri), "digest": ["sha256": .string($0.digest.text)]] }),
                "verificationResult": .string(result.rawValue), "verifiedLevels": .array([.string(level)]),
                "slsaVersion": "1.0",
            ])
    }
}
