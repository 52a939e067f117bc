import FleetModel
import Foundation
import GRDB

/// An entry of the public record that is on its way into the log: written in the transaction of what it tells, so that
/// neither is there without the other, and appended to the log in order afterwards.
package struct StoredRecord: Hashable, Sendable {
    /// The entry's own number: from 1, without gaps.
    package var number: Int64
    package var kind: String
    /// The release, rollout, pack or key that it is about.
    package var subject: String
    /// The entry's bytes; empty once the log has them.
    package var body: [UInt8]
    /// Its place in the log; nil while it has none.
    package var logIndex: Int64?

    package init(number: Int64, kind: String, subject: String, body: [UInt8], logIndex: Int64? = nil) {
        self.number = number
        self.kind = kind
        self.subject = subject
        self.body = body
        self.logIndex = logIndex
    }
}

/// An entry that the log has.
package struct LoggedRecord: Hashable, Sendable {
    package var number: Int64
    package var logIndex: Int64

    package init(number: Int64, logIndex: Int64) {
        self.number = number
        self.logIndex = logIndex
    }
}

/// What was recorded so far.
package struct StoredRecordState: Hashable, Sendable {
    /// Entries about one thing, of one kind.
    package struct Group: Hashable, Sendable {
        package var kind: String
        package var subject: String
        package var count: Int64
        /// The number of the first.
        package var first: Int64
        package var last: Int64
    }

    package var groups: [Group] = []
    /// The newest entry's number; 0: there is none.
    package var numberMax: Int64 = 0
    /// The newest entry that the log has, as far as was written back.
    package var loggedMax: Int64 = 0

    package init() {}
}

extension StoredRecord {
    /// Entries get into the log in their order, each once: so the log's newest tells which of them it has, and a crash
    /// between the log and the row is mended by looking.
    static let table = """
        CREATE TABLE record_outbox(
            number INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, body BLOB NOT NULL,
            log_index INTEGER UNIQUE
        ) STRICT;
        CREATE INDEX record_outbox_by_subject ON record_outbox(subject, kind, number);
        CREATE INDEX record_outbox_unlogged ON record_outbox(number) WHERE log_index IS NULL;
        CREATE TRIGGER record_outbox_in_order BEFORE INSERT ON record_outbox
        WHEN NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM record_outbox) OR NEW.log_index IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'an entry of the record is out of order: another writer is at work'); END;
        CREATE TRIGGER record_outbox_fixed BEFORE UPDATE ON record_outbox
        WHEN OLD.log_index IS NOT NULL OR NEW.log_index IS NULL OR NEW.number <> OLD.number OR NEW.kind <> OLD.kind
            OR NEW.subject <> OLD.subject OR EXISTS (
                SELECT 1 FROM record_outbox WHERE number < OLD.number AND log_index IS NULL)
            OR NEW.log_index <= (SELECT COALESCE(MAX(log_index), -1) FROM record_outbox)
        BEGIN SELECT RAISE(ABORT, 'an entry of the record gets one place in the log, after those before it'); END;
        CREATE TRIGGER record_outbox_kept BEFORE DELETE ON record_outbox
        BEGIN SELECT RAISE(ABORT, 'an entry of the record is never forgotten'); END;
        """

    init(row: Row) {
        self.init(
            number: row["number"], kind: row["kind"], subject: row["subject"], body: [UInt8](row["body"] as Data),
            logIndex: row["log_index"])
    }
}

extension BatchWriter {
    func write(_ record: StoredRecord) throws {
        try run(
            "INSERT INTO record_outbox(number, kind, subject, body) VALUES (?, ?, ?, ?)",
            [record.number, record.kind, record.subject, record.body.databaseBlob])
    }

    /// The body is let go: the log has it.
    func write(_ logged: LoggedRecord) throws {
        try run(
            "UPDATE record_outbox SET log_index = ?, body = x'' WHERE number = ?", [logged.logIndex, logged.number])
        guard database.changesCount == 1 else {
            throw StoreError(
                .refused, subject: "record \(logged.number)", message: "an entry that is not there was logged")
        }
    }
}

extension SQLiteFleetStore {
    package func recordState() async throws(StoreError) -> StoredRecordState {
        try await read { database in
            var state = StoredRecordState()
            state.groups = try Row.fetchAll(
                database,
                sql: """
                    SELECT kind, subject, COUNT(*) AS count, MIN(number) AS first, MAX(number) AS last
                    FROM record_outbox GROUP BY subject, kind
                    """
            ).map {
                StoredRecordState.Group(
                    kind: $0["kind"], subject: $0["subject"], count: $0["count"], first: $0["first"], last: $0["last"])
            }
            state.numberMax = try Int64.fetchOne(database, sql: "SELECT MAX(number) FROM record_outbox") ?? 0
            let unlogged = try Int64.fetchOne(
                database, sql: "SELECT MIN(number) FROM record_outbox WHERE log_index IS NULL")
            state.loggedMax = unlogged.map { $0 - 1 } ?? state.numberMax
            return state
        }
    }

    package func unloggedRecords(countMax: Int) async throws(StoreError) -> [StoredRecord] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM record_outbox WHERE log_index IS NULL ORDER BY number LIMIT ?",
                arguments: [countMax]
            ).map(StoredRecord.init(row:))
        }
    }

    package func records(about subject: String, countMax: Int) async throws(StoreError) -> [StoredRecord] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM record_outbox WHERE subject = ? ORDER BY number LIMIT ?",
                arguments: [subject, countMax]
            ).map(StoredRecord.init(row:))
        }
    }
}
