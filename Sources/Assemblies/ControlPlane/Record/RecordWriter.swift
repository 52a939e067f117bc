package import DecisionRecord
package import FleetModel

/// What a control plane needs to keep a public record.
package struct RecordWriter: Sendable {
    let log: any DecisionLog
    /// Signs what is said of releases.
    let key: AttestationKey
    /// Who says it: a URI.
    let verifier: String
    /// Where repositories have a release's pack.
    let path: @Sendable (ReleaseID) -> String

    package init(
        log: any DecisionLog, key: AttestationKey, verifier: String = VerificationSummary.verifierDefault,
        path: @escaping @Sendable (ReleaseID) -> String = { "\($0.pack)-\($0.version).fbpack" }
    ) {
        self.log = log
        self.key = key
        self.verifier = verifier
        self.path = path
    }
}
