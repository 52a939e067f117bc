import FleetModel
@testable import FleetStore
import Foundation
import GRDB
import RolloutEngine
import Testing

@Suite struct SQLiteFleetStoreTests {
    private let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    @Test("what was committed is there after the database is opened again")
    func survives() async throws {
        try await fixture.begin()
        _ = try await fixture.commit {
            $0.ledger = [StoreFixture.debit(1, endpoint: 1)]
            $0.endpoints = [StoreFixture.endpointRow(1)]
            $0.snapshots = [
                EndpointSnapshot(
                    id: StoreFixture.endpoint(1), lastSeenAt: StoreFixture.start, alertsAcknowledged: 3,
                    body: "{\"a\":1}")
            ]
            $0.listening = ListeningInterval(from: StoreFixture.start, until: StoreFixture.start + .seconds(9))
        }
        await fixture.store.close()
        let again = try SQLiteFleetStore(path: fixture.path)
        let fleet = try await again.fleet()
        #expect(fleet.releases == [StoreFixture.storedRelease])
        #expect(fleet.rollouts == [StoreFixture.storedRollout])
        #expect(fleet.endpoints.map(\.snapshot.body) == ["{\"a\":1}"])
        #expect(fleet.endpoints.map(\.snapshot.alertsAcknowledged) == [3])
        #expect(fleet.ledgerSequenceMax == 1)
        #expect(fleet.newestMoment == StoreFixture.start + .seconds(9))
        let rows = try await again.ledger(of: StoreFixture.rollout, after: 0, countMax: 10)
        #expect(rows == [StoreFixture.debit(1, endpoint: 1)])
    }

