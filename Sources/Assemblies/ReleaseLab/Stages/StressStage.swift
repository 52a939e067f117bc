import ContentPack
import FleetModel

/// Measures what the program costs: steps by its own bound, events a second, the worst single event, memory.
struct StressStage {
    let plan: LabPlan

    func run(_ bench: inout LabBench) async -> StageReport {
        var report = StageReport()
        await runFast(&bench, &report)
        await runWorst(&bench, &report)
        let bound = plan.pack.manifest.program.costBound
        report.count("cost_bound_steps", bound)
        if bound > plan.budget.costSteps {
            report.find(
                .failure, .overCost, plan.pack.release.text,
                "one event can cost \(bound) steps, and the budget is \(plan.budget.costSteps)")
        }
        return report
    }

    /// Ordinary events as fast as the worker takes them.
    private func runFast(_ bench: inout LabBench, _ report: inout StageReport) async {
        let recorded = plan.recordings.flatMap { recording in recording.events.map(\.event) }
        let ordinary = recorded.isEmpty ? EventKind.allCases.map(HostileEvents.ordinary) : recorded
        let encoded = ordinary.map { EventCoding.encode($0) }
        let started = ContinuousClock.now
        let battery = await bench.run(
            LabBattery(count: LabLimit.stressEventCount) { number in
                LabEvent(encoded: encoded[number % encoded.count], name: "event \(number) at full speed")
            })
        let microseconds = max(1, (ContinuousClock.now - started).wholeMicroseconds)
        report.add(battery, within: plan.budget)
        let rate = Int64(battery.evaluated) * 1_000_000 / microseconds
        report.count("events", battery.evaluated)
        report.count("events_per_second", rate)
        report.count(
            "processor_nanoseconds_per_event",
            battery.processorMilliseconds * 1_000_000 / UInt64(max(1, battery.evaluated)))
        report.count("peak_resident_bytes", battery.peakResidentBytes)
        if rate < plan.budget.eventsPerSecondMin, battery.isComplete {
            report.find(
                .failure, .tooSlow, plan.pack.release.text,
                "\(rate) events a second, and a busy host needs \(plan.budget.eventsPerSecondMin)")
        }
    }

    /// The events that give rules most to do, one at a time: every text at full length and full of what rules look for.
    private func runWorst(_ bench: inout LabBench, _ report: inout StageReport) async {
        let hostile = plan.hostileEvents
        var largest: [Int] = []
        for number in 0..<hostile.count where largest.count < LabLimit.latencyEventCountMax {
            let states = hostile.states(of: number)
            if states.allSatisfy({ [.huge, .cut].contains($0.state) }) { largest.append(number) }
        }
        var worst: (microseconds: Int64, event: LabEvent)?
        var total: Int64 = 0
        for number in largest {
            let event = hostile.event(number)
            let started = ContinuousClock.now
            let battery = await bench.run(LabBattery([event]))
            let microseconds = (ContinuousClock.now - started).wholeMicroseconds
            report.add(battery, within: plan.budget)
            guard battery.deaths == 0 else { continue }
            total += microseconds
            if microseconds > worst?.microseconds ?? 0 { worst = (microseconds, event) }
        }
        report.count("heavy_events", largest.count)
        report.count("mean_heavy_microseconds", total / Int64(max(1, largest.count)))
        report.count("worst_microseconds", worst?.microseconds ?? 0)
        guard let worst, worst.microseconds > plan.budget.latency.milliseconds * 1_000 else { return }
        report.find(
            .failure, .overLatency, worst.event.name,
            "took \(worst.microseconds / 1_000) ms, and the budget is \(plan.budget.latency.milliseconds) ms",
            event: worst.event.encoded)
    }
}
