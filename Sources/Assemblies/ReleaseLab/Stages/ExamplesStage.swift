import ContentPack
import FleetModel

/// Runs every rule's own examples through the worker.
struct ExamplesStage {
    let plan: LabPlan

    func run(_ bench: inout LabBench) async -> StageReport {
        var report = StageReport()
        let examples = plan.pack.examples
        let events = examples.map { LabEvent($0.event, name: $0.place) }
        let battery = await bench.run(LabBattery(events))
        report.add(battery, within: plan.budget)
        report.count("rules", plan.pack.manifest.rules.count)
        report.count("true_events", examples.count { $0.isMatch })
        report.count("false_events", examples.count { !$0.isMatch })
        report.count("matches", battery.matchCount)
        for rule in plan.pack.rulesWithoutExamples {
            report.find(.failure, .exampleMissing, rule.file, "the rule \"\(rule.title)\" has no examples in the pack")
        }
        for (number, example) in examples.enumerated() where battery.isComplete {
            let isMatch = battery.matches[number]?.contains(example.rule.id) ?? false
            guard isMatch != example.isMatch else { continue }
            report.find(
                .failure, example.isMatch ? .exampleMissed : .exampleWrong, example.place,
                "\(example.rule.file) \(example.isMatch ? "must match this event and does not" : "must not match this event and does")",
                event: events[number].encoded)
        }
        return report
    }
}
