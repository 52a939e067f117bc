package import FleetModel
import Foundation
import GRDB

/// What the release lab said of one pack, once.
package struct StoredLabResult: Hashable, Sendable {
    /// SHA-256 of the pack's file.
    package var digest: Digest
    package var verdict: LabVerdict
    /// Names of the stages that failed.
    package var failedStages: [String]
    /// SHA-256 of the statement: the same statement is kept once.
    package var statementDigest: Digest
    /// The statement, byte for byte; empty when it was not read from the database.
    package var statement: [UInt8]
    package var receivedAt: Moment

    package init(
        digest: Digest, verdict: LabVerdict, failedStages: [String], statementDigest: Digest, statement: [UInt8] = [],
        receivedAt: Moment
    ) {
        self.digest = digest
        self.verdict = verdict
        self.failedStages = failedStages
        self.statementDigest = statementDigest
        self.statement = statement
        self.receivedAt = receivedAt
    }
}

extension StoredLabResult {
    /// Stages are words without blanks, which keep them apart in their column.
    private static let separator: Character = " "

    /// - Parameter row: Without the statement.
    init(row: Row) throws {
        let digest: Digest = try StoredText.identifier(row["digest"], "lab_results")
        guard let verdict = LabVerdict(rawValue: row["verdict"]) else {
            throw StoreError(
                .unreadableRow, subject: "lab result of \(digest)", message: "its verdict is not understood")
        }
        self.init(
            digest: digest, verdict: verdict,
            failedStages: (row["failed_stages"] as String).split(separator: Self.separator).map(String.init),
            statementDigest: try StoredText.identifier(row["statement_sha256"], "lab_results"),
            receivedAt: Moment(milliseconds: row["received_at_ms"]))
    }

    /// The newest of each pack, in the order of their arrival.
    static let newestOfEach = """
        SELECT digest, verdict, failed_stages, statement_sha256, received_at_ms FROM lab_results
        WHERE number IN (SELECT MAX(number) FROM lab_results GROUP BY digest) ORDER BY number
        """
}

extension BatchWriter {
    func write(_ result: StoredLabResult) throws {
        try run(
            """
            INSERT INTO lab_results(digest, verdict, failed_stages, statement_sha256, statement, received_at_ms)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                result.digest.text, result.verdict.rawValue, result.failedStages.joined(separator: " "),
                result.statementDigest.text, result.statement.databaseBlob, result.receivedAt.milliseconds,
            ])
    }
}

extension SQLiteFleetStore {
    package func labStatement(of pack: Digest) async throws(StoreError) -> [UInt8]? {
        try await read { database in
            try Data.fetchOne(
                database, sql: "SELECT statement FROM lab_results WHERE digest = ? ORDER BY number DESC LIMIT 1",
                arguments: [pack.text]
            ).map { [UInt8]($0) }
        }
    }
}
