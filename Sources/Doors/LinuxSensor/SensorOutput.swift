import FleetModel
import Synchronization

/// The bounded queue between a sensor's threads and the agent, with its counts.
final class SensorOutput: Sendable {
    /// How an event stands against others when the queue is nearly full.
    enum Precedence {
        /// May take every place.
        case first
        /// Leaves the reserved places free.
        case second
    }

    let events: AsyncStream<TelemetryEvent>
    /// The same, as many at once as wait.
    let batches: AsyncStream<[TelemetryEvent]>
    private let queue: EventQueue
    private let state = Mutex(State())
    private let reservedCount: Int

    private struct State {
        var counters = SensorCounters()
        /// Threads that may still put events.
        var sourceCount = 0
    }

    init(queueCountMax: Int) {
        reservedCount = min(SensorLimit.reservedQueueCount, queueCountMax / 4)
        let queue = EventQueue(countMax: queueCountMax)
        events = AsyncStream(unfolding: { await queue.next() }, onCancel: { queue.cancel() })
        batches = AsyncStream(
            unfolding: { await queue.next(SensorLimit.batchCountMax) }, onCancel: { queue.cancel() })
        self.queue = queue
    }

    /// Queues an event, or drops and counts it.
    func put(_ event: TelemetryEvent, _ precedence: Precedence = .first) { put([event], precedence) }

    /// Queues events, as many as there is room for, and drops and counts the others.
    func put(_ events: [TelemetryEvent], _ precedence: Precedence) {
        let taken = queue.append(events, keepingFree: precedence == .first ? 0 : reservedCount)
        state.withLock { state in
            state.counters.observed += UInt64(events.count)
            state.counters.lostInQueue += UInt64(events.count - taken)
        }
    }

    /// Events that would find room now.
    func room(_ precedence: Precedence) -> Int {
        queue.room(keepingFree: precedence == .first ? 0 : reservedCount)
    }

    func count(_ change: (inout SensorCounters) -> Void) { state.withLock { change(&$0.counters) } }

    var counters: SensorCounters { state.withLock { $0.counters } }

    /// Called when the consumer is cancelled, or when the stream has ended.
    func onEnd(_ end: @escaping @Sendable () -> Void) { queue.onEnd(end) }

    /// One more thread will put events.
    func enter() { state.withLock { $0.sourceCount += 1 } }

    /// A thread puts no more events. With the last one the stream ends.
    func leave() {
        let isLast = state.withLock { state in
            state.sourceCount -= 1
            return state.sourceCount == 0
        }
        if isLast { finish() }
    }

    /// The stream ends when what waits was taken.
    func finish() { queue.finish() }
}
