import ContentPack
import FleetModel

/// Runs recorded telemetry: how often rules match ordinary work, and what they see of attacks.
struct RecordedStage {
    let plan: LabPlan

    /// Matches of one rule on ordinary work.
    private struct Mistake {
        var count = 0
        var place: String
        var event: [UInt8]
    }

    func run(_ bench: inout LabBench) async -> StageReport {
        var report = StageReport()
        let recorded = plan.recordings.flatMap { recording in recording.events.map { (recording.fileName, $0) } }
        let benignCount = recorded.count { $0.1.attack == nil }
        guard benignCount > 0 else {
            report.obstacle = "no recording of ordinary work was given, so nothing is known of false positives"
            return report
        }
        let battery = await bench.run(
            LabBattery(count: recorded.count) { number in
                let (file, event) = recorded[number]
                return LabEvent(event.event, name: "\(file):\(event.line)")
            })
        report.add(battery, within: plan.budget)
        var mistakes: [String: Mistake] = [:]
        var mistakeCount = 0
        for (number, rules) in battery.matches where recorded[number].1.attack == nil {
            mistakeCount += rules.count
            let (file, event) = recorded[number]
            for rule in rules {
                let place = "\(file):\(event.line)"
                let isFirst = mistakes[rule].map { place < $0.place } ?? true
                let count = (mistakes[rule]?.count ?? 0) + 1
                if isFirst {
                    mistakes[rule] = Mistake(place: place, event: EventCoding.encode(event.event))
                }
                mistakes[rule]?.count = count
            }
        }
        report.count("recordings", plan.recordings.count)
        report.count("benign_events", benignCount)
        report.count("false_positives", mistakeCount)
        report.count("false_positives_per_million", mistakeCount * 1_000_000 / benignCount)
        report.count(
            "upper_bound_per_million", Int64(Self.upperBound(mistakeCount) * 1_000_000 / Double(benignCount)))
        judge(mistakes, mistakeCount, benignCount, &report)
        lookAtAttacks(battery, recorded.map(\.1), &report)
        return report
    }

    private func judge(
        _ mistakes: [String: Mistake], _ mistakeCount: Int, _ benignCount: Int, _ report: inout StageReport
    ) {
        let budget = plan.budget.falsePositivesPerMillion
        if mistakeCount * 1_000_000 > budget * benignCount {
            report.find(
                .failure, .falsePositives, plan.pack.release.text,
                "\(mistakeCount) matches on \(benignCount) benign events are "
                    + "\(mistakeCount * 1_000_000 / benignCount) in a million, and the budget is \(budget)")
        }
        let titles = Dictionary(plan.pack.manifest.rules.map { ($0.id, $0.title) }) { first, _ in first }
        for (rule, mistake) in mistakes.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }) {
            report.find(
                .warning, .benignMatched, titles[rule] ?? rule,
                "matched \(mistake.count) benign events, the first at \(mistake.place)", event: mistake.event)
        }
    }

    private func lookAtAttacks(_ battery: BatteryReport, _ events: [LabRecording.Event], _ report: inout StageReport) {
        var seen: [String: Bool] = [:]
        var eventCount = 0
        for (number, event) in events.enumerated() {
            guard let attack = event.attack else { continue }
            eventCount += 1
            seen[attack] = seen[attack, default: false] || battery.matches[number] != nil
        }
        report.count("attack_events", eventCount)
        report.count("attack_steps", seen.count)
        report.count("attack_steps_seen", seen.values.count { $0 })
        if eventCount > 0, !seen.values.contains(true) {
            report.find(
                .warning, .attackUnseen, plan.pack.release.text,
                "no rule matches any of the \(eventCount) events of recorded attacks")
        }
    }

    /// The 95% upper confidence bound of a Poisson mean, for so many seen (Garwood 1936; Wilson and Hilferty's
    /// approximation of the chi-squared quantile, exact to 1% here): what a small recording leaves open.
    static func upperBound(_ seen: Int) -> Double {
        guard seen > 0 else { return 2.9957 }
        let degrees = 2 * Double(seen + 1)
        let part = 2 / (9 * degrees)
        let root = 1 - part + 1.6449 * part.squareRoot()
        return degrees * root * root * root / 2
    }
}
