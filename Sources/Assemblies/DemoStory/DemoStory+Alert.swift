import ControlClient
import ControlWire
import FleetModel
import Foundation
import Subprocess
import SystemPackage

extension DemoStory {
    /// Part of the command line that the project's own test rule looks for. Harmless by design, as EICAR's test file is.
    static let testMarker = "firebreak-test-detection"

    /// Act 4: a harmless command on this machine trips one rule, and the alert arrives with its process tree.
    func tripOneRule() async throws -> DemoSummary.Alert {
        await screen.act(4, "A harmless command trips one rule")
        let started = Self.now()
        if isLive {
            await screen.note("$ /bin/echo \(Self.testMarker)")
            try await typeMarker()
        } else {
            await screen.note(
                "\(plan.name(of: 1)) replays a recording in which someone types /bin/echo \(Self.testMarker)")
        }
        let row = try await wait(for: "alert of the test rule") { [self] in
            let page = try await management().alerts(after: lastAlert, wait: .seconds(1))
            lastAlert = page.next
            let alert = page.alerts.first {
                $0.finding.contains(Self.testMarker) && (!isLive || $0.endpoint == endpoints.first)
            }
            if alert == nil, isLive {
                // It lived for a millisecond, and one in twenty such is gone before its command line is read.
                await screen.note("$ /bin/echo \(Self.testMarker)   once more: it was gone before it was looked at")
                try await typeMarker()
            }
            return alert
        }
        let finding = try Finding(json: row.finding)
        let seconds = (row.receivedAt - max(finding.time, isLive ? started : finding.time)).seconds
        await screen.note(
            "\(screen.ink("alert", .yellow)) after \(Self.text(seconds, digits: 3)) s: \(finding.title) (OCSF Detection Finding, rule \(finding.rule))"
        )
        for (depth, process) in finding.processTree.reversed().enumerated() {
            let indent = String(repeating: "  ", count: depth)
            await screen.note(screen.ink("  \(indent)└ \(process)", .grey))
        }
        return DemoSummary.Alert(rule: finding.rule, seconds: seconds, processes: finding.processTree.count)
    }
}

extension DemoStory {
    /// Runs the harmless command. A shell in between, so that the process tree has something to show; the marker is put
    /// together there, so that only the last process carries it.
    private func typeMarker() async throws {
        let parts = Self.testMarker.split(separator: "-", maxSplits: 1).map(String.init)
        _ = try await run(
            .path("/bin/sh"), arguments: ["-c", "/bin/echo \(parts[0])-\"$1\"; true", "sh", parts[1]], input: .none,
            output: .discarded)
    }
}

/// What the demo shows of an OCSF Detection Finding.
struct Finding: Sendable {
    var rule: String
    var title: String
    var time: Moment
    /// Command lines, the process that tripped the rule first.
    var processTree: [String]

    /// Processes shown: deeper trees are cut.
    static let depthMax = 16

    private struct Shape: Decodable {
        var findingInfo: FindingInfo
        var time: Int64
        var evidences: [Evidence]

        struct FindingInfo: Decodable {
            var title: String
            var analytic: Analytic
        }
        struct Analytic: Decodable { var uid: String }
        struct Evidence: Decodable { var process: Process? }
        final class Process: Decodable {
            var cmdLine: String?
            var name: String?
            var parentProcess: Process?
        }
    }

    init(json: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let shape = try decoder.decode(Shape.self, from: Data(json.utf8))
        rule = shape.findingInfo.analytic.uid
        title = shape.findingInfo.title
        time = Moment(milliseconds: shape.time)
        var processes: [String] = []
        var next = shape.evidences.lazy.compactMap(\.process).first
        while let process = next, processes.count < Self.depthMax {
            processes.append(String((process.cmdLine ?? process.name ?? "?").prefix(90)))
            next = process.parentProcess
        }
        processTree = processes
    }
}
