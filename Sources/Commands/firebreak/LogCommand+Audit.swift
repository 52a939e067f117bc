import ArgumentParser
import DecisionRecord
import FleetModel
import LogClient
import TransparencyLog

extension LogCommand {
    struct Audit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say every verdict of the gate again, from what is published.",
            discussion: """
                Verifies the whole log, then reads it as someone who knows nothing else: every verdict must follow from \
                its evidence and its rollout's policy, every recall from a verdict, every attestation from a key. Ends \
                with exit code 3 at the first entry that is not borne out.

                  firebreak log audit https://127.0.0.1:8443/log \\
                      --ca ca.pem --log-key log.key.pub
                  firebreak log audit /srv/mirror/log --log-key log.key.pub --json
                """)

        @Argument(help: "The log's URL or directory.") var log: String
        @OptionGroup var connection: LogConnectionOptions
        @OptionGroup(title: "Whom to believe") var trust: LogTrustOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let trust = try trust.trust()
            let view = try await LogReader.reading(log, caFile: connection.ca) {
                try await Self.audit($0, trust: trust)
            }
            try output.show(view) { _ in view.lines }
            if view.failure != nil { throw ExitCode(CommandExit.refused.rawValue) }
        }

        private static func audit(_ reader: LogReader, trust: LogTrust) async throws -> AuditView {
            var monitor = LogMonitor(reader, trust: trust)
            var machine = AuditMachine()
            // What the machine finds counts only when the entries turn out to be those of the checkpoint: `look` throws
            // where they do not.
            let look = try await monitor.look { machine.take($1) }
            return AuditView(machine, checkpoint: look.checkpoint)
        }
    }
}

/// What `log audit --json` prints.
struct AuditView: Encodable {
    struct Failure: Encodable {
        var index: UInt64
        var code: String
        var subject: String
        var message: String
    }

    var origin: String
    var size: UInt64
    var root: String
    /// By kind.
    var entries: [String: Int]
    var rollouts: Int
    /// Verdicts that their evidence gave again, by decision.
    var verdicts: [String: Int]
    /// Rollouts that have ended without the recall that their end calls for.
    var recallsOwed: [String]
    var failure: Failure?
    private var explanation = ""

    enum CodingKeys: String, CodingKey {
        case origin, size, root, entries, rollouts, verdicts, failure
        case recallsOwed = "recalls_owed"
    }

    init(_ machine: AuditMachine, checkpoint: SignedCheckpoint) {
        origin = checkpoint.checkpoint.origin
        size = checkpoint.size
        root = checkpoint.root.base64
        entries = Dictionary(uniqueKeysWithValues: machine.summary.entryCounts.map { ($0.key.rawValue, $0.value) })
        rollouts = machine.summary.rolloutCount
        verdicts = machine.summary.verdictCounts
        recallsOwed = machine.recallsOwed.map(\.text)
        failure = machine.failure.map {
            Failure(index: $0.index, code: $0.reason.rawValue, subject: $0.subject, message: $0.message)
        }
        explanation = machine.failure.map(\.description) ?? ""
    }

    var lines: [String] {
        let counts = entries.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let decisions = verdicts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        var lines = ["\(origin): \(size) entries\(counts.isEmpty ? "" : ": \(counts)")"]
        guard failure == nil else { return lines + ["NOT BORNE OUT  \(explanation)"] }
        lines.append(
            "every verdict follows from its evidence: \(verdicts.values.reduce(0, +)) of \(rollouts) rollouts"
                + (decisions.isEmpty ? "" : " (\(decisions))"))
        if !recallsOwed.isEmpty { lines.append("recalls still owed: \(recallsOwed.joined(separator: ", "))") }
        return lines
    }
}
