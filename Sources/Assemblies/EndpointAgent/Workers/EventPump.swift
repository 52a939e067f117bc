import AgentEngine
import DequeModule
import FleetModel
import LinuxSensor
import Synchronization
import WorkerSandbox
import WorkerWire

/// Carries events from the sensor to the workers, and keeps each until its worker is known to have evaluated it.
///
/// Bounded everywhere. What does not fit is counted, and the count goes to the control plane.
final class EventPump: Sendable {
    /// Events kept for the alert that they may cause: eight seconds at 500 a second, and about 8 MiB. As many as the
    /// backlog, which goes to a new worker at once.
    static let recentCountMax = 4096
    /// Events that wait while the active worker is being replaced: some seconds of a busy host, about 10 MiB.
    static let backlogCountMax = 4096

    /// Bytes of events that are written to a worker together: some sixty ordinary ones, or one of the longest.
    static let portionBytesMax = 64 * 1024

    /// Events since the agent started.
    struct Counts: Hashable {
        /// By the active worker, as it says.
        var evaluated: UInt64 = 0
        /// Lost between sensor and active worker.
        var lost: UInt64 = 0
        /// That the shadow worker did not get: no loss of protection, and none of evidence either.
        var shadowMissed: UInt64 = 0
    }

    fileprivate struct State {
        struct Sent {
            let sequence: UInt64
            let event: TelemetryEvent
            let bytes: [UInt8]

            var frame: AgentFrame { .event(sequence: sequence, encoded: bytes) }
        }

        var sequence: UInt64 = 0
        /// Sent to the active worker, and not known to have been evaluated: in the order of their sequences, with gaps
        /// where no worker was sent the event.
        var recent: Deque<(sequence: UInt64, event: TelemetryEvent)> = []
        /// Waits for an active worker.
        var backlog: [Sent] = []
        var targets: [WorkerSlot: WorkerProcess] = [:]
        /// A worker is being started for the active slot.
        var expectsActive = false
        var counts = Counts()
    }

    private let state = Mutex(State())

    /// Pumps until the sensor stops or the task is cancelled.
    func run(_ batches: AsyncStream<[TelemetryEvent]>) async {
        for await events in batches { push(events) }
    }

    func push(_ event: TelemetryEvent) { push([event]) }

    /// Sends events on, all with one wake of their worker.
    func push(_ events: [TelemetryEvent]) {
        let encoded = events.map { (event: $0, bytes: EventCoding.encode($0)) }
        state.withLock { state in
            let numbered = encoded.map { event, bytes in
                state.sequence += 1
                return State.Sent(sequence: state.sequence, event: event, bytes: bytes)
            }
            let portions = State.portions(of: numbered)
            if let active = state.targets[.active] {
                for portion in portions { state.send(portion, to: active) }
            } else if state.expectsActive {
                let room = max(0, Self.backlogCountMax - state.backlog.count)
                state.backlog += numbered.prefix(room)
                state.counts.lost += UInt64(max(0, numbered.count - room))
            }
            guard let shadow = state.targets[.shadow] else { return }
            for portion in portions where (try? shadow.send(portion.map(\.frame))) != .accepted {
                state.counts.shadowMissed += UInt64(portion.count)
            }
        }
    }

    /// From now on events go to this worker. What waited for an active worker goes to it first.
    func aim(_ slot: WorkerSlot, at worker: WorkerProcess) {
        state.withLock { state in
            state.targets[slot] = worker
            guard slot == .active else { return }
            state.expectsActive = false
            let backlog = state.backlog
            state.backlog = []
            // One by one: what the worker cannot take of so many is lost, and not the rest with it.
            for sent in backlog { state.send([sent], to: worker) }
        }
    }

    /// The shadow worker gets no more events.
    func shadowEnded() { state.withLock { $0.targets[.shadow] = nil } }

