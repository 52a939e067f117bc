import ContentPack
import FleetModel

/// Sends events that no sensor would: every pair of fields in every pair of states, and bytes that are no event.
struct HostileStage {
    let plan: LabPlan

    func run(_ bench: inout LabBench) async -> StageReport {
        var report = StageReport()
        let hostile = plan.hostileEvents
        let battery = await bench.run(LabBattery(count: hostile.count) { hostile.event($0) })
        report.add(battery, within: plan.budget)
        let malformed = MalformedEvents.all()
        let refused = await bench.run(LabBattery(malformed, expectation: .refused))
        report.add(refused, within: plan.budget)
        report.count("events", battery.evaluated)
        report.count("made_from", hostile.bases.count)
        report.count("pairs_of_states", hostile.pairCount)
        report.count("malformed", malformed.count)
        report.count("malformed_refused", refused.refused)
        report.count("matches", battery.matchCount)
        report.count("peak_resident_bytes", max(battery.peakResidentBytes, refused.peakResidentBytes))
        await lookAtNothing(&bench, &report)
        return report
    }

    /// An event of each kind that carries no field at all: a rule that matches it asks for nothing.
    private func lookAtNothing(_ bench: inout LabBench, _ report: inout StageReport) async {
        let kinds = EventKind.allCases
        let empty = kinds.map {
            LabEvent(TelemetryEvent(kind: $0, at: Moment(milliseconds: 0)), name: "a \($0.category) without any field")
        }
        let battery = await bench.run(LabBattery(empty))
        report.add(battery, within: plan.budget)
        let titles = Dictionary(plan.pack.manifest.rules.map { ($0.id, $0.title) }) { first, _ in first }
        for (number, rules) in battery.matches.sorted(by: { $0.key < $1.key }) {
            for rule in rules {
                report.find(
                    .warning, .matchesNothing, titles[rule] ?? rule,
                    "matches \(empty[number].name), and so perhaps every one", event: empty[number].encoded)
            }
        }
    }
}
