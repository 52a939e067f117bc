import ExposureChecker
import FleetModel
import Foundation
import Testing

@Suite("Exposure audit")
struct ExposureAuditTests {
    /// A rollout to 40 endpoints that goes as it should: each bake as large as the evidence allows.
    private static func honest() throws -> (ledger: ForgedLedger, bakes: [Int]) {
        let ledger = try ForgedLedger()
        try ledger.row("phase", phase: "ramping")
        var bakes: [Int] = []
        var proven = 0
        while proven < 40 {
            let bake = min(40 - proven, allowed(afterProven: proven))
            for number in proven..<(proven + bake) { try ledger.row("debit", number) }
            try ledger.row("verdict", phase: "ramping")
            for number in proven..<(proven + bake) { try ledger.row("proven", number) }
            proven += bake
            bakes.append(bake)
        }
        try ledger.row("phase", phase: "complete")
        return (ledger, bakes)
    }

    /// The closed form for no failures: u = 1 - (1 - confidence)^(1/n). The checker finds the same by halving.
    private static func allowed(afterProven count: Int) -> Int {
        count == 0 ? 4 : Int(4 / (1 - pow(0.01, 1 / Double(count))))
    }

    @Test("a rollout that takes each bake as large as the evidence allows has no violation")
    func honestRollout() throws {
        let (ledger, bakes) = try Self.honest()
        let report = try ledger.check()
        #expect(report.violations == [])
        #expect(report.debitCount == 40 && report.provenCount == 40)
        #expect(bakes == [4, 5, 9, 17, 5])
        #expect(report.exposureMax == 17 && report.allowedAtExposureMax == 17)
    }

    @Test("one endpoint more than the evidence allows is found, at every bake")
    func capExceeded() throws {
        for bakes in 0..<4 {
            let ledger = try ForgedLedger()
            var proven = 0
            for _ in 0..<bakes {
                let bake = Self.allowed(afterProven: proven)
                for number in proven..<(proven + bake) { try ledger.row("debit", number) }
                for number in proven..<(proven + bake) { try ledger.row("proven", number) }
                proven += bake
            }
            let bake = Self.allowed(afterProven: proven) + 1
            for number in proven..<(proven + bake) { try ledger.row("debit", number) }
            let report = try ledger.check()
            #expect(report.violations.map(\.kind) == [.capExceeded])
            #expect(report.violations.first?.endpoint?.text == ForgedLedger.endpoint(proven + bake - 1))
        }
    }

    @Test("failed and silent endpoints stay exposed, and lower what is allowed")
    func failuresStayExposed() throws {
        let ledger = try ForgedLedger()
        for number in 0..<4 { try ledger.row("debit", number) }
        try ledger.row("silent", 0)
        try ledger.row("failed", 1, detail: "crash")
        try ledger.row("proven", 2)
        #expect(try ledger.kinds() == [])
        // Two of three failed: 4 / 0.99 and more are allowed, and three are still exposed.
        try ledger.row("debit", 4)
        #expect(try ledger.kinds() == [])
        try ledger.row("debit", 5)
        #expect(try ledger.kinds() == [.capExceeded])
    }

    @Test("a withdrawn exposure is neither exposed nor evidence")
    func withdrawn() throws {
        let ledger = try ForgedLedger()
        for number in 0..<4 { try ledger.row("debit", number) }
        for number in 0..<4 { try ledger.row("withdrawn", number) }
        for number in 4..<8 { try ledger.row("debit", number) }
        #expect(try ledger.kinds() == [])
        try ledger.row("debit", 8)
        #expect(try ledger.kinds() == [.capExceeded])
    }

    @Test("bad news that lowers the allowance below what is out is counted and is no violation; an offer then is")
    func overhang() throws {
        let ledger = try ForgedLedger()
        for bake in [0..<4, 4..<9, 9..<18] {
            for number in bake { try ledger.row("debit", number) }
            for number in bake { try ledger.row("proven", number) }
        }
        for number in 18..<35 { try ledger.row("debit", number) }
        #expect(try ledger.check().overhangCount == 0)
        for number in 18..<21 { try ledger.row("failed", number) }
        let report = try ledger.check()
        #expect(report.violations == [])
        #expect(report.overhangCount == 1)
        try ledger.row("debit", 100)
        #expect(try ledger.kinds() == [.capExceeded])
    }

