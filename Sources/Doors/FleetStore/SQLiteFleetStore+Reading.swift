import CanonicalCoding
package import FleetModel
import Foundation
import GRDB
import RolloutEngine

extension SQLiteFleetStore {
    package func fleet() async throws(StoreError) -> StoredFleet {
        try await read { database in
            var fleet = StoredFleet()
            fleet.releases = try Row.fetchAll(database, sql: "SELECT * FROM releases ORDER BY published_at_ms, rowid")
                .map(StoredRelease.init(row:))
            fleet.labResults = try Row.fetchAll(database, sql: StoredLabResult.newestOfEach)
                .map(StoredLabResult.init(row:))
            fleet.rollouts = try Row.fetchAll(database, sql: "SELECT * FROM rollouts ORDER BY number")
                .map(StoredRollout.init(row:))
            fleet.customers = try Row.fetchAll(database, sql: "SELECT * FROM customers ORDER BY name")
                .map(StoredCustomer.init(row:))
            fleet.endpoints = try Row.fetchAll(database, sql: "SELECT * FROM endpoints ORDER BY id")
                .map(StoredEndpoint.init(row:))
            fleet.statePins = try Row.fetchAll(database, sql: "SELECT * FROM state_pins ORDER BY endpoint")
                .map(StoredStatePin.init(row:))
            fleet.alertCount = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM alerts") ?? 0
            fleet.ledgerSequenceMax = try Int64.fetchOne(database, sql: "SELECT MAX(seq) FROM ledger") ?? 0
            fleet.lastListening = try Row.fetchOne(
                database, sql: "SELECT from_ms, until_ms FROM listening ORDER BY from_ms DESC LIMIT 1"
            ).map { row in
                ListeningInterval(
                    from: Moment(milliseconds: row["from_ms"]), until: Moment(milliseconds: row["until_ms"]))
            }
            fleet.newestMoment = try Int64.fetchOne(database, sql: Self.newestMoment).map(Moment.init(milliseconds:))
            return fleet
        }
    }

    /// Rows are written in the order of time, so the last of each table is its newest. The listening mark is in every
    /// commit and would do; the others guard against a database that someone restored in parts.
    private static let newestMoment = """
        SELECT MAX(at) FROM (
            SELECT MAX(until_ms) AS at FROM listening
            UNION ALL SELECT at_ms FROM ledger WHERE seq = (SELECT MAX(seq) FROM ledger)
            UNION ALL SELECT at_ms FROM operator_actions WHERE sequence = (SELECT MAX(sequence) FROM operator_actions)
            UNION ALL SELECT received_at_ms FROM alerts WHERE sequence = (SELECT MAX(sequence) FROM alerts)
            UNION ALL SELECT MAX(published_at_ms) FROM releases
            UNION ALL SELECT received_at_ms FROM lab_results WHERE number = (SELECT MAX(number) FROM lab_results)
            UNION ALL SELECT MAX(recalled_at_ms) FROM releases)
        """

    package func ledger(of rollout: RolloutID, after sequence: Int64, countMax: Int) async throws(StoreError)
        -> [LedgerRecord]
    {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT seq, at_ms, kind, endpoint, detail, reason FROM ledger
                    WHERE rollout = ? AND seq > ? ORDER BY seq LIMIT ?
                    """, arguments: [rollout.text, sequence, countMax]
            ).map { row in
                LedgerRecord(
                    sequence: row["seq"], rollout: rollout, at: Moment(milliseconds: row["at_ms"]), kind: row["kind"],
                    endpoint: try (row["endpoint"] as String?).map { try StoredText.identifier($0, "ledger") },
                    detail: row["detail"], reason: row["reason"])
            }
        }
    }

    package func ledgerSequenceMax() async throws(StoreError) -> Int64 {
        try await read { try Int64.fetchOne($0, sql: "SELECT MAX(seq) FROM ledger") ?? 0 }
    }

    package func alerts(after sequence: Int64, countMax: Int) async throws(StoreError) -> [StoredAlert] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM alerts WHERE sequence > ? ORDER BY sequence LIMIT ?",
                arguments: [sequence, countMax]
            ).map(StoredAlert.init(row:))
        }
    }

    package func latestAlerts(countMax: Int) async throws(StoreError) -> [StoredAlert] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM alerts ORDER BY sequence DESC LIMIT ?", arguments: [countMax]
            ).map(StoredAlert.init(row:))
        }
    }

    package func actions(after sequence: Int64, countMax: Int) async throws(StoreError) -> [StoredAction] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM operator_actions WHERE sequence > ? ORDER BY sequence LIMIT ?",
                arguments: [sequence, countMax]
            ).map { row in
                StoredAction(
                    sequence: row["sequence"], at: Moment(milliseconds: row["at_ms"]), action: row["action"],
                    subject: row["subject"], detail: row["detail"])
            }
        }
    }
}
