import FleetModel
import Synchronization

/// The bounded queue between a sensor's thread and the agent, with its counts.
final class SensorOutput: Sendable {
    let events: AsyncStream<TelemetryEvent>
    private let continuation: AsyncStream<TelemetryEvent>.Continuation
    private let counts = Mutex(SensorCounters())

    init(queueCountMax: Int) {
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(queueCountMax))
    }

    /// Queues an event, or drops and counts it.
    func put(_ event: TelemetryEvent) {
        let result = continuation.yield(event)
        counts.withLock { counts in
            counts.observed += 1
            if case .dropped = result { counts.lostInQueue += 1 }
        }
    }

    func count(_ change: (inout SensorCounters) -> Void) { counts.withLock { change(&$0) } }

    var counters: SensorCounters { counts.withLock { $0 } }

    /// Called when the consumer is cancelled or lets go of the stream.
    func onEnd(_ end: @escaping @Sendable () -> Void) { continuation.onTermination = { _ in end() } }

    func finish() { continuation.finish() }
}