    @Test("an endpoint that is debited twice is found")
    func debitedTwice() throws {
        let ledger = try ForgedLedger()
        try ledger.row("debit", 1)
        try ledger.row("proven", 1)
        try ledger.row("debit", 1)
        #expect(try ledger.kinds() == [.debitedTwice])
    }

    @Test("an outcome without a debit, and a second outcome, are found")
    func settlements() throws {
        for kind in ["proven", "failed", "silent", "withdrawn"] {
            let ledger = try ForgedLedger()
            try ledger.row(kind, 1)
            #expect(try ledger.kinds() == [.settledWithoutDebit])
            try ledger.row("debit", 2)
            try ledger.row("failed", 2)
            try ledger.row(kind, 2)
            #expect(try ledger.kinds() == [.settledWithoutDebit, .settledTwice])
        }
    }

    @Test("a latecomer may be offered a release that is complete for everyone else")
    func latecomer() throws {
        let ledger = try ForgedLedger()
        try ledger.row("phase", phase: "complete")
        try ledger.row("debit", 1)
        #expect(try ledger.kinds() == [])
    }

    @Test(
        "who was silent may turn out well, which takes no silence back; who was proven may fail, and is exposed again")
    func secondEndings() throws {
        let ledger = try ForgedLedger()
        for number in 0..<4 { try ledger.row("debit", number) }
        for number in 0..<3 { try ledger.row("proven", number) }
        try ledger.row("silent", 3)
        try ledger.row("proven", 3)
        try ledger.row("failed", 0)
        let report = try ledger.check()
        #expect(report.violations == [])
        #expect(report.provenCount == 3 && report.failedCount == 1 && report.silentCount == 0)
        // One of four harmed within its bake: 4 / 0.859 and more is 4, and one endpoint is exposed.
        for number in 4..<7 { try ledger.row("debit", number) }
        #expect(try ledger.kinds() == [])
        try ledger.row("debit", 7)
        #expect(try ledger.kinds() == [.capExceeded])
    }

    @Test(
        "an offer while nothing may be offered is found", arguments: ["held", "halted", "recalled"],
        ["phase", "verdict"])
    func debitWhileShut(phase: String, kind: String) throws {
        let ledger = try ForgedLedger()
        try ledger.row("phase", phase: "ramping")
        try ledger.row("debit", 1)
        try ledger.row(kind, phase: phase)
        #expect(try ledger.kinds() == [])
        try ledger.row("debit", 2)
        #expect(try ledger.kinds() == [.debitWhileShut])
        try ledger.row(kind, phase: "ramping")
        try ledger.row("debit", 3)
        // A hold ends; a halt and a recall are for ever, whatever a later row says.
        #expect(try ledger.kinds().count == (phase == "held" ? 1 : 2))
    }

    @Test("a row older than the one before it is found")
    func timeWentBack() throws {
        let ledger = try ForgedLedger()
        try ledger.row("debit", 1)
        try ledger.row("debit", 2, after: 0)
        #expect(try ledger.kinds() == [])
        try ledger.row("debit", 3, after: -1)
        #expect(try ledger.kinds() == [.timeWentBack])
    }

    @Test("a row that the checker does not understand is not passed over")
    func unknownRows() throws {
        let ledger = try ForgedLedger()
        try ledger.row("credit", 1)
        try ledger.row("debit")
        try ledger.row("phase", phase: "sideways")
        try ledger.sql("INSERT INTO ledger VALUES (4, 'r-000001', 1800000000000, 'debit', 'not an endpoint', '')")
        #expect(try ledger.kinds() == [.unknownRow, .unknownRow, .unknownRow, .unknownRow])
    }

    @Test("a row that was taken out of the ledger is missed")
    func rowsMissing() throws {
        let ledger = try ForgedLedger()
        for number in 0..<4 { try ledger.row("debit", number) }
        try ledger.sql("DELETE FROM ledger WHERE seq = 2")
        #expect(try ledger.kinds() == [.rowsMissing])
    }

