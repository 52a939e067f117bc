import FleetModel
import WorkerSandbox
import WorkerWire

extension LabBench {
    /// Finds the event that killed a worker, by sending the suspects once more, one at a time: first to a fresh worker,
    /// then, when none of them kills it, after everything that the dead one had been sent.
    ///
    /// - Parameters:
    ///   - suspects: Numbers of the events that were not answered, ascending.
    ///   - history: Numbers of those that the dead worker had answered before.
    /// - Returns: What to report, and the number of the event where one was found.
    func blame(_ battery: LabBattery, _ suspects: [Int], after history: [Int], for death: LabDeath) async -> (
        LabFinding, Int?
    ) {
        if case .missing = death.cause {
            return (finding(death, subject: plan.launch.executable, ""), nil)
        }
        if let (number, words) = await killer(among: suspects, of: battery, after: []) {
            let isAlone = await killer(among: [number], of: battery, after: []) != nil
            let event = battery.event(number)
            let how = isAlone ? "this event alone kills a fresh worker" : "after the events before it in its batch"
            return (finding(death, subject: event.name, "; \(how)", event.encoded, words), number)
        }
        if !history.isEmpty, let (number, words) = await killer(among: suspects, of: battery, after: history) {
            let event = battery.event(number)
            let count = history.count + (suspects.firstIndex(of: number) ?? 0)
            let how = "; after the \(count) events before it"
            return (finding(death, subject: event.name, how, event.encoded, words), number)
        }
        let name = suspects.first.map { battery.event($0).name } ?? ""
        let more = "; it did not happen again when the same events were sent once more"
        return (finding(death, subject: "\(suspects.count) events from \(name)", more), nil)
    }

    private func finding(
        _ death: LabDeath, subject: String, _ more: String, _ event: [UInt8]? = nil, _ words: String? = nil
    ) -> LabFinding {
        LabFinding(
            .failure, death.code, subject: subject, message: "the worker \(words ?? death.words)\(more)", event: event)
    }

    /// The first of `suspects` on which a fresh worker dies, and its last words; nil when it lives.
    ///
    /// - Parameter history: Numbers of the events that are sent to it first.
    private func killer(among suspects: [Int], of battery: LabBattery, after history: [Int]) async -> (Int, String)? {
        let deadline = plan.budget.answerDeadline
        guard var worker = try? await Self.loadedWorker(plan) else { return nil }
        defer { worker.process.kill() }
        var next = 0
        while next < history.count {
            var byteCount = 0
            let end = min(history.count, next + LabLimit.batchEventCountMax)
            while next < end, byteCount < LabLimit.batchBytesMax {
                let event = battery.event(history[next])
                byteCount += event.encoded.count
                let frame = AgentFrame.event(sequence: UInt64(history[next]), encoded: event.encoded)
                guard (try? await worker.send(frame, deadline: deadline)) != nil else { return nil }
                next += 1
            }
            guard (try? await worker.settle(deadline: deadline)) != nil else { return nil }
        }
        for number in suspects {
            do throws(LabDeath) {
                let event = battery.event(number)
                try await worker.send(.event(sequence: UInt64(number), encoded: event.encoded), deadline: deadline)
                _ = try await worker.settle(deadline: deadline)
            } catch {
                return (number, error.words)
            }
        }
        return nil
    }
}
