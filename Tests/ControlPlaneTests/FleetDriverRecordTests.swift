import CanonicalCoding
import ControlWire
import DecisionRecord
import FleetModel
import FleetStore
import RolloutEngine
import Testing
import UpdateTrust

@testable import ControlPlane

@Suite("The public record")
struct FleetDriverRecordTests {
    @Test("whatever a rollout decides is in the log, and an outsider's audit bears it out", arguments: [false, true])
    func audited(isBad: Bool) async throws {
        let log = TestLog()
        let house = try await DriverHouse(log: log)
        try await house.enrol(12)
        _ = try await house.driver.keep(Self.labResult(of: DriverHouse.digest(of: DriverHouse.release)))
        if isBad { for index in house.agents.indices { house.agents[index].fates[DriverHouse.release] = .reverts } }
        let rollout = try await house.start()
        for _ in 0..<40 { try await house.round() }
        let phase = try await house.phase(rollout)
        #expect(phase == (isBad ? "halted" : "complete"))
        let audit = log.audit
        #expect(audit.failure == nil)
        #expect(audit.recallsOwed.isEmpty)
        let verdicts = try await house.rows(rollout).count { $0.kind == "verdict" }
        #expect(audit.summary.verdictCount == verdicts)
        #expect(log.kinds.prefix(4) == [.key, .attestation, .release, .policy])
        #expect(log.kinds.contains(.recall) == isBad)
        #expect(log.kinds.count { $0 == .attestation } > 1)
        // Each entry's place was written back, so that a decision can be shown with a link to it.
        let records = try await house.store.records(about: rollout.text, countMax: 100)
        #expect(records.count == verdicts + 1)
        for record in records {
            let index = try #require(record.logIndex)
            #expect(try RecordEntry(decoding: log.entries[Int(index)]).number == record.number)
        }
    }

    @Test("a release is offered to nobody while its entry or its policy's is not in the log", arguments: [0, 1])
    func heldUntilPublic(appendsBefore: Int) async throws {
        let log = TestLog()
        let house = try await DriverHouse(log: log)
        try await house.enrol(3)
        log.set(.fails, after: appendsBefore)
        let rollout = try await house.start()
        for _ in 0..<5 { try await house.round() }
        #expect(try await house.debits(rollout).isEmpty)
        #expect(try await house.driver.status(version: "t").storageFault?.contains("log") == true)
        log.set(.none)
        for _ in 0..<3 { try await house.round() }
        #expect(try await house.debits(rollout).count == 3)
        #expect(try await house.driver.status(version: "t").storageFault == nil)
        #expect(log.audit.failure == nil)
    }

    @Test("a log that fails on the way holds the rollout, and what was begun goes on")
    func heldOnTheWay() async throws {
        let log = TestLog()
        let house = try await DriverHouse(log: log)
        try await house.enrol(12)
        let rollout = try await house.start()
        try await house.round()
        let begun = try await house.debits(rollout)
        #expect(!begun.isEmpty)
        log.set(.fails)
        try await house.driver.record(RecordedKey(role: "targets", keyIDs: ["a"]))
        for _ in 0..<20 { try await house.round() }
        #expect(try await house.debits(rollout) == begun)
        #expect(try await house.rows(rollout).contains { $0.kind == "proven" })
        log.set(.none)
        for _ in 0..<20 { try await house.round() }
        #expect(try await house.debits(rollout).count == 12)
        #expect(log.audit.failure == nil)
    }

    @Test("a recall waits for no log: it is told at once, and recorded when it can be")
    func recallGoesFirst() async throws {
        let log = TestLog()
        let house = try await DriverHouse(log: log)
        try await house.enrol(3)
        let rollout = try await house.start()
        for _ in 0..<2 { try await house.round() }
        log.set(.fails)
        _ = try await house.driver.command(.recall, on: rollout, reason: "bad")
        try await house.round()
        #expect(house.agents.contains { $0.recallsSeen == [DriverHouse.release] })
        #expect(!log.kinds.contains(.recall))
        log.set(.none)
        try await house.round()
        #expect(log.kinds.contains(.recall))
        #expect(log.audit.failure == nil)
    }