    private static func verdict(cohort: String? = nil, expected: Double = 0, variance: Double = 0) -> String {
        let cohort = cohort.map { #""cohort":"\#($0)","# } ?? ""
        return
            #"{\#(cohort)"decision":"hold","phase":"ramping","inputs":{"tests":{"expected":\#(expected),"variance":\#(variance)}}}"#
    }

    @Test("a halted cohort's outcomes are no evidence, its unproven endpoints stay exposed, and it gets no more debits")
    func haltedCohort() throws {
        let ledger = try ForgedLedger()
        for number in 0..<2 { try ledger.row("debit", number, detail: "k=good") }
        for number in 2..<4 { try ledger.row("debit", number, detail: "k=bad") }
        for number in 0..<2 { try ledger.row("proven", number) }
        for number in 2..<4 { try ledger.row("failed", number, detail: "crash") }
        try ledger.row("verdict", detail: Self.verdict(cohort: "k=bad"))
        // Two of two well outside: 4 / 0.9 is 4, and the two of the halted cohort are among them.
        for number in 4..<6 { try ledger.row("debit", number, detail: "k=good") }
        #expect(try ledger.kinds() == [])
        for number in 4..<6 { try ledger.row("proven", number) }
        // Four of four: 4 / 0.684 is 5, and two are exposed. With the halted cohort's two of six it would be 4.
        for number in 6..<9 { try ledger.row("debit", number, detail: "k=good") }
        #expect(try ledger.kinds() == [])
        try ledger.row("debit", 9, detail: "k=bad")
        #expect(try ledger.kinds() == [.debitInHaltedCohort, .capExceeded])
    }

    @Test("what the last verdict says of the control raises what is allowed, and a later one takes it away again")
    func control() throws {
        let ledger = try ForgedLedger(lossBudget: 50)
        for number in 0..<50 { try ledger.row("debit", number) }
        for number in 0..<30 { try ledger.row("proven", number) }
        for number in 30..<50 { try ledger.row("failed", number, detail: "crash") }
        // 20 of 50: at most 50 / 0.574 = 87. With 25 expected: 50 / 0.277 and more.
        try ledger.row("verdict", detail: Self.verdict(expected: 25, variance: 25))
        for number in 50..<150 { try ledger.row("debit", number) }
        #expect(try ledger.kinds() == [])
        try ledger.row("verdict", detail: Self.verdict())
        try ledger.row("debit", 150)
        #expect(try ledger.kinds() == [.capExceeded])
    }

    @Test("another rollout's rows are not this one's")
    func otherRollouts() throws {
        let ledger = try ForgedLedger()
        for number in 0..<4 { try ledger.row("debit", number) }
        try ledger.sql("INSERT INTO ledger SELECT seq + 4, 'r-000002', at_ms, kind, endpoint, detail FROM ledger")
        #expect(try ledger.kinds() == [])
        #expect(try ledger.check().rowCount == 4)
    }

    @Test("a database, rollout or policy that says nothing is an error and not a clean bill")
    func unreadable() throws {
        let ledger = try ForgedLedger()
        let database = ledger.folder.appending(path: "fleet.sqlite").path
        func code(_ path: String, _ rollout: String) -> ExposureCheckerError.Code? {
            do throws(ExposureCheckerError) {
                _ = try ExposureAudit.check(database: path, rollout: RolloutID(accepted: rollout), agentLogs: [])
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(database, "r-000001") == nil)
        #expect(code(database, "r-000009") == .rolloutUnknown)
        #expect(code(database + ".absent", "r-000001") == .databaseUnreadable)
        for policy in ["{}", "", #"{"loss_budget":0,"confidence":0.9}"#, #"{"loss_budget":4,"confidence":1}"#] {
            try ledger.sql("UPDATE rollouts SET policy_json = '\(policy)'")
            #expect(code(database, "r-000001") == .policyUnreadable)
        }
        try ledger.sql("DROP TABLE rollouts")
        #expect(code(database, "r-000001") == .databaseUnreadable)
    }
}
