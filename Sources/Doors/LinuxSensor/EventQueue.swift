import DequeModule
import FleetModel
import Synchronization

/// A bounded queue of events that one task takes from.
///
/// Not the buffer of an AsyncStream: that one tells how full it is only to those who put something in, and takes and gives
/// events one at a time.
final class EventQueue: Sendable {
    private struct State {
        var events: Deque<TelemetryEvent> = []
        var isFinished = false
        var waiter: CheckedContinuation<[TelemetryEvent]?, Never>?
        /// The most that `waiter` takes.
        var waiterCountMax = 0
        var end: (@Sendable () -> Void)?

        /// The first that wait, at most `countMax`; nil when none do.
        mutating func take(_ countMax: Int) -> [TelemetryEvent]? {
            guard !events.isEmpty else { return nil }
            let taken = Array(events.prefix(countMax))
            events.removeFirst(taken.count)
            return taken
        }
    }

    private let state = Mutex(State())
    private let countMax: Int

    init(countMax: Int) { self.countMax = countMax }

    /// - Returns: How many of the first were taken; the others found no room.
    func append(_ events: [TelemetryEvent], keepingFree freeCount: Int) -> Int {
        let (taken, waiter, first) = state.withLock { state in
            let room = state.isFinished ? 0 : max(0, countMax - freeCount - state.events.count)
            let taken = min(room, events.count)
            state.events.append(contentsOf: events.prefix(taken))
            guard let waiter = state.waiter, let first = state.take(state.waiterCountMax) else {
                return (taken, nil as CheckedContinuation<[TelemetryEvent]?, Never>?, nil as [TelemetryEvent]?)
            }
            state.waiter = nil
            return (taken, waiter, first)
        }
        waiter?.resume(returning: first)
        return taken
    }

    func room(keepingFree freeCount: Int) -> Int {
        state.withLock { max(0, countMax - freeCount - $0.events.count) }
    }

    /// The next event, when there is one; nil when the queue is finished and empty.
    func next() async -> TelemetryEvent? { await next(1)?.first }

    /// Those that wait, at least one and at most `countMax`, when there are any; nil when the queue is finished and empty.
    func next(_ countMax: Int) async -> [TelemetryEvent]? {
        if let events = state.withLock({ $0.take(countMax) }) { return events }
        return await withCheckedContinuation { continuation in
            let (isReady, events) = state.withLock { state in
                if let events = state.take(countMax) { return (true, Optional(events)) }
                if state.isFinished { return (true, nil) }
                precondition(state.waiter == nil, "a sensor's events are taken by one task")
                (state.waiter, state.waiterCountMax) = (continuation, countMax)
                return (false, nil)
            }
            if isReady { continuation.resume(returning: events) }
        }
    }

    func onEnd(_ end: @escaping @Sendable () -> Void) { state.withLock { $0.end = end } }

    /// Nothing more comes.
    func finish() {
        let (waiter, end) = state.withLock { state in
            state.isFinished = true
            defer { (state.waiter, state.end) = (nil, nil) }
            return (state.waiter, state.end)
        }
        waiter?.resume(returning: nil)
        end?()
    }

    /// Nobody takes any more: what waits is let go of.
    func cancel() {
        state.withLock { $0.events = [] }
        finish()
    }
}
