import FleetModel
import FleetStore
import Foundation
import Testing

/// A full disk, twice: by the database's own bound (`max_page_count`, which gives SQLITE_FULL as a full disk does), and
/// by a real file system without room (a tmpfs of one mebibyte, which needs root to mount).
@Suite struct FullDiskTests {
    @Test("a full database refuses the batch whole, says so, and takes the next one when there is room")
    func bound() async throws {
        let fixture = try StoreFixture(bytesMax: 512 << 10)
        try await fixture.begin()
        let rows = try await fillUntilRefused(fixture)
        #expect(try await fixture.store.ledgerSequenceMax() == rows)
        await fixture.store.close()
        let roomier = try SQLiteFleetStore(path: fixture.path)
        var batch = StoreBatch()
        batch.ledger = [StoreFixture.debit(rows + 1, endpoint: Int(rows + 1))]
        _ = try await roomier.commit(batch)
        #expect(try await roomier.ledgerSequenceMax() == rows + 1)
    }

    @Test(
        "a full file system refuses the batch whole, and the store goes on when there is room again",
        .enabled(if: getuid() == 0, "mounting a tiny tmpfs needs root"))
    func fileSystem() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "full-disk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.run("/bin/mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path)
        defer {
            try? Self.run("/bin/umount", "-l", folder.path)
            try? FileManager.default.removeItem(at: folder)
        }
        let ballast = folder.appending(path: "ballast")
        try Data(repeating: 1, count: 256 << 10).write(to: ballast)
        let fixture = try StoreFixture(at: folder)
        try await fixture.begin()
        let rows = try await fillUntilRefused(fixture)
        #expect(try await fixture.store.ledgerSequenceMax() == rows)
        try FileManager.default.removeItem(at: ballast)
        _ = try await fixture.commit { $0.ledger = [StoreFixture.debit(rows + 1, endpoint: Int(rows + 1))] }
        #expect(try await fixture.store.ledgerSequenceMax() == rows + 1)
        await fixture.store.close()
    }

    /// Appends debits with long reasons until the store has no room, and gives the last sequence that it took.
    private func fillUntilRefused(_ fixture: StoreFixture) async throws -> Int64 {
        let reason = String(repeating: "r", count: 2048)
        for sequence in Int64(1)...2000 {
            var row = StoreFixture.debit(sequence, endpoint: Int(sequence))
            row.reason = reason
            do {
                _ = try await fixture.commit { $0.ledger = [row] }
            } catch let error as StoreError {
                #expect(error.code == .full, "\(error)")
                return sequence - 1
            }
        }
        Issue.record("the store never filled")
        return 0
    }

    private static func run(_ command: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: command)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(command) \(arguments)")
    }
}
