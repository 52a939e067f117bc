import FleetModel
import Synchronization

/// The bounded queue between a sensor's thread and the agent, with its counts.
final class SensorOutput: Sendable {
    let events: AsyncStream<TelemetryEvent>
    private let continuation: AsyncStream<TelemetryEvent>.Continuation
    private let state = Mutex(State())
    private let reservedCount: Int

    private struct State {
        var counters = SensorCounters()
        /// Free places, as of the latest event that was put.
        var remaining = Int.max
        var probedAt: Int64 = 0
        /// Threads that may still put events.
        var sourceCount = 0
    }

    /// How an event stands against others when the queue is nearly full.
    enum Precedence {
        /// May take every place.
        case first
        /// Leaves the reserved places free.
        case second
    }

    init(queueCountMax: Int) {
        reservedCount = min(SensorLimit.reservedQueueCount, queueCountMax / 4)
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(queueCountMax))
    }

    /// Queues an event, or drops and counts it.
    func put(_ event: TelemetryEvent, _ precedence: Precedence = .first) {
        guard precedence == .first || mayTakePlace() else {
            return state.withLock { state in
                state.counters.observed += 1
                state.counters.lostInQueue += 1
            }
        }
        let result = continuation.yield(event)
        state.withLock { state in
            state.counters.observed += 1
            switch result {
            case .enqueued(let remaining): state.remaining = remaining
            case .dropped:
                state.remaining = 0
                state.counters.lostInQueue += 1
            default: break
            }
        }
    }

    /// The queue tells its free places only to those who put something in: now and then one is let through to learn them.
    private func mayTakePlace() -> Bool {
        state.withLock { state in
            if state.remaining > reservedCount { return true }
            let now = SensorClock.monotonicMilliseconds()
            guard now - state.probedAt >= SensorLimit.probeMilliseconds else { return false }
            state.probedAt = now
            return true
        }
    }

    func count(_ change: (inout SensorCounters) -> Void) { state.withLock { change(&$0.counters) } }

    var counters: SensorCounters { state.withLock { $0.counters } }

    /// Called when the consumer is cancelled or lets go of the stream.
    func onEnd(_ end: @escaping @Sendable () -> Void) { continuation.onTermination = { _ in end() } }

    /// One more thread will put events.
    func enter() { state.withLock { $0.sourceCount += 1 } }

    /// A thread puts no more events. With the last one the stream ends.
    func leave() {
        let isLast = state.withLock { state in
            state.sourceCount -= 1
            return state.sourceCount == 0
        }
        if isLast { continuation.finish() }
    }

    func finish() { continuation.finish() }
}
