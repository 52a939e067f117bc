import ControlWire
import FleetModel
import Testing

@testable import firebreak

@Suite("Views")
struct ViewTests {
    private static let plain = Console(isTerminal: false, hasColour: false)
    private static let coloured = Console(isTerminal: true, hasColour: true)
    private static let now = Moment(milliseconds: 1_795_000_000_123)
    private static let endpoint = EndpointID(accepted: "000102030405060708090a0b0c0d0e0f")
    private static let release = ReleaseID(accepted: "linux-core@1.4.0")

    private static func rollout(
        phase: String = "ramping", counts: RolloutCounts, cap: Int, reasons: [String]
    ) -> RolloutSummary {
        RolloutSummary(
            id: RolloutID(accepted: "r-000012"), release: release, phase: phase, policy: RolloutTerms(),
            endpointCount: 40, counts: counts, cap: cap, maxExposed: 4, capAtMaxExposed: 4, startedAt: now,
            verdict: VerdictSummary(verdict: "hold", reasons: reasons, at: now))
    }

    @Test("columns line up, whatever the colours, and the last cell has no space after it")
    func tables() {
        var table = Table(("NAME", .left), ("COUNT", .right), ("STATE", .left))
        table.add([Table.Cell("build-7", .bold), Table.Cell(7), Table.Cell("well", .green)])
        table.add(["x", Table.Cell(12_345), "not well"])
        #expect(
            table.lines(on: Self.plain) == [
                "NAME     COUNT  STATE",
                "build-7      7  well",
                "x        12345  not well",
            ])
        let stripped = table.lines(on: Self.coloured).map { $0.replacing(/\u{1B}\[[0-9]*m/, with: "") }
        #expect(stripped == table.lines(on: Self.plain))
    }

    @Test("a cell is cut at 60 characters")
    func longCells() {
        var table = Table(("NAME", .left))
        table.add([Table.Cell(String(repeating: "n", count: 100))])
        #expect(table.lines(on: Self.plain)[1].count == 60)
    }

