import FleetModel
import GRDB
import Testing

@testable import FleetStore

@Suite("Record outbox")
struct RecordOutboxTests {
    private func record(_ number: Int64, _ kind: String = "verdict", _ subject: String = "r-1") -> StoredRecord {
        StoredRecord(number: number, kind: kind, subject: subject, body: [UInt8(number)])
    }

    private func commit(
        _ store: SQLiteFleetStore, _ records: [StoredRecord] = [], logged: [(Int64, Int64)] = []
    ) async throws {
        var batch = StoreBatch()
        batch.records = records
        batch.logged = logged.map { LoggedRecord(number: $0.0, logIndex: $0.1) }
        _ = try await store.commit(batch)
    }

    @Test("entries are kept in order until the log has them, and their places are known after that")
    func path() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        try await commit(store, [record(1, "policy"), record(2), record(3)])
        #expect(try await store.unloggedRecords(countMax: 2).map(\.number) == [1, 2])
        try await commit(store, logged: [(1, 10), (2, 11)])
        #expect(try await store.unloggedRecords(countMax: 9) == [record(3)])
        let told = try await store.records(about: "r-1", countMax: 9)
        #expect(told.map(\.logIndex) == [10, 11, nil])
        #expect(told.map(\.body) == [[], [], [3]])
        let state = try await store.recordState()
        #expect(state.numberMax == 3)
        #expect(state.loggedMax == 2)
        #expect(
            Set(state.groups) == [
                .init(kind: "policy", subject: "r-1", count: 1, first: 1, last: 1),
                .init(kind: "verdict", subject: "r-1", count: 2, first: 2, last: 3),
            ])
        #expect(try await SQLiteFleetStore(path: fixture.path).recordState() == state)
    }

    @Test("no entry is left out, put in twice, changed, moved or forgotten, whatever the code above wants")
    func rules() async throws {
        let store = try StoreFixture().store
        try await commit(store, [record(1), record(2), record(3)])
        try await commit(store, logged: [(1, 5)])
        let wrong: [() async throws -> Void] = [
            { try await commit(store, [record(5)]) }, { try await commit(store, [record(3)]) },
            { try await commit(store, logged: [(1, 6)]) }, { try await commit(store, logged: [(3, 7)]) },
            { try await commit(store, logged: [(2, 5)]) }, { try await commit(store, logged: [(2, 4)]) },
            { try await commit(store, logged: [(9, 9)]) },
            { try await store.pool.write { try $0.execute(sql: "DELETE FROM record_outbox WHERE number = 3") } },
            { try await store.pool.write { try $0.execute(sql: "UPDATE record_outbox SET body = x'00'") } },
        ]
        for (index, attempt) in wrong.enumerated() {
            await #expect(throws: (any Error).self, "attempt \(index)") { try await attempt() }
        }
        try await commit(store, logged: [(2, 6), (3, 9)])
        #expect(try await store.recordState().loggedMax == 3)
    }
}
