import ExposureChecker
import FleetModel
import Foundation
import SystemPackage

extension DemoStory {
    /// What the checker that shares no code with the gate finds about one rollout: it reads the durable ledger and the
    /// agents' own logs.
    func audit(_ rollout: RolloutID) async throws -> ExposureReport {
        let logs = (1...plan.endpointCount).map { plan.state(of: $0).appending("agent.log").string }
        let report = try ExposureAudit.check(
            database: plan.control.appending("fleet.sqlite").string, rollout: rollout, agentLogs: logs)
        guard report.offersSeenCount > 0 else {
            // A check that cannot be made has failed: no agent's log tells of an offer, so none was held to the ledger.
            throw DemoError(step: "exposure check", message: "no offer of \(report.release) is in any agent's log")
        }
        for violation in report.violations.prefix(5) {
            await screen.note(screen.ink("violation: \(violation)", .red))
        }
        return report
    }

    /// Act 6: what happened, in one table.
    func close(with summary: DemoSummary) async {
        await screen.act(6, "What happened")
        let good = summary.good
        let bad = summary.bad
        let rows: [(String, String, String)] = [
            ("", good.release, bad.release),
            ("endpoints offered", "\(good.offered)", "\(bad.offered)"),
            ("proven", "\(good.proven)", "\(bad.proven)"),
            ("failed", "\(good.failed)", "\(bad.failed)"),
            ("silent", "\(good.silent)", "\(bad.silent)"),
            (
                "largest exposure / cap then", "\(good.maxExposed) / \(good.capAtMaxExposed)",
                "\(bad.maxExposed) / \(bad.capAtMaxExposed)"
            ),
            ("cap violations", "\(good.capViolations)", "\(bad.capViolations)"),
            ("publish to complete, s", Self.text(good.secondsToComplete), "-"),
            ("publish to halt, s", "-", Self.text(bad.secondsToHalt)),
            ("halt to all well again, s", "-", Self.text(bad.secondsToRecovered)),
            ("endpoints recovered", "-", "\(bad.endpointsRecovered) of \(bad.offered)"),
            ("hands needed", "-", "\(bad.hands)"),
        ]
        for (index, row) in rows.enumerated() {
            let line = Self.padded(row.0, 28) + Self.padded(row.1, 20) + row.2
            await screen.note(index == 0 ? screen.ink(line, .bold) : line)
        }
        await screen.say("")
        await screen.note(screen.ink("in the public log", .bold) + "   \(summary.log.address)")
        for decision in summary.log.decisions {
            let entry = Self.padded("  entry \(decision.entry)", 13) + Self.padded(decision.kind, 10)
            await screen.note(entry + Self.padded(decision.release, 20) + decision.text)
        }
        await screen.note(
            "audited: \(summary.log.entries) entries, \(summary.log.verdictsReplayed) verdicts said again from their evidence"
        )
        await screen.note("in the TUF repository: \(summary.log.repositoryRecalls) release recalled by signed metadata")
        await screen.say("")
        await screen.note(
            "alert: \(Self.text(summary.alert.seconds, digits: 3)) s from the event, \(summary.alert.processes) processes in its tree"
        )
        await screen.note(
            "summary: \(plan.summary)   ledger: \(plan.control.appending("fleet.sqlite"))   logs: \(plan.logs)")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
