import ContentPack
import FleetModel
import WorkerSandbox
import WorkerWire

/// Changes programs under a worker while events are in flight: load, load again, upgrade, downgrade, a program that is
/// refused, unload. No event may be lost or evaluated twice, and each is answered by the program in force.
struct ChangeoverStage {
    let plan: LabPlan

    /// What is sent: programs, and between them the same events over and over.
    private enum Step {
        case program([UInt8], isOurs: Bool)
        /// Bytes that no worker loads: the program before stays in force.
        case broken
    }

    /// What a change of program must show.
    private struct Tally {
        var sent: UInt64 = 0
        var changes = 0
        var refusals = 0
        /// By the sequence of the event: whether our program was in force when it was sent.
        var isOurs: [Bool] = []
        var matches: [UInt64: Set<String>] = [:]
        var wrongOrder = 0
        var repeated = 0
    }

    func run() async -> StageReport {
        var report = StageReport()
        var tally = Tally()
        do throws(LabDeath) {
            var worker = try await LabWorker.start(plan.launch, deadline: plan.budget.loadDeadline)
            defer { worker.process.kill() }
            let expected = try await expectations(&worker, &tally)
            for step in steps { try await take(step, &worker, &tally) }
            try await settle(&worker, &tally, &report)
            try await reload(&worker, &report)
            judge(tally, expected, &report)
            await unload(&worker, expected, &report)
        } catch {
            report.find(
                .failure, error.code == .workerMissing ? .workerMissing : error.code, plan.pack.release.text,
                "the worker \(error.words), while programs changed")
        }
        report.count("previous_releases", plan.previous.count)
        report.count("changes", tally.changes)
        report.count("refused_changes", tally.refusals)
        report.count("events_in_flight", tally.sent)
        if plan.previous.isEmpty {
            report.find(
                .note, .previousMissing, plan.pack.release.text,
                "no earlier release was given: the program was changed over with itself only")
        }
        return report
    }

    private var events: [[UInt8]] {
        let all = plan.pack.examples.prefix(LabLimit.changeoverEventCountMax).map { EventCoding.encode($0.event) }
        var byteCount = 0
        return all.filter { event in
            byteCount += event.count
            return byteCount <= LabLimit.batchBytesMax
        }
    }

    /// Upgrade and downgrade with every earlier release, ours between them, and a broken program.
    private var steps: [Step] {
        let ours = Step.program(plan.pack.program, isOurs: true)
        var steps = [ours, .broken, ours]
        for previous in plan.previous.reversed() { steps += [.program(previous.program, isOurs: false), ours] }
        for previous in plan.previous { steps += [.program(previous.program, isOurs: false), .broken, ours] }
        return steps
    }

    /// What our program says to each event, from a first pass.
    private func expectations(_ worker: inout LabWorker, _ tally: inout Tally) async throws(LabDeath) -> [Set<String>] {
        _ = try await worker.load(plan.pack.program, deadline: plan.budget.loadDeadline)
        let events = events
        for (number, event) in events.enumerated() {
            try await worker.send(
                .event(sequence: UInt64(number), encoded: event), deadline: plan.budget.answerDeadline)
        }
        var expected = Array(repeating: Set<String>(), count: events.count)
        for frame in try await worker.settle(deadline: plan.budget.answerDeadline).frames {
            guard case .match(let match) = frame, match.sequence < events.count else { continue }
            expected[Int(match.sequence)].insert(match.ruleID)
        }
        return expected
    }

    /// Sends a program and, without waiting for its answer, events.
    private func take(_ step: Step, _ worker: inout LabWorker, _ tally: inout Tally) async throws(LabDeath) {
        let wasOurs = tally.isOurs.last ?? true
        let isOurs: Bool
        switch step {
        case .program(let program, let ours):
            _ = try await worker.sendProgram(program, deadline: plan.budget.loadDeadline)
            tally.changes += 1
            isOurs = ours
        case .broken:
            _ = try await worker.sendProgram(Array("no program".utf8), deadline: plan.budget.loadDeadline)
            tally.refusals += 1
            isOurs = wasOurs
        }
        for event in events {
            try await worker.send(.event(sequence: tally.sent, encoded: event), deadline: plan.budget.answerDeadline)
            tally.sent += 1
            tally.isOurs.append(isOurs)
        }
    }

