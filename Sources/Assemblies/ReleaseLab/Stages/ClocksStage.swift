import ContentPack
import FleetModel

/// Sends every rule's examples at moments at which clocks have broken programs before: the rule's answer to its own
/// examples does not depend on the date.
struct ClocksStage {
    let plan: LabPlan

    func run(_ bench: inout LabBench) async -> StageReport {
        var report = StageReport()
        let examples = plan.pack.examples
        var sent = 0
        var differing = 0
        let before = await answers(at: nil, &bench, &report)
        for (name, moment) in WarpedClocks.moments {
            let after = await answers(at: moment, &bench, &report)
            sent += examples.count
            for (number, example) in examples.enumerated() where before[number] != after[number] {
                differing += 1
                report.find(
                    .failure, .clockDependent, example.place,
                    "at \(name) \(example.rule.file) \(after[number] ? "matches" : "does not match") this event, "
                        + "and otherwise it does\(after[number] ? " not" : "")")
            }
        }
        await runWild(&bench, &report)
        report.count("moments", WarpedClocks.moments.count)
        report.count("events", sent)
        report.count("answers_that_differ", differing)
        return report
    }

    /// For each example, whether its own rule matches it when the rule's first example is at `moment`.
    private func answers(at moment: Moment?, _ bench: inout LabBench, _ report: inout StageReport) async -> [Bool] {
        let examples = plan.pack.examples
        // Correlations begin anew, so that one moment's events are none of the next one's.
        do throws(LabDeath) {
            try await bench.renew()
        } catch {
            report.find(.failure, error.code, plan.pack.release.text, "the worker \(error.words)")
        }
        var first: [String: Moment] = [:]
        for example in examples where first[example.rule.id] == nil { first[example.rule.id] = example.event.at }
        let events = examples.map { example in
            var event = example.event
            if let moment { event.at = moment + (event.at - (first[example.rule.id] ?? event.at)) }
            return LabEvent(event, name: "\(example.place) at \(event.at.milliseconds) ms")
        }
        let battery = await bench.run(LabBattery(events))
        report.add(battery, within: plan.budget)
        return examples.indices.map { battery.matches[$0]?.contains(examples[$0].rule.id) ?? false }
    }

    /// One clock that jumps between all moments from event to event, forward and back.
    private func runWild(_ bench: inout LabBench, _ report: inout StageReport) async {
        let trueEvents = plan.pack.examples.filter(\.isMatch)
        let moments = WarpedClocks.moments
        guard !trueEvents.isEmpty else { return }
        var random = LabRandom(seed: plan.seed)
        let jumps = (0..<(4 * trueEvents.count)).map { _ in random.below(moments.count) }
        let battery = await bench.run(
            LabBattery(count: jumps.count) { number in
                var event = trueEvents[number % trueEvents.count].event
                event.at = moments[jumps[number]].at
                return LabEvent(
                    event, name: "\(trueEvents[number % trueEvents.count].place) at \(moments[jumps[number]].name)")
            })
        report.add(battery, within: plan.budget)
        report.count("jumps", jumps.count)
    }
}
