import FleetModel
import GRDB
import Testing

@testable import FleetStore

@Suite("State pins")
struct StatePinTests {
    private let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    private func pin(counter: UInt64 = 4) -> StoredStatePin {
        StoredStatePin(
            endpoint: StoreFixture.endpoint(1), strength: .tpm, publicKey: [4, 1, 2], counter: counter, commitCount: 2,
            recallRevision: 1, factsDigest: StoreFixture.digest(5), pinnedAt: StoreFixture.start)
    }

    private func keep(_ pin: StoredStatePin) async throws {
        _ = try await fixture.commit {
            $0.endpoints = [StoreFixture.endpointRow(1)]
            $0.statePins = [pin]
        }
    }

    @Test("a pinned key is there after the database is opened again, with the last state and the time of its pinning")
    func survives() async throws {
        try await keep(pin())
        var later = pin(counter: 5)
        later.factsDigest = StoreFixture.digest(6)
        later.pinnedAt = StoreFixture.start + .seconds(60)
        try await keep(later)
        await fixture.store.close()
        later.pinnedAt = StoreFixture.start
        #expect(try await SQLiteFleetStore(path: fixture.path).fleet().statePins == [later])
    }

    @Test("the database itself refuses another key, a weaker one, and every step back")
    func refusals() async throws {
        try await keep(pin())
        var other = pin()
        other.publicKey = [4, 9, 9]
        #expect(await fixture.code { try await keep(other) } == .refused)
        other = pin()
        other.strength = .file
        #expect(await fixture.code { try await keep(other) } == .refused)
        #expect(await fixture.code { try await keep(pin(counter: 3)) } == .refused)
        other = pin()
        other.commitCount = 1
        #expect(await fixture.code { try await keep(other) } == .refused)
        other = pin()
        other.recallRevision = 0
        #expect(await fixture.code { try await keep(other) } == .refused)
        await #expect(throws: DatabaseError.self) {
            try await fixture.store.pool.write { try $0.execute(sql: "DELETE FROM state_pins") }
        }
        #expect(try await fixture.store.fleet().statePins == [pin()])
    }

    @Test("a pin alone is worth a commit: somebody waits for it")
    func urgency() {
        var batch = StoreBatch()
        batch.statePins = [pin()]
        #expect(batch.isUrgent && !batch.isEmpty)
    }
}