    /// Hears the answers to all of it, and checks counts and order.
    private func settle(_ worker: inout LabWorker, _ tally: inout Tally, _ report: inout StageReport)
        async throws(LabDeath)
    {
        let settlement = try await worker.settle(deadline: plan.budget.loadDeadline)
        let eventCount = UInt64(events.count)
        var answers = 0
        var refusals = 0
        for frame in settlement.frames {
            switch frame {
            case .loaded: answers += 1
            case .refused:
                answers += 1
                refusals += 1
            case .match(let match):
                // Every program is followed by the same number of events: the answers so far tell which are due.
                if eventCount > 0, Int(clamping: match.sequence / eventCount) != answers - 1 { tally.wrongOrder += 1 }
                if !tally.matches[match.sequence, default: []].insert(match.ruleID).inserted { tally.repeated += 1 }
            default: break
            }
        }
        if settlement.evaluated != tally.sent || settlement.refused != 0 {
            report.find(
                .failure, .eventsLost, plan.pack.release.text,
                "\(tally.sent) events were in flight while programs changed, and the worker counts "
                    + "\(settlement.evaluated) evaluated and \(settlement.refused) refused")
        }
        if answers != tally.changes + tally.refusals || refusals != tally.refusals {
            report.find(
                .failure, .changeoverWrong, plan.pack.release.text,
                "\(tally.changes) programs and \(tally.refusals) broken ones were sent, and the worker loaded "
                    + "\(answers - refusals) and refused \(refusals)")
        }
    }

    /// Loads the program again and again: what a change leaves behind shows as memory.
    private func reload(_ worker: inout LabWorker, _ report: inout StageReport) async throws(LabDeath) {
        let before = worker.residentBytes
        for _ in 0..<LabLimit.reloadCount {
            _ = try await worker.load(plan.pack.program, deadline: plan.budget.loadDeadline)
        }
        let after = worker.residentBytes
        report.count("reloads", LabLimit.reloadCount)
        report.count("resident_bytes", after)
        report.count("grown_bytes", Int64(clamping: after) - Int64(clamping: before))
        if after > plan.budget.residentBytes {
            report.find(
                .failure, .overMemory, plan.pack.release.text,
                "after \(LabLimit.reloadCount) changes the worker uses \(after) bytes, and the budget is "
                    + "\(plan.budget.residentBytes)")
        }
    }

    private func judge(_ tally: Tally, _ expected: [Set<String>], _ report: inout StageReport) {
        if tally.repeated > 0 {
            report.find(.failure, .eventsLost, plan.pack.release.text, "\(tally.repeated) matches came twice")
        }
        if tally.wrongOrder > 0 {
            report.find(
                .failure, .changeoverWrong, plan.pack.release.text,
                "\(tally.wrongOrder) matches came from another program than the one that was in force")
        }
        var differing = 0
        for sequence in 0..<Int(tally.sent) where tally.isOurs[sequence] {
            let found = tally.matches[UInt64(sequence)] ?? []
            if !found.isSuperset(of: expected[sequence % expected.count]) { differing += 1 }
        }
        report.count("answers_that_differ", differing)
        if differing > 0 {
            report.find(
                .failure, .changeoverWrong, plan.pack.release.text,
                "\(differing) events were answered otherwise than before the programs changed")
        }
    }

    /// Ends the worker with events in flight: it evaluates what it was sent, then exits in order.
    private func unload(_ worker: inout LabWorker, _ expected: [Set<String>], _ report: inout StageReport) async {
        let events = events
        for (number, event) in events.enumerated() {
            try? await worker.send(
                .event(sequence: UInt64(number), encoded: event), deadline: plan.budget.answerDeadline)
        }
        let (frames, death) = await worker.finish(deadline: plan.budget.answerDeadline)
        var found = Array(repeating: Set<String>(), count: events.count)
        for frame in frames {
            guard case .match(let match) = frame, match.sequence < events.count else { continue }
            found[Int(match.sequence)].insert(match.ruleID)
        }
        if case .ended(let ending) = death.cause, ending.isOrderly {
            let missing = zip(expected, found).count { !$1.isSuperset(of: $0) }
            guard missing > 0 else { return }
            report.find(
                .failure, .unloadWrong, plan.pack.release.text,
                "\(missing) events that were in flight when the worker was told to end were not answered")
        } else {
            report.find(.failure, .unloadWrong, plan.pack.release.text, "told to end, the worker \(death.words)")
        }
    }
}
