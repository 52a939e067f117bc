import ControlWire
import FleetModel

/// Why a gate stands where it stands, on a terminal and elsewhere.
enum ExplainView {
    static func lines(_ gate: GateExplanation, on console: Console) -> [String] {
        var lines = [
            "\(console.ink(gate.release.text, .bold))  \(gate.id)  "
                + console.ink(gate.phase.printable, RolloutView.ink(of: gate.phase))
                + (gate.lane == "urgent" ? console.ink("  urgent lane", .yellow) : ""),
            gate.headline.printable, "",
        ]
        let counts = gate.counts
        lines.append(
            "endpoints  \(counts.offered) offered: \(counts.proven) proven, \(counts.failed) failed, "
                + "\(counts.silent) silent, \(counts.withdrawn) withdrawn; \(counts.exposed) exposed, \(gate.waiting) waiting"
                + (gate.keptOut > 0 ? ", \(gate.keptOut) kept out by customers" : "")
        )
        lines.append("cap        \(gate.cap.value), of which \(gate.cap.weighed) are taken: \(limit(gate.cap))")
        lines.append("evidence   \(bar(gate.evidence, on: console))  \(evidence(gate.evidence))")
        lines += section("waits for", gate.waitsFor, on: console)
        lines += section("halted", gate.haltedCohorts.map { "\($0): dropped there, never offered again" }, on: console)
        lines += section(
            "shut rings",
            gate.shutRings.map { ring in
                let customer = ring.customer.isEmpty ? "endpoints of no customer" : "customer \(ring.customer)"
                return "\(customer), ring \(ring.ring): \(ring.reasons.joined(separator: "; "))"
            }, on: console)
        lines += section("holds", gate.holds, on: console)
        guard !gate.cohorts.isEmpty else { return lines }
        return lines + [""] + table(gate.cohorts).lines(on: console)
    }

    private static func section(_ name: String, _ items: [String], on console: Console) -> [String] {
        items.enumerated().map { index, item in
            let head = index == 0 ? name : ""
            return head + String(repeating: " ", count: 11 - head.count) + console.ink(item.printable, .yellow)
        }
    }

    /// Why the cap is what it is.
    private static func limit(_ cap: GateExplanation.Cap) -> String {
        let bound =
            "the rate is at most \(number(cap.rateUpperBound * 100))% at \(number(cap.confidence * 100))% confidence"
        return cap.limit == "growth"
            ? "the policy's growth holds it; \(bound)" : "a loss budget of \(cap.lossBudget), and \(bound)"
    }

    private static func evidence(_ evidence: GateExplanation.Evidence) -> String {
        "\(number(evidence.value)) of \(number(evidence.toHalt)) to halt; "
            + "\(evidence.harmed) failed or silent, the control lets expect \(number(evidence.expected))"
    }

    /// The way from nothing to a halt, even in the logarithm.
    private static func bar(_ evidence: GateExplanation.Evidence, on console: Console) -> String {
        let width = 20
        let share = evidence.lnToHalt > 0 ? min(1, max(0, evidence.ln / evidence.lnToHalt)) : 0
        let filled = Int((share * Double(width)).rounded(.down))
        return console.ink(String(repeating: "█", count: filled), share < 0.5 ? .yellow : .red)
            + console.ink(String(repeating: "░", count: width - filled), .grey)
    }

    /// Three digits and no more.
    private static func number(_ value: Double) -> String {
        if value >= 100_000 { return "over 100000" }
        let digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.995 ? 2 : 3
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }

    private static func table(_ cohorts: [GateExplanation.Cohort]) -> Table {
        var table = Table(
            ("COHORT", .left), ("WAITING", .right), ("EXPOSED", .right), ("CAP", .right), ("NEEDED", .right),
            ("BAKES", .right), ("STATE", .left))
        for cohort in cohorts {
            table.add([
                Table.Cell(cohort.cohort), Table.Cell(cohort.waiting), Table.Cell(cohort.exposed),
                Table.Cell(cohort.cap), Table.Cell(cohort.needed), Table.Cell(cohort.bakes),
                Table.Cell(cohort.isSuspected ? "suspected" : "", cohort.isSuspected ? .red : nil),
            ])
        }
        return table
    }
}
