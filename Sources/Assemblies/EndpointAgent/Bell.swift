import FleetModel
import Synchronization

/// Wakes one waiter early. A ring while nobody waits is kept for the next wait; several are one.
final class Bell: Sendable {
    private struct State {
        var isRung = false
        var turn: UInt64 = 0
        var waiter: CheckedContinuation<Bool, Never>?
    }

    private let state = Mutex(State())

    func ring() { wake(turn: nil, isRing: true) }

    /// Returns after `span`, or when the bell rings, or when the task is cancelled; true when it rang. One waiter only.
    func wait(upTo span: Moment.Span) async -> Bool {
        let turn = state.withLock { state in
            state.turn += 1
            return state.turn
        }
        // A timer that outlives its wait finds that the turn has passed.
        let timer = Task { [self] in
            guard (try? await Task.sleep(for: .milliseconds(max(0, span.milliseconds)))) != nil else { return }
            wake(turn: turn, isRing: false)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    precondition(state.waiter == nil, "A bell has one waiter.")
                    if state.isRung || Task.isCancelled {
                        defer { state.isRung = false }
                        return state.isRung
                    }
                    state.waiter = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            wake(turn: turn, isRing: false)
        }
    }

    private func wake(turn: UInt64?, isRing: Bool) {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            if let turn, turn != state.turn { return nil }
            guard let waiter = state.waiter else {
                if isRing { state.isRung = true }
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: isRing)
    }
}
