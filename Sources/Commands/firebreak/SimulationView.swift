import FleetSimulator

/// A simulation's result, for a person.
enum SimulationView {
    /// One look at a rollout, in one line.
    static func plain(_ point: TracePoint) -> String {
        let hours = Int(point.minute) / 60
        let minutes = Int(point.minute) % 60
        let clock = "\(hours):\(minutes < 10 ? "0" : "")\(minutes) h"
        var parts = [
            clock, "offered \(NumberText.grouped(point.offered))", "proven \(NumberText.grouped(point.proven))",
            "exposed \(NumberText.grouped(point.exposed))",
        ]
        if let cap = point.cap { parts.append("cap \(NumberText.grouped(cap))") }
        parts.append("broken \(NumberText.grouped(point.broken))")
        return parts.joined(separator: "  ")
    }

    static func lines(_ report: SimulationReport, release: String, on console: Console) -> [String] {
        var sheet = FactSheet()
        sheet.add("fleet", "\(NumberText.grouped(report.fleet)) endpoints, seed \(report.seed)")
        sheet.add("policy", "\(report.policy)")
        sheet.add("release", Table.Cell(release))
        if let minutes = report.minutesToHalt {
            sheet.add("outcome", Table.Cell("halted after \(NumberText.minutes(minutes))", .red))
        } else {
            sheet.add("outcome", Table.Cell("not halted", .green))
        }
        sheet.add("offered to", "\(NumberText.grouped(report.offered)), in \(report.rounds) bakes")
        sheet.add("broken", Table.Cell(NumberText.grouped(report.broken), report.broken > 0 ? .red : .green))
        sheet.add("hands needed", "\(NumberText.grouped(report.hands))")
        sheet.add(
            "99% have it", Table.Cell(report.minutesToP99Coverage.map { "after \(NumberText.minutes($0))" } ?? "never"))
        sheet.add("exposed", "\(NumberText.grouped(report.maxExposed)) at most")
        if report.haltedCohorts > 0 { sheet.add("cohorts halted", "\(report.haltedCohorts)") }
        if report.policy == PolicyKind.firebreak.rawValue { sheet.add("cap", cap(report.capViolations)) }
        let cost = "\(NumberText.tenths(report.wallSeconds)) s, \(report.peakMemoryBytes >> 20) MiB"
        sheet.add("took", "\(cost), \(NumberText.grouped(report.events)) events")
        return sheet.lines(on: console)
    }

    private static func cap(_ violations: Int) -> Table.Cell {
        violations == 0 ? Table.Cell("kept at every event", .green) : Table.Cell("broken \(violations) times", .red)
    }

    static func lines(_ summary: SeedSummary, release: String, on console: Console) -> [String] {
        var sheet = FactSheet()
        sheet.add("fleet", "\(NumberText.grouped(summary.fleet)) endpoints")
        sheet.add("policy", "\(summary.policy)")
        sheet.add("release", Table.Cell(release))
        sheet.add("seeds", "\(summary.seeds), from \(summary.firstSeed) on; \(summary.halted) halted")
        if summary.policy == PolicyKind.firebreak.rawValue { sheet.add("cap", cap(summary.capViolations)) }
        var table = Table(("OVER ALL SEEDS", .left), ("MEDIAN", .right), ("P99", .right), ("MAX", .right))
        func add(_ name: String, _ spread: SeedSummary.Spread?, _ text: (Double) -> String) {
            guard let spread else { return }
            table.add([
                Table.Cell(name), Table.Cell(text(spread.median)), Table.Cell(text(spread.p99)),
                Table.Cell(text(spread.max)),
            ])
        }
        func count(_ number: Double) -> String { NumberText.grouped(Int(number)) }
        add("broken", summary.broken, count)
        add("hands needed", summary.hands, count)
        add("exposed at most", summary.maxExposed, count)
        add("bakes", summary.rounds, count)
        add("time to halt", summary.minutesToHalt, NumberText.minutes)
        add("time to 99%", summary.minutesToP99Coverage, NumberText.minutes)
        return sheet.lines(on: console) + [""] + table.lines(on: console)
    }

    static func lines(_ replay: WeatherReplay, on console: Console) -> [String] {
        var sheet = FactSheet()
        sheet.add("weather", "seed \(replay.seed)")
        for counter in replay.counters { sheet.add(counter.name, "\(counter.count)") }
        sheet.add(
            "invariants",
            replay.violations.isEmpty
                ? Table.Cell("held", .green) : Table.Cell("broken \(replay.violations.count) times", .red))
        return sheet.lines(on: console)
    }
}
