import AgentEngine
import FleetModel
import LinuxSensor
import Synchronization
import WorkerSandbox
import WorkerWire

/// Carries events from the sensor to the workers, and keeps each until its worker is known to have evaluated it.
///
/// Bounded everywhere. What does not fit is counted, and the count goes to the control plane.
final class EventPump: Sendable {
    /// Events kept for the alert that they may cause: two seconds at 500 a second, and about 2 MiB.
    static let recentCountMax = 1024
    /// Encoded events that wait while the active worker is being replaced: some seconds of a busy host, about 2 MiB.
    static let backlogCountMax = 4096

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
        var sequence: UInt64 = 0
        var recent: [UInt64: TelemetryEvent] = [:]
        /// Lowest sequence that may be in `recent`.
        var recentStart: UInt64 = 1
        var backlog: [(sequence: UInt64, bytes: [UInt8])] = []
        var targets: [WorkerSlot: WorkerProcess] = [:]
        /// A worker is being started for the active slot.
        var expectsActive = false
        var counts = Counts()
    }

    private let state = Mutex(State())

    /// Pumps until the sensor stops or the task is cancelled.
    func run(_ events: AsyncStream<TelemetryEvent>) async {
        for await event in events { push(event) }
    }

    func push(_ event: TelemetryEvent) {
        let bytes = EventCoding.encode(event)
        state.withLock { state in
            state.sequence += 1
            let sequence = state.sequence
            if let active = state.targets[.active] {
                state.remember(event)
                state.send(sequence, bytes, to: active)
            } else if state.expectsActive, state.backlog.count < Self.backlogCountMax {
                state.remember(event)
                state.backlog.append((sequence, bytes))
            } else if state.expectsActive {
                state.counts.lost += 1
            }
            if let shadow = state.targets[.shadow],
                (try? shadow.send(.event(sequence: sequence, encoded: bytes))) != .accepted
            {
                state.counts.shadowMissed += 1
            }
        }
    }

    /// From now on events go to this worker; nil: to none. What waited for an active worker goes to it first.
    func aim(_ slot: WorkerSlot, at worker: WorkerProcess?) {
        state.withLock { state in
            state.targets[slot] = worker
            guard slot == .active, let worker else { return }
            state.expectsActive = false
            let backlog = state.backlog
            state.backlog = []
            for (sequence, bytes) in backlog { state.send(sequence, bytes, to: worker) }
        }
    }

    /// Makes the shadow worker the active one between two events.
    ///
    /// - Returns: The latest event that went to both: the worker before answers for it, this one for what follows.
    func promoteShadow(_ worker: WorkerProcess) -> UInt64 {
        state.withLock { state in
            state.targets = [.active: worker]
            state.expectsActive = false
            return state.sequence
        }
    }

    /// Whether events are kept until an active worker comes. False: nothing will evaluate them, and none is lost.
    func expectActive(_ isExpected: Bool) {
        state.withLock { state in
            state.expectsActive = isExpected
            if !isExpected { state.backlog = [] }
        }
    }

    /// The sequence of the latest event: a ping that is sent now is answered when it has been evaluated.
    var latestSequence: UInt64 { state.withLock { $0.sequence } }

    /// The event that a match is about; nil when it is no longer kept.
    func event(_ sequence: UInt64) -> TelemetryEvent? { state.withLock { $0.recent[sequence] } }

    /// The active worker has evaluated everything up to `sequence`: `count` events more than it said before.
    func evaluated(through sequence: UInt64, count: UInt64) {
        state.withLock { state in
            state.counts.evaluated += count
            state.forget(through: sequence)
        }
    }

    /// The active worker has ended: events that were sent to it, and that nobody knows to have been evaluated, are lost.
    func activeEnded() {
        state.withLock { state in
            let waiting = Set(state.backlog.map(\.sequence))
            state.counts.lost += UInt64(state.recent.keys.count { !waiting.contains($0) })
            state.recent = state.recent.filter { waiting.contains($0.key) }
        }
    }

    var counts: Counts { state.withLock { $0.counts } }
}

extension EventPump.State {
    fileprivate mutating func remember(_ event: TelemetryEvent) {
        if recent.count >= EventPump.recentCountMax { forget(through: recentStart) }
        recent[sequence] = event
    }

    fileprivate mutating func forget(through last: UInt64) {
        while recentStart <= last, recentStart <= sequence {
            recent[recentStart] = nil
            recentStart += 1
        }
    }

    fileprivate mutating func send(_ sequence: UInt64, _ bytes: [UInt8], to worker: WorkerProcess) {
        if (try? worker.send(.event(sequence: sequence, encoded: bytes))) != .accepted { counts.lost += 1 }
    }
}
