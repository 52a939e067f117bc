import CanonicalCoding
import ControlWire
import FleetModel

/// Rollouts on a terminal.
enum RolloutView {
    /// Width of the exposure bar, in characters.
    static let barWidth = 40

    static func ink(of phase: String) -> Console.Ink {
        switch phase {
        case "complete": .green
        case "halted", "recalled": .red
        case "held": .yellow
        default: .blue
        }
    }

    static func table(_ rollouts: [RolloutSummary]) -> Table {
        var table = Table(
            ("ROLLOUT", .left), ("RELEASE", .left), ("PHASE", .left), ("OFFERED", .right), ("PROVEN", .right),
            ("FAILED", .right), ("SILENT", .right), ("EXPOSED", .right), ("CAP", .right), ("STARTED", .left))
        for rollout in rollouts {
            let counts = rollout.counts
            table.add([
                Table.Cell(rollout.id.text), Table.Cell(rollout.release.text, .bold),
                Table.Cell(rollout.phase, ink(of: rollout.phase)), Table.Cell(counts.offered),
                Table.Cell(counts.proven), Table.Cell("\(counts.failed)", counts.failed > 0 ? .red : nil),
                Table.Cell("\(counts.silent)", counts.silent > 0 ? .red : nil), Table.Cell(counts.exposed),
                Table.Cell(rollout.cap), Table.Cell(TimeText.utc(rollout.startedAt)),
            ])
        }
        return table
    }

    /// One rollout: progress, exposure against the cap, and the gate's own words.
    static func lines(_ rollout: RolloutSummary, on console: Console) -> [String] {
        let counts = rollout.counts
        var lines = [
            "\(console.ink(rollout.release.text, .bold))  \(rollout.id)  "
                + console.ink(rollout.phase.printable, ink(of: rollout.phase))
                + (rollout.lane == "urgent" ? console.ink("  urgent lane", .yellow) : ""),
            "proven    \(bar(filled: counts.proven, marked: counts.offered, of: rollout.endpointCount, on: console))  "
                + "\(counts.proven) of \(rollout.endpointCount), \(counts.offered) offered",
            "exposure  \(exposureBar(rollout, on: console))  \(counts.exposed) of \(rollout.cap) allowed, "
                + "most \(rollout.maxExposed) of \(rollout.capAtMaxExposed)",
        ]
        let bad = [(counts.failed, "failed"), (counts.silent, "silent"), (counts.withdrawn, "withdrawn")]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        if !bad.isEmpty { lines.append("ended     \(console.ink(bad.joined(separator: ", "), .red))") }
        for cohort in rollout.haltedCohorts ?? [] {
            lines.append(
                "halted    \(console.ink(cohort.printable, .red)), alone: dropped there, and never offered again")
        }
        lines.append("lab       \(LabWord(rollout.lab).text(on: console))")
        if let document = rollout.document, let text = try? CanonicalJSON.encode(document) {
            lines.append("policy    \(String(decoding: text, as: UTF8.self).printable)")
        }
        if let verdict = rollout.verdict {
            lines.append("gate      \(console.ink(verdict.verdict.printable, .bold))")
            lines += verdict.reasons.map { "          \(console.ink($0.printable, .grey))" }
        }
        return lines
    }

    /// The same on one line, for where there is no terminal.
    static func plain(_ rollout: RolloutSummary) -> String {
        let counts = rollout.counts
        let verdict = rollout.verdict.map { " - \($0.verdict): \($0.reasons.joined(separator: "; "))".printable } ?? ""
        return "\(rollout.release) \(rollout.phase.printable): exposed \(counts.exposed) of \(rollout.cap) allowed, "
            + "proven \(counts.proven) of \(rollout.endpointCount), offered \(counts.offered), "
            + "failed \(counts.failed), silent \(counts.silent)\(verdict)"
    }

    private static func exposureBar(_ rollout: RolloutSummary, on console: Console) -> String {
        let scale = max(rollout.endpointCount, rollout.cap, rollout.counts.exposed, 1)
        let filled = width(of: rollout.counts.exposed, in: scale)
        let allowed = max(filled, width(of: rollout.cap, in: scale))
        return console.ink(
            String(repeating: "█", count: filled), rollout.counts.exposed > rollout.cap ? .red : .yellow)
            + console.ink(String(repeating: "▒", count: allowed - filled), .green)
            + console.ink(String(repeating: "░", count: barWidth - allowed), .grey)
    }

    private static func bar(filled: Int, marked: Int, of whole: Int, on console: Console) -> String {
        let scale = max(whole, marked, 1)
        let full = width(of: filled, in: scale)
        let half = max(full, width(of: marked, in: scale))
        return console.ink(String(repeating: "█", count: full), .green)
            + console.ink(String(repeating: "▒", count: half - full), .yellow)
            + console.ink(String(repeating: "░", count: barWidth - half), .grey)
    }

    /// Characters that stand for `count` of `scale`. Anything above none shows.
    private static func width(of count: Int, in scale: Int) -> Int {
        guard count > 0 else { return 0 }
        return min(barWidth, max(1, Int(Double(count) / Double(scale) * Double(barWidth))))
    }
}