    @Test("text from endpoints cannot move the cursor, colour the screen or turn the direction of writing")
    func printable() {
        #expect(
            "a\u{1B}[2Jb\rc\u{9B}31md\u{202E}e\u{2028}f\n".printable
                == "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}31md\u{FFFD}e\u{FFFD}f\u{FFFD}")
        #expect("Zürich 東京 🔥 100%".printable == "Zürich 東京 🔥 100%")
        let summary = EndpointSummary(
            id: Self.endpoint, name: "evil\u{1B}[2J", service: "s\u{7}",
            cohort: CohortAttributes(attributes: ["tag.\u{8}": "\u{1B}"]),
            health: EndpointHealth(
                isHealthy: false, message: "",
                components: [
                    .worker: .init(isHealthy: false, message: "\u{1B}]0;x", since: Self.now)
                ]), enrolledAt: Self.now,
            releases: [
                ReleaseReport(
                    release: Self.release, digest: Digest(accepted: ""), stage: .refused, stageEnteredAt: Self.now,
                    message: "\u{1B}c")
            ])
        let alert = AlertRow(
            sequence: 1, endpoint: Self.endpoint, endpointName: "\u{1B}", rule: "\u{1B}", title: "\u{1B}[2J",
            severity: "\u{1B}",
            occurredAt: Self.now, receivedAt: Self.now, finding: "")
        let rollout = Self.rollout(
            phase: "\u{1B}",
            counts: RolloutCounts(offered: 0, proven: 0, failed: 0, silent: 0, withdrawn: 0, exposed: 0),
            cap: 4, reasons: ["\u{1B}[2J"])
        let lines =
            EndpointView.sheet(summary, now: Self.now, on: Self.plain)
            + EndpointView.table([summary], now: Self.now).lines(on: Self.plain)
            + [AlertCommand.line(alert, on: Self.plain), RolloutView.plain(rollout)]
            + RolloutView.lines(rollout, on: Self.plain) + RolloutView.table([rollout]).lines(on: Self.plain)
        for line in lines {
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "\(line)")
        }
        let failure = CommandFailure(
            exit: .failure, code: "x", message: "\u{1B}[2J", details: ["\u{1B}c"], nextStep: "\u{7}")
        #expect(failure.text.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
    }

    @Test("a rollout shows progress, exposure against the cap, and every reason of the gate")
    func rollouts() {
        let counts = RolloutCounts(offered: 9, proven: 4, failed: 1, silent: 1, withdrawn: 1, exposed: 4)
        let summary = Self.rollout(counts: counts, cap: 8, reasons: ["first reason", "second reason"])
        #expect(
            RolloutView.lines(summary, on: Self.plain) == [
                "linux-core@1.4.0  r-000012  ramping",
                "proven    ████▒▒▒▒▒░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  4 of 40, 9 offered",
                "exposure  ████▒▒▒▒░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  4 of 8 allowed, most 4 of 4",
                "ended     1 failed, 1 silent, 1 withdrawn",
                "lab       not run",
                "gate      hold",
                "          first reason",
                "          second reason",
            ])
        #expect(
            RolloutView.plain(summary)
                == "linux-core@1.4.0 ramping: exposed 4 of 8 allowed, proven 4 of 40, offered 9, failed 1, silent 1"
                + " - hold: first reason; second reason")
    }

    @Test("one of very many still shows, and nothing is drawn beyond the bar")
    func bars() {
        for (exposed, cap) in [(1, 1), (0, 0), (5, 4), (40, 100_000), (8_500_000, 8_500_000)] {
            let counts = RolloutCounts(
                offered: exposed, proven: 0, failed: 0, silent: 0, withdrawn: 0, exposed: exposed)
            var summary = Self.rollout(counts: counts, cap: cap, reasons: [])
            summary.endpointCount = 8_500_000
            let bar = RolloutView.lines(summary, on: Self.plain)[2].dropFirst(10).prefix { "█▒░".contains($0) }
            #expect(bar.count == RolloutView.barWidth)
            #expect(bar.contains("█") == (exposed > 0))
        }
    }

    @Test("health names what is not well, and revoked or unknown is not well")
    func health() {
        var summary = EndpointSummary(
            id: Self.endpoint, name: "n", service: "s", cohort: CohortAttributes(attributes: [:]), health: nil,
            enrolledAt: Self.now)
        #expect(EndpointView.health(of: summary).text == "unknown" && !summary.isWell)
        summary.health = EndpointHealth(components: [
            .sensor: .init(isHealthy: true, message: "", since: Self.now),
            .worker: .init(isHealthy: false, message: "dead", since: Self.now),
            .protection: .init(isHealthy: false, message: "", since: Self.now),
        ])
        #expect(EndpointView.health(of: summary).text == "no worker, protection")
        summary.health = EndpointHealth(components: [:])
        #expect(EndpointView.health(of: summary).text == "well" && summary.isWell)
        summary.revokedAt = Self.now
        #expect(EndpointView.health(of: summary).text == "revoked")
    }

    @Test("a measured state that does not verify is red, with its reason on the sheet alone")
    func measuredState() {
        var summary = EndpointSummary(
            id: Self.endpoint, name: "n", service: "s", cohort: CohortAttributes(attributes: [:]), health: nil,
            enrolledAt: Self.now)
        #expect(EndpointView.state(of: summary).text == "not measured")
        summary.stateStanding = .verified(by: .tpm)
        #expect(EndpointView.state(of: summary).text == "verified by tpm")
        summary.stateStanding = .unverified("another key (state.other_key)")
        #expect(EndpointView.state(of: summary).text == "does not verify")
        let sheet = EndpointView.sheet(summary, now: Self.now, on: Self.plain).joined(separator: "\n")
        #expect(sheet.contains("does not verify: another key (state.other_key)"))
    }

    @Test(
        "an explanation says what happens, how much room there is, what is against the release, and what is waited for")
    func explanation() {
        let gate = GateExplanation(
            id: RolloutID(accepted: "r-000012"), release: Self.release, phase: "ramping", lane: "urgent",
            headline: "Waits for proof: 14 exposures are open, the cap is 16, and 400 wait.",
            counts: RolloutCounts(offered: 30, proven: 14, failed: 1, silent: 1, withdrawn: 0, exposed: 16),
            waiting: 400, keptOut: 25,
            cap: .init(
                value: 16, weighed: 16, lossBudget: 4, rateUpperBound: 0.243_7, confidence: 0.99, limit: "evidence"),
            evidence: .init(value: 31.6, toHalt: 1000, ln: 3.453, lnToHalt: 6.908, harmed: 2, expected: 0.12),
            waitsFor: ["needs 312 more proven in all, about 2 bakes until everyone has been offered it"],
            cohorts: [
                .init(
                    cohort: "kernel=6.6", waiting: 100, exposed: 8, cap: 4, needed: 5, bakes: 4, isSuspected: true),
                .init(
                    cohort: "kernel=6.1", waiting: 300, exposed: 8, cap: 12, needed: 0, bakes: 2, isSuspected: false),
            ], haltedCohorts: ["kernel=5.10"],
            shutRings: [
                .init(
                    customer: "acme", ring: "prod",
                    reasons: ["ring canary has 3 of 10 proven, and 90% are asked for"])
            ], holds: ["customer zoo, ring all: held: freeze", "customer zap: pinned to linux-core@1.3.0"],
            now: Self.now)
        let wanted = """
            linux-core@1.4.0  r-000012  ramping  urgent lane
            Waits for proof: 14 exposures are open, the cap is 16, and 400 wait.

            endpoints  30 offered: 14 proven, 1 failed, 1 silent, 0 withdrawn; 16 exposed, 400 waiting, 25 kept out by customers
            cap        16, of which 16 are taken: a loss budget of 4, and the rate is at most 24.4% at 99% confidence
            evidence   █████████░░░░░░░░░░░  31.6 of 1000 to halt; 2 failed or silent, the control lets expect 0.12
            waits for  needs 312 more proven in all, about 2 bakes until everyone has been offered it
            halted     kernel=5.10: dropped there, never offered again
            shut rings customer acme, ring prod: ring canary has 3 of 10 proven, and 90% are asked for
            holds      customer zoo, ring all: held: freeze
                       customer zap: pinned to linux-core@1.3.0

            COHORT      WAITING  EXPOSED  CAP  NEEDED  BAKES  STATE
            kernel=6.6      100        8    4       5      4  suspected
            kernel=6.1      300        8   12       0      2
            """
        let lines = ExplainView.lines(gate, on: Self.plain)
        #expect(lines.joined(separator: "\n") == wanted)
        let stripped = ExplainView.lines(gate, on: Self.coloured).map {
            $0.replacing(/\u{1B}\[[0-9]*m/, with: "")
        }
        #expect(stripped == lines)
    }
}