    @Test("results of the lab are only appended to, each statement once, and the newest of a pack counts")
    func labResults() async throws {
        func result(_ number: Int, _ verdict: LabVerdict, failed: [String] = []) -> StoredLabResult {
            StoredLabResult(
                digest: StoreFixture.digest(7), verdict: verdict, failedStages: failed,
                statementDigest: StoreFixture.digest(100 + number), statement: [UInt8(number)],
                receivedAt: StoreFixture.start + .seconds(Int64(number)))
        }
        _ = try await fixture.commit {
            $0.labResults = [result(1, .passed), result(2, .failed, failed: ["seal", "load"])]
        }
        var newest = result(2, .failed, failed: ["seal", "load"])
        newest.statement = []
        let fleet = try await fixture.store.fleet()
        #expect(fleet.labResults == [newest])
        #expect(fleet.newestMoment == StoreFixture.start + .seconds(2))
        #expect(try await fixture.store.labStatement(of: StoreFixture.digest(7)) == [2])
        #expect(try await fixture.store.labStatement(of: StoreFixture.digest(8)) == nil)
        #expect(await fixture.code { _ = try await fixture.commit { $0.labResults = [result(1, .failed)] } } != nil)
        for sql in ["UPDATE lab_results SET verdict = 'passed'", "DELETE FROM lab_results"] {
            await #expect(throws: DatabaseError.self) {
                try await fixture.store.pool.write { try $0.execute(sql: sql) }
            }
        }
        var release = StoreFixture.storedRelease
        release.labPolicy = "emergency"
        let stored = release
        _ = try await fixture.commit { $0.releases = [stored] }
        #expect(try await fixture.store.fleet().releases == [stored])
    }

    @Test("a customer's policy is kept, replaced and removed")
    func customers() async throws {
        var policy = CustomerPolicy(
            customer: "acme",
            rings: [
                .init(
                    name: "all", hold: "no", releasesBehind: 1,
                    windows: [.init(days: [.mon], fromMinute: 60, toMinute: 0, utcOffsetMinutes: 120)])
            ])
        func keep(_ policy: CustomerPolicy?) async throws -> [StoredCustomer] {
            let stored = StoredCustomer(name: "acme", policy: policy, changedAt: StoreFixture.start)
            _ = try await fixture.commit { $0.customers = [stored] }
            return try await fixture.store.fleet().customers
        }
        #expect(try await keep(policy).map(\.policy) == [policy])
        policy.rings[0].hold = nil
        #expect(try await keep(policy).map(\.policy) == [policy])
        #expect(try await keep(nil).isEmpty)
    }

    @Test("the writing connection synchronises every commit")
    func synchronousIsFull() async throws {
        let mode = try await fixture.store.pool.write { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
        let journal = try await fixture.store.pool.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
        #expect(mode == 2)
        #expect(journal == "wal")
    }

    @Test(
        "the ledger, rollouts, releases and operators' actions are only appended to",
        arguments: [
            "UPDATE ledger SET at_ms = 0", "DELETE FROM ledger", "UPDATE rollouts SET policy_json = '{}'",
            "DELETE FROM rollouts", "DELETE FROM releases", "UPDATE releases SET digest = 'x'",
            "UPDATE operator_actions SET action = 'x'", "DELETE FROM operator_actions",
        ])
    func appendOnly(sql: String) async throws {
        try await fixture.begin()
        _ = try await fixture.commit {
            $0.ledger = [StoreFixture.debit(1, endpoint: 1)]
            $0.actions = [StoredAction(at: StoreFixture.start, action: "a", subject: "s", detail: "")]
        }
        let pool = fixture.store.pool
        await #expect(throws: DatabaseError.self) { try await pool.write { try $0.execute(sql: sql) } }
    }

    @Test("the database itself refuses to debit an endpoint twice for one rollout")
    func oneDebit() async throws {
        try await fixture.begin()
        _ = try await fixture.commit { $0.ledger = [StoreFixture.debit(1, endpoint: 1)] }
        let code = await fixture.code {
            _ = try await fixture.commit { $0.ledger = [StoreFixture.debit(2, endpoint: 1)] }
        }
        #expect(code == .refused)
    }

    @Test("a row whose sequence is not the next one is refused: two writers cannot both go on", arguments: [1, 3])
    func sequence(next: Int64) async throws {
        try await fixture.begin()
        _ = try await fixture.commit { $0.ledger = [StoreFixture.debit(1, endpoint: 1)] }
        let code = await fixture.code {
            _ = try await fixture.commit { $0.ledger = [StoreFixture.debit(next, endpoint: 2)] }
        }
        #expect(code == .refused)
    }

    @Test("a recalled release is never debited again, and a recall is final")
    func recall() async throws {
        try await fixture.begin()
        let recall = StoredRecall(release: StoreFixture.release, at: StoreFixture.start, reason: "bad", revision: 1)
        _ = try await fixture.commit {
            $0.ledger = [StoreFixture.debit(1, endpoint: 1)]
            $0.recalls = [recall]
        }
        let debit = await fixture.code {
            _ = try await fixture.commit { $0.ledger = [StoreFixture.debit(2, endpoint: 2)] }
        }
        let second = await fixture.code { _ = try await fixture.commit { $0.recalls = [recall] } }
        #expect(debit == .refused)
        #expect(second == .refused)
        #expect(try await fixture.store.fleet().releases.first?.recall == recall)
    }

    @Test("a batch that breaks at its last row leaves nothing behind")
    func atomic() async throws {
        try await fixture.begin()
        let code = await fixture.code {
            _ = try await fixture.commit {
                $0.endpoints = [StoreFixture.endpointRow(1)]
                $0.alerts = [StoreFixture.alert(1)]
                $0.ledger = [StoreFixture.debit(1, endpoint: 1), StoreFixture.debit(2, endpoint: 1)]
            }
        }
        #expect(code == .refused)
        let fleet = try await fixture.store.fleet()
        #expect(fleet.ledgerSequenceMax == 0)
        #expect(fleet.endpoints.isEmpty)
        #expect(fleet.alertCount == 0)
    }

    @Test("an alert is kept once for each endpoint and sequence, in whatever order it arrives")
    func alerts() async throws {
        let first = try await fixture.commit { $0.alerts = [StoreFixture.alert(2), StoreFixture.alert(3)] }
        let second = try await fixture.commit {
            $0.alerts = [StoreFixture.alert(1), StoreFixture.alert(2), StoreFixture.alert(2, endpoint: 9)]
        }
        #expect(first.newAlertCount == 2)
        #expect(second.newAlertCount == 2)
        let kept = try await fixture.store.alerts(after: 0, countMax: 10)
        #expect(kept.map(\.endpointSequence) == [2, 3, 1, 2])
        #expect(kept.map(\.sequence) == kept.map(\.sequence).sorted())
        let latest = try await fixture.store.latestAlerts(countMax: 1)
        #expect(latest.map(\.sequence) == kept.suffix(1).map(\.sequence))
    }

    @Test("a file that is no database, and a database of a later version, are refused with what to do")
    func unreadable() async throws {
        let file = fixture.folder.appending(path: "other.sqlite")
        try Data(repeating: 0x41, count: 8192).write(to: file)
        let code = await fixture.code { _ = try SQLiteFleetStore(path: file.path) }
        #expect(code == .corrupt)
        try await fixture.store.pool.write {
            try $0.execute(sql: "INSERT INTO grdb_migrations(identifier) VALUES ('9 of tomorrow')")
        }
        await fixture.store.close()
        let tooNew = await fixture.code { _ = try SQLiteFleetStore(path: fixture.path) }
        #expect(tooNew == .tooNew)
    }

    @Test("a ledger of any length reads back page by page")
    func pages() async throws {
        try await fixture.begin()
        _ = try await fixture.commit { batch in
            batch.ledger = (1...25).map { StoreFixture.debit(Int64($0), endpoint: $0) }
        }
        let first = try await fixture.store.ledger(of: StoreFixture.rollout, after: 0, countMax: 20)
        let rest = try await fixture.store.ledger(of: StoreFixture.rollout, after: 20, countMax: 20)
        #expect(first.map(\.sequence) == Array(1...20))
        #expect(rest.map(\.sequence) == Array(21...25))
    }
}
