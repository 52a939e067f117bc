import Foundation
import GRDB

/// The fleet's database: one SQLite file in WAL mode, written by one process.
///
/// The writing connection has `synchronous=FULL`: in WAL mode a commit then returns after the log was synchronised,
/// so what is committed survives a power cut (sqlite.org/pragma.html#pragma_synchronous). All tables share it, since a
/// debit and the rows around it are one transaction.
package final class SQLiteFleetStore: FleetStore {
    let pool: DatabasePool
    let path: String

    /// - Parameters:
    ///   - path: The database file; made when it is not there. Its folder must be.
    ///   - bytesMax: The database's own bound, in whole pages of 4 KiB.
    package init(path: String, bytesMax: Int = StoreLimit.databaseBytesMax) throws(StoreError) {
        self.path = path
        var configuration = Configuration()
        configuration.label = "fleet store"
        configuration.busyMode = .timeout(StoreLimit.busySeconds)
        configuration.prepareDatabase { database in
            let pageBytes = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
            try database.execute(sql: "PRAGMA max_page_count = \(max(1, bytesMax / pageBytes))")
        }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            // After the pool has chosen WAL mode, and with it NORMAL.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try Self.migrate(pool, path: path)
        } catch {
            throw StoreError(error, subject: path)
        }
    }

    private static func migrate(_ pool: DatabasePool, path: String) throws {
        let migrator = Schema.migrator
        guard try !pool.read(migrator.hasBeenSuperseded) else {
            throw StoreError(.tooNew, subject: path, message: "the database was written by a later version")
        }
        try migrator.migrate(pool)
    }

    package func close() async {
        try? pool.close()
    }

    package func commit(_ batch: StoreBatch) async throws(StoreError) -> StoreReceipt {
        guard !batch.isEmpty else { return StoreReceipt(newAlertCount: 0) }
        do {
            return try await pool.write { try BatchWriter(database: $0).write(batch) }
        } catch {
            throw StoreError(error, subject: path)
        }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError)
        -> Value
    {
        do {
            return try await pool.read(body)
        } catch {
            throw StoreError(error, subject: path)
        }
    }
}
