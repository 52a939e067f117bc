import ExposureChecker
import FleetModel
import Foundation
import Testing

@Suite("Exposure audit of agents' logs")
struct AgentLogTests {
    @Test("an agent that saw its offer after the debit, and ran it, is no violation")
    func honest() throws {
        let ledger = try ForgedLedger()
        let at = try ledger.row("debit", 1)
        try ledger.log([
            ForgedLedger.start(1), ForgedLedger.offer(at: at + 3), ForgedLedger.stage("downloading", at: at + 4),
            ForgedLedger.stage("trial", at: at + 900), ForgedLedger.stage("committed", at: at + 5_000),
        ])
        let report = try ledger.check()
        #expect(report.violations == [])
        #expect(report.offersSeenCount == 1 && report.logCount == 1)
    }

    @Test("an offer that the ledger does not have is found")
    func offerWithoutDebit() throws {
        let ledger = try ForgedLedger()
        let at = try ledger.row("debit", 1)
        try ledger.log([ForgedLedger.start(2), ForgedLedger.offer(at: at + 3)])
        #expect(try ledger.kinds() == [.offerWithoutDebit])
    }

    @Test("an offer that was seen before its debit was written is found")
    func offerBeforeDebit() throws {
        let ledger = try ForgedLedger()
        let at = try ledger.row("debit", 1)
        try ledger.log([ForgedLedger.start(1), ForgedLedger.offer(at: at - 251)])
        #expect(try ledger.kinds() == [.offerBeforeDebit])
    }

    @Test(
        "a release that ran without a debit is found",
        arguments: ["downloading", "staged", "shadow", "trial", "committed", "reverted"])
    func activationWithoutDebit(stage: String) throws {
        let ledger = try ForgedLedger()
        let at = try ledger.row("debit", 1)
        try ledger.log([ForgedLedger.start(2), ForgedLedger.stage(stage, at: at)])
        #expect(try ledger.kinds() == [.activationWithoutDebit])
    }

    @Test("another release in the log is another rollout's business")
    func otherRelease() throws {
        let ledger = try ForgedLedger()
        try ledger.log([ForgedLedger.start(2), ForgedLedger.offer(at: 1, release: "linux-core@0.9.0")])
        #expect(try ledger.kinds() == [])
    }

    @Test("a debit of an earlier rollout of the same release stands for its offer")
    func earlierRollout() throws {
        let ledger = try ForgedLedger()
        try ledger.sql(
            """
            INSERT INTO rollouts SELECT 'r-000000', release, policy_json, seed, started_at_ms FROM rollouts;
            INSERT INTO ledger VALUES (1, 'r-000000', 1600000000000, 'debit', '\(ForgedLedger.endpoint(3))', '');
            """)
        try ledger.log([ForgedLedger.start(3), ForgedLedger.offer(at: 1_600_000_000_001)])
        #expect(try ledger.kinds() == [])
    }

    @Test("a log that cannot be read, or a line that is not understood, is not passed over")
    func unreadable() throws {
        let ledger = try ForgedLedger()
        try ledger.log([ForgedLedger.start(1), "no json", #"{"kind":"offer"}"#])
        #expect(try ledger.kinds() == [.logUnreadable, .logUnreadable])
        let missing = try ForgedLedger()
        #expect(
            try ExposureAudit.check(
                database: missing.folder.appending(path: "fleet.sqlite").path, rollout: ForgedLedger.rollout,
                agentLogs: ["/nonexistent/agent.log"]
            ).violations.map(\.kind) == [.logUnreadable])
    }

    @Test("a line that was cut off by the agent's end is no violation, and hides nothing behind it")
    func tornLines() throws {
        let ledger = try ForgedLedger()
        try ledger.log([ForgedLedger.start(1)], tail: #"{"at_ms":17000,"ki"#)
        #expect(try ledger.kinds() == [])
        try ledger.log([#"{"at_ms":1,"ki"# + ForgedLedger.start(2), ForgedLedger.offer(at: 5)])
        #expect(try ledger.kinds() == [.offerWithoutDebit])
    }

    @Test("the older half of a log that was rotated is read too")
    func rotated() throws {
        let ledger = try ForgedLedger()
        try ledger.log([ForgedLedger.stage("trial", at: 9)])
        let older = [ForgedLedger.start(2), ForgedLedger.offer(at: 5)].map { $0 + "\n" }.joined()
        try Data(older.utf8).write(to: ledger.folder.appending(path: "agent-0.log.1"))
        #expect(try ledger.kinds() == [.offerWithoutDebit, .activationWithoutDebit])
        #expect(try ledger.check().violations.last?.endpoint?.text == ForgedLedger.endpoint(2))
    }
}
