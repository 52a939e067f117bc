package import FleetModel
import Glibc

/// How fast a recording is replayed.
package enum ReplayPace: Hashable, Sendable {
    /// As recorded, or so many times faster. Above 0.
    case recorded(speed: Double)
    /// A steady count of events a second. Above 0.
    case steady(eventsPerSecond: Double)
}

/// Plays a recording as if it happened now. Stands for the kernel where there is none to ask.
package final class ReplaySensor: TelemetrySensor {
    private let output: SensorOutput
    private let thread: SensorThread

    package var events: AsyncStream<TelemetryEvent> { output.events }
    package var batches: AsyncStream<[TelemetryEvent]> { output.batches }

    private init(output: SensorOutput, thread: SensorThread) {
        self.output = output
        self.thread = thread
    }

    deinit { thread.stop() }

    package func counters() -> SensorCounters { output.counters }

    package func stop() { thread.stop() }

    /// Starts to play.
    ///
    /// - Parameters:
    ///   - rounds: How often the recording is played; nil for ever. The stream ends after the last.
    ///   - offset: The event to begin with, modulo their count: endpoints that share a recording should differ.
    package static func start(
        _ recording: Recording, pace: ReplayPace, rounds: Int? = nil, offset: Int = 0,
        queueCountMax: Int = SensorLimit.queueCountMax
    ) throws(SensorError) -> ReplaySensor {
        let output = SensorOutput(queueCountMax: queueCountMax)
        let schedule = ReplaySchedule(events: recording.events, pace: pace, offset: offset)
        let thread = try SensorThread.start { play(schedule, rounds: rounds, output, $0) }
        output.onEnd { thread.stop() }
        return ReplaySensor(output: output, thread: thread)
    }

    private static func play(_ schedule: ReplaySchedule, rounds: Int?, _ output: SensorOutput, _ thread: SensorThread) {
        defer { output.finish() }
        var round = 0
        while round < rounds ?? .max {
            let begin = SensorClock.monotonicMilliseconds()
            for index in 0..<schedule.count {
                let wait = begin + schedule.milliseconds(ofEvent: index) - SensorClock.monotonicMilliseconds()
                guard thread.wait(for: -1, milliseconds: Int32(clamping: max(0, wait))) else { return }
                output.put(schedule.event(index, shiftedTo: SensorClock.now()))
            }
            // The last event's place in time is the length of the round; the next round begins one step after it.
            guard thread.wait(for: -1, milliseconds: schedule.restMilliseconds) else { return }
            round += 1
        }
    }
}

/// When each event of one round is due. Pure, so that it can be tested without waiting.
struct ReplaySchedule: Sendable {
    private let events: [TelemetryEvent]
    private let pace: ReplayPace
    private let offset: Int

    /// Longest pause between two events, 5 s: a recording that was left running overnight shall not stall a replay.
    static let pauseMillisecondsMax: Int64 = 5000

    init(events: [TelemetryEvent], pace: ReplayPace, offset: Int) {
        self.events = events
        self.pace = pace
        self.offset = ((offset % events.count) + events.count) % events.count
        switch pace {
        case .recorded(let speed): precondition(speed > 0, "A replay's speed is above 0.")
        case .steady(let rate): precondition(rate > 0, "A replay's rate is above 0.")
        }
        dues = Self.dues(of: Array(events[self.offset...] + events[..<self.offset]), pace: pace)
    }

    private let dues: [Int64]

    var count: Int { events.count }

    /// Milliseconds from the begin of the round to the event. Does not descend.
    func milliseconds(ofEvent index: Int) -> Int64 { dues[index] }

    /// Milliseconds from the last event of a round to the first of the next, at least 1: a loop must always wait.
    var restMilliseconds: Int32 {
        switch pace {
        case .recorded: 1000
        case .steady(let rate): Int32(clamping: Int64(max(1, 1000 / rate)))
        }
    }

    /// The event with all its times moved by one span, so that it happens at `moment`.
    func event(_ index: Int, shiftedTo moment: Moment) -> TelemetryEvent {
        let recorded = events[(index + offset) % events.count]
        let shift = moment - recorded.at
        var event = recorded
        event.at = moment
        event.lineage = recorded.lineage.map { node in
            var node = node
            node.startedAt = node.startedAt.map { $0 + shift }
            return node
        }
        return event
    }

    private static func dues(of events: [TelemetryEvent], pace: ReplayPace) -> [Int64] {
        switch pace {
        case .steady(let rate):
            return events.indices.map { Int64(clamping: Int((Double($0) * 1000 / rate).rounded())) }
        case .recorded(let speed):
            var due: Int64 = 0
            var dues: [Int64] = []
            for (index, event) in events.enumerated() {
                if index > 0 {
                    let pause = (event.at - events[index - 1].at).milliseconds
                    due += Int64(Double(min(max(0, pause), pauseMillisecondsMax)) / speed)
                }
                dues.append(due)
            }
            return dues
        }
    }
}
