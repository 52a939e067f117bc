package import DecisionRecord

/// What a control plane needs to keep a public record.
package struct RecordWriter: Sendable {
    let log: any DecisionLog
    /// Signs what is said of releases.
    let key: AttestationKey
    /// Who says it: a URI.
    let verifier: String

    package init(
        log: any DecisionLog, key: AttestationKey, verifier: String = VerificationSummary.verifierDefault
    ) {
        self.log = log
        self.key = key
        self.verifier = verifier
    }
}
