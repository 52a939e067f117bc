import FleetModel
import Foundation
import GRDB

/// The control plane's database, opened for reading only and read with plain SQL.
struct LedgerFile {
    private let path: String
    private let queue: DatabaseQueue

    init(path: String) throws(ExposureCheckerError) {
        self.path = path
        var configuration = Configuration()
        configuration.readonly = true
        // A writer that is at work holds a lock for milliseconds; five seconds mean that it never ends.
        configuration.busyMode = .timeout(5)
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw Self.unreadable(path, error)
        }
    }

    private static func unreadable(_ path: String, _ error: any Error) -> ExposureCheckerError {
        ExposureCheckerError(
            .databaseUnreadable, subject: path,
            message: "the control plane's database cannot be read: \(error); give the file that its --data folder holds"
        )
    }

    /// The release and the terms of a rollout.
    func terms(of rollout: RolloutID) throws(ExposureCheckerError) -> (release: ReleaseID, terms: ExposureTerms) {
        let row = try read { database in
            try Row.fetchOne(
                database, sql: "SELECT release, policy_json FROM rollouts WHERE id = ?", arguments: [rollout.text]
            ).map { (release: $0["release"] as String?, policy: $0["policy_json"] as String?) }
        }
        guard let row, let release = row.release.flatMap({ ReleaseID($0) }) else {
            throw ExposureCheckerError(
                .rolloutUnknown, subject: rollout.text, message: "the database has no such rollout")
        }
        guard let policy = row.policy,
            let numbers = try? JSONDecoder().decode(PolicyNumbers.self, from: Data(policy.utf8)),
            numbers.lossBudget >= 1, numbers.confidence > 0, numbers.confidence < 1
        else {
            throw ExposureCheckerError(
                .policyUnreadable, subject: rollout.text,
                message: "its policy needs a loss_budget of at least 1 and a confidence between 0 and 1")
        }
        return (release, ExposureTerms(lossBudget: numbers.lossBudget, confidence: numbers.confidence))
    }

    /// The two numbers of a stored policy that bound the exposure.
    private struct PolicyNumbers: Decodable {
        var lossBudget: Int
        var confidence: Double

        enum CodingKeys: String, CodingKey {
            case lossBudget = "loss_budget"
            case confidence
        }
    }

    /// What a row says of the gate: a `phase` row's detail is the phase's word, a `verdict` row's is JSON.
    static func told(by line: LedgerLine) -> GateWord? {
        guard line.kind == "verdict" else { return GateWord(phase: line.detail) }
        return try? JSONDecoder().decode(GateWord.self, from: Data(line.detail.utf8))
    }

    /// How many rows of the ledger, of all rollouts, are not there any more: their sequence has no gaps when written.
    func missingRowCount() throws(ExposureCheckerError) -> Int64 {
        try read { database in
            try Int64.fetchOne(database, sql: "SELECT COALESCE(MAX(seq), 0) - COUNT(*) FROM ledger") ?? 0
        }
    }

    /// Gives every row of a rollout's ledger to `body`, in the order of their sequence.
    func forEachRow(of rollout: RolloutID, _ body: (LedgerLine) -> Void) throws(ExposureCheckerError) {
        try read { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT seq, at_ms, kind, endpoint, detail FROM ledger WHERE rollout = ? ORDER BY seq",
                arguments: [rollout.text])
            while let row = try rows.next() {
                body(
                    LedgerLine(
                        sequence: row["seq"], at: row["at_ms"], kind: row["kind"], endpoint: row["endpoint"],
                        detail: row["detail"] ?? ""))
            }
        }
    }

    /// When each endpoint was first debited for `release`, in any rollout of it.
    func firstDebits(of release: ReleaseID) throws(ExposureCheckerError) -> [EndpointID: Int64] {
        try read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT endpoint, MIN(at_ms) AS at_ms FROM ledger WHERE kind = 'debit'
                    AND rollout IN (SELECT id FROM rollouts WHERE release = ?) GROUP BY endpoint
                    """, arguments: [release.text])
            var debits: [EndpointID: Int64] = [:]
            while let row = try rows.next() {
                guard let text = row["endpoint"] as String?, let endpoint = EndpointID(text) else { continue }
                debits[endpoint] = row["at_ms"]
            }
            return debits
        }
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws(ExposureCheckerError) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw Self.unreadable(path, error)
        }
    }
}
