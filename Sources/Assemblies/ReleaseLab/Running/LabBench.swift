import FleetModel
import WorkerSandbox
import WorkerWire

/// Runs batteries of events through workers, and outlives every one of them.
struct LabBench {
    let plan: LabPlan
    /// The worker with the pack's program loaded; nil when there is none.
    private var worker: LabWorker?
    /// Numbers of the battery's events that the worker at hand has answered: what a death may need to happen again.
    private var answered: [Int] = []
    private let tell: (Int) -> Void

    /// - Parameter tell: Called with the number of events that are behind it.
    init(_ plan: LabPlan, tell: @escaping (Int) -> Void) {
        self.plan = plan
        self.tell = tell
    }

    /// A new worker with the pack's program, in place of the one before.
    mutating func renew() async throws(LabDeath) {
        worker?.process.kill()
        worker = nil
        answered = []
        worker = try await Self.loadedWorker(plan)
    }

    /// Ends the worker.
    mutating func close() {
        worker?.process.kill()
        worker = nil
    }

    /// A worker with the plan's program loaded.
    static func loadedWorker(_ plan: LabPlan) async throws(LabDeath) -> LabWorker {
        var worker = try await LabWorker.start(plan.launch, deadline: plan.budget.loadDeadline)
        let answer = try await worker.load(plan.pack.program, deadline: plan.budget.loadDeadline)
        if case .refused(let refused) = answer {
            worker.process.kill()
            throw LabDeath(cause: .lied("the program is refused now: \(refused.code): \(refused.message)"))
        }
        return worker
    }

    /// Sends every event of the battery, and looks into every death.
    mutating func run(_ battery: LabBattery) async -> BatteryReport {
        var report = BatteryReport()
        var behind = 0
        var guilty: Set<Int> = []
        answered = []
        while behind < battery.count {
            let batch = Self.batch(of: battery, from: behind, without: guilty)
            do throws(LabDeath) {
                if worker == nil { try await renew() }
                try await send(batch.events, &report, battery)
                answered += batch.events.map(\.number)
                behind = batch.end
                tell(behind)
            } catch {
                worker?.process.kill()
                worker = nil
                report.deaths += 1
                let (finding, number) = await blame(
                    battery, batch.events.map(\.number), after: answered, for: error)
                report.findings.append(finding)
                // Sent once more without the guilty one; where none is known, the whole batch is passed over.
                if let number { guilty.insert(number) } else { behind = batch.end }
                guard report.deaths < LabLimit.deathsPerStageMax else {
                    report.isComplete = false
                    return report
                }
            }
        }
        return report
    }

    /// The next events, within the bounds of a batch.
    private static func batch(of battery: LabBattery, from start: Int, without guilty: Set<Int>)
        -> (events: [(number: Int, event: LabEvent)], end: Int)
    {
        var events: [(number: Int, event: LabEvent)] = []
        var byteCount = 0
        var next = start
        while next < battery.count, events.count < LabLimit.batchEventCountMax, byteCount < LabLimit.batchBytesMax {
            if !guilty.contains(next) {
                let event = battery.event(next)
                byteCount += event.encoded.count
                events.append((next, event))
            }
            next += 1
        }
        return (events, next)
    }

    /// Sends a batch and settles it.
    private mutating func send(
        _ events: [(number: Int, event: LabEvent)], _ report: inout BatteryReport, _ battery: LabBattery
    ) async throws(LabDeath) {
        guard var worker, let first = events.first, let last = events.last else { return }
        let processorBefore = worker.processorMilliseconds
        for (number, event) in events {
            try await worker.send(
                .event(sequence: UInt64(number), encoded: event.encoded), deadline: plan.budget.answerDeadline)
        }
        let settlement = try await worker.settle(deadline: plan.budget.answerDeadline)
        report.evaluated += Int(clamping: settlement.evaluated)
        report.refused += Int(clamping: settlement.refused)
        try collect(settlement.frames, first.number...last.number, &report)
        if settlement.evaluated + settlement.refused != UInt64(events.count) {
            report.findings.append(
                LabFinding(
                    .failure, .eventsLost, subject: "events \(first.number) to \(last.number)",
                    message: "\(events.count) were sent, and the worker counts \(settlement.evaluated) evaluated and "
                        + "\(settlement.refused) refused"))
        }
        let isWrong = battery.expectation == .evaluated ? settlement.refused > 0 : settlement.evaluated > 0
        if isWrong { try await findWrong(among: events, &worker, &report, battery.expectation) }
        report.peakResidentBytes = max(report.peakResidentBytes, worker.residentBytes)
        let processor = worker.processorMilliseconds
        report.processorMilliseconds += processor - min(processorBefore, processor)
        self.worker = worker
    }

    /// Takes the matches out of what the worker said.
    private func collect(_ frames: [WorkerFrame], _ range: ClosedRange<Int>, _ report: inout BatteryReport)
        throws(LabDeath)
    {
        for frame in frames {
            guard case .match(let match) = frame, let number = Int(exactly: match.sequence), range.contains(number)
            else { throw LabDeath(cause: .lied("a frame that no event asked for")) }
            guard report.matches[number]?.contains(match.ruleID) != true else {
                report.findings.append(
                    LabFinding(
                        .failure, .eventsLost, subject: match.ruleID, message: "it matched one event twice"))
                continue
            }
            report.matches[number, default: []].append(match.ruleID)
        }
    }

    /// Finds the events that were refused though they must be evaluated, or the reverse, one by one.
    private func findWrong(
        among events: [(number: Int, event: LabEvent)], _ worker: inout LabWorker, _ report: inout BatteryReport,
        _ expectation: LabBattery.Expectation
    ) async throws(LabDeath) {
        for (number, event) in events {
            try await worker.send(
                .event(sequence: UInt64(number), encoded: event.encoded), deadline: plan.budget.answerDeadline)
            let settlement = try await worker.settle(deadline: plan.budget.answerDeadline)
            switch expectation {
            case .evaluated where settlement.refused > 0:
                report.findings.append(
                    LabFinding(
                        .failure, .eventRefused, subject: event.name, message: "the worker refuses this event",
                        event: event.encoded))
            case .refused where settlement.evaluated > 0:
                report.findings.append(
                    LabFinding(
                        .failure, .malformedTaken, subject: event.name,
                        message: "the worker evaluates bytes that are no event", event: event.encoded))
            default: break
            }
        }
    }
}
