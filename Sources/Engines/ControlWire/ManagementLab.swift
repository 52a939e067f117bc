package import FleetModel

/// What the release lab said of a pack: part of a release and of its rollouts, and the answer to POST of a statement.
package struct LabSummary: Codable, Hashable, Sendable {
    package var verdict: LabVerdict
    /// Stages that failed, by name.
    package var failedStages: [String]
    /// SHA-256 of the statement: GET /api/v1/lab-results/DIGEST OF THE PACK gives it.
    package var statement: Digest
    package var receivedAt: Moment
    /// The policy that let a release through although the lab failed it; nil where none had to.
    package var allowedBy: String?

    /// Where it failed, for a sentence: ` at load and 6 more stages`; empty where no stage did. What could not be run
    /// behind the first failure counts as failed too.
    package var place: String {
        guard let first = failedStages.first else { return "" }
        let rest = failedStages.count - 1
        return " at \(first)" + (rest == 0 ? "" : " and \(rest) more \(rest == 1 ? "stage" : "stages")")
    }

    package enum CodingKeys: String, CodingKey {
        case verdict, statement
        case failedStages = "failed_stages"
        case receivedAt = "received_ms"
        case allowedBy = "allowed_by"
    }

    package init(
        verdict: LabVerdict, failedStages: [String], statement: Digest, receivedAt: Moment, allowedBy: String? = nil
    ) {
        self.verdict = verdict
        self.failedStages = failedStages
        self.statement = statement
        self.receivedAt = receivedAt
        self.allowedBy = allowedBy
    }
}