    @Test(
        "a crash before, between and after ledger and log loses, doubles and reorders no entry",
        arguments: 0..<14, [TestLog.Fault.fails, .appendsAndFails])
    func crashes(appends: Int, fault: TestLog.Fault) async throws {
        let log = TestLog()
        var house = try await DriverHouse(log: log)
        try await house.enrol(8)
        house.agents[0].fates[DriverHouse.release] = .reverts
        log.set(fault, after: appends)
        let rollout = try await house.start()
        for _ in 0..<6 { try await house.round() }
        // Ended at once, with whatever is in the outbox, and started over the same files.
        house = try await house.restarted()
        log.set(.none)
        house = try await house.restarted()
        for _ in 0..<30 { try await house.round() }
        _ = try await house.driver.command(.recall, on: rollout, reason: "end")
        #expect(log.audit.failure == nil)
        let numbers = try log.entries.map { try RecordEntry(decoding: $0).number }
        #expect(numbers == Array(1...Int64(numbers.count)))
        #expect(try await house.store.unloggedRecords(countMax: 10).isEmpty)
        let verdicts = try await house.rows(rollout).count { $0.kind == "verdict" }
        #expect(log.audit.summary.verdictCount == verdicts)
    }

    @Test("a transaction that fails records nothing, and one that only seemed to fail is recorded once")
    func failedTransactions() async throws {
        for fault in [GatedStore.Fault.fails, .writesAndFails] {
            let log = TestLog()
            var house = try await DriverHouse(log: log)
            try await house.enrol(2)
            house.gate.set(fault)
            await #expect(throws: ControlRefusal.self) { try await house.publish() }
            house.gate.set(.none)
            house.time.pass(.seconds(1))
            house = try await house.restarted()
            try await house.start()
            for _ in 0..<12 { try await house.round() }
            #expect(log.audit.failure == nil)
            #expect(log.kinds.count { $0 == .release } == 1)
        }
    }

    @Test("a log that another has written to, or that is older than the database, holds every rollout")
    func foreignLog() async throws {
        let log = TestLog()
        let house = try await DriverHouse(log: log)
        try await house.enrol(2)
        let stranger = RecordEntry(
            number: 9, at: house.time.source.wall(), body: .key(RecordedKey(role: "root", keyIDs: ["a"])))
        _ = try await log.append([try stranger.encoded()])
        let restarted = try await house.restarted()
        let rollout = try await restarted.start()
        for _ in 0..<4 { try await restarted.round() }
        #expect(try await restarted.debits(rollout).isEmpty)
        #expect(try await restarted.driver.status(version: "t").storageFault?.contains("entry 9") == true)
    }

    @Test("what was published and begun before there was a record is offered to nobody until it is recorded")
    func olderThanRecord() async throws {
        let before = try await DriverHouse()
        try await before.enrol(2)
        let rollout = try await before.start()
        let log = TestLog()
        let house = try await DriverHouse(in: before.folder, time: before.time, log: log)
        house.agents = before.agents
        for _ in 0..<4 { try await house.round() }
        #expect(try await house.debits(rollout).isEmpty)
        _ = try await house.driver.command(.recall, on: rollout, reason: "begin anew")
        try await house.publish(DriverHouse.next)
        let next = try await house.driver.start(
            RolloutRequest(release: DriverHouse.next, policy: RolloutTerms(preset: "demo"))
        ).id
        for _ in 0..<4 { try await house.round() }
        #expect(try await house.debits(next).count == 2)
        #expect(log.audit.failure == nil)
    }

    @Test("a release from before the record cannot be rolled out, and is recorded when it is published again")
    func publishedBefore() async throws {
        let before = try await DriverHouse()
        try await before.publish()
        let log = TestLog()
        let house = try await DriverHouse(in: before.folder, time: before.time, log: log)
        let request = RolloutRequest(release: DriverHouse.release, policy: RolloutTerms(preset: "demo"))
        let refusal = await #expect(throws: ControlRefusal.self) { try await house.driver.start(request) }
        #expect(refusal?.body.error.code == "release.unrecorded")
        try await house.publish()
        _ = try await house.driver.start(request)
        #expect(log.kinds == [.key, .release, .policy])
        #expect(log.audit.failure == nil)
    }

    static func labResult(of digest: Digest) throws -> StoredLabResult {
        let statement = LabStatement(
            subjectName: "linux-core-1.0.0.fbpack", subjectDigest: digest, verdict: .passed, configuration: [],
            passedTests: ["load"], warnedTests: [], failedTests: [], details: .null)
        let bytes = try statement.encoded()
        return StoredLabResult(
            digest: digest, verdict: .passed, failedStages: [], statementDigest: ContentDigest.sha256(bytes),
            statement: bytes, receivedAt: Moment(milliseconds: 0))
    }
}