    /// Makes the shadow worker the active one between two events. What waits for an active worker is lost: this one has
    /// had it as the shadow, whose matches are dropped.
    ///
    /// - Returns: The latest event that went to both: the worker before answers for it, this one for what follows.
    func promoteShadow(_ worker: WorkerProcess) -> UInt64 {
        state.withLock { state in
            state.targets = [.active: worker]
            state.expectsActive = false
            state.loseBacklog()
            return state.sequence
        }
    }

    /// The sequence of the latest event: a ping that is sent now is answered when it has been evaluated.
    var latestSequence: UInt64 { state.withLock { $0.sequence } }

    /// The event that a match is about; nil when it is no longer kept.
    func event(_ sequence: UInt64) -> TelemetryEvent? { state.withLock { $0.event(sequence) } }

    /// The active worker has evaluated everything up to `sequence`: `count` events more than it said before.
    func evaluated(through sequence: UInt64, count: UInt64) {
        state.withLock { state in
            state.counts.evaluated += count
            state.forget(through: sequence)
        }
    }

    /// There is no active worker, or no more. Events that were sent to one, and that nobody knows to have been
    /// evaluated, are lost.
    ///
    /// - Parameter expectsNext: Events wait until another comes. Otherwise nothing will evaluate those that come, which
    ///   is no loss; those that waited are lost.
    func activeEnded(expectsNext: Bool) {
        state.withLock { state in
            state.targets[.active] = nil
            state.counts.lost += UInt64(state.recent.count)
            state.recent = []
            state.expectsActive = expectsNext
            if !expectsNext { state.loseBacklog() }
        }
    }

    /// The active worker evaluates what it was sent, and then ends; no event goes to it any more.
    func activeFinishes() {
        state.withLock { state in
            state.targets[.active] = nil
            state.expectsActive = false
            state.loseBacklog()
        }
    }

    /// Counts events whose alerts were dropped.
    func lose(_ count: UInt64) { state.withLock { $0.counts.lost += count } }

    /// Events that are kept, at most `recentCountMax`.
    var recentCount: Int { state.withLock { $0.recent.count } }

    var counts: Counts { state.withLock { $0.counts } }
}

extension EventPump.State {
    /// `events` in order, as much together as goes to a worker in one write: what it has no room for is lost by the
    /// portion.
    fileprivate static func portions(of events: [Sent]) -> [ArraySlice<Sent>] {
        var portions: [ArraySlice<Sent>] = []
        var (start, byteCount) = (0, 0)
        for (index, sent) in events.enumerated() {
            if byteCount > 0, byteCount + sent.bytes.count > EventPump.portionBytesMax {
                portions.append(events[start..<index])
                (start, byteCount) = (index, 0)
            }
            byteCount += sent.bytes.count
        }
        if start < events.count { portions.append(events[start...]) }
        return portions
    }

    fileprivate func event(_ sequence: UInt64) -> TelemetryEvent? {
        let index = firstRecent(from: sequence)
        return index < recent.endIndex && recent[index].sequence == sequence ? recent[index].event : nil
    }

    fileprivate mutating func forget(through last: UInt64) {
        recent.removeFirst(firstRecent(from: last == .max ? last : last + 1))
    }

    /// Where the events from `sequence` on begin.
    private func firstRecent(from sequence: UInt64) -> Int {
        var (low, high) = (recent.startIndex, recent.endIndex)
        while low < high {
            let middle = (low + high) / 2
            if recent[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    fileprivate mutating func loseBacklog() {
        counts.lost += UInt64(backlog.count)
        backlog = []
    }

    /// Remembered first: its match may come before this returns.
    fileprivate mutating func send(_ events: ArraySlice<Sent>, to worker: WorkerProcess) {
        recent.append(contentsOf: events.lazy.map { ($0.sequence, $0.event) })
        recent.removeFirst(max(0, recent.count - EventPump.recentCountMax))
        guard (try? worker.send(events.map(\.frame))) == .accepted else {
            // Counted here, so not once more when the worker ends.
            recent.removeLast(min(events.count, recent.count))
            counts.lost += UInt64(events.count)
            return
        }
    }
}
