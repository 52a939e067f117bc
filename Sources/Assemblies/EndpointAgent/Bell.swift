import FleetModel
import Synchronization

/// Wakes one waiter early. A ring while nobody waits is kept for the next wait; several are one.
final class Bell: Sendable {
    private struct State {
        var isRung = false
        var turn: UInt64 = 0
        /// The latest turn whose time was over before its waiter was there.
        var expired: UInt64 = 0
        var waiter: CheckedContinuation<Bool, Never>?
    }

    private let state = Mutex(State())

    func ring() { wake(turn: nil, isRing: true) }

    /// Returns after `span`, or when the bell rings, or when the task is cancelled; true when it rang. One waiter only.
    func wait(upTo span: Moment.Span) async -> Bool {
        let turn = takeTurn()
        // A timer that outlives its wait finds that the turn has passed.
        let timer = Task { [self] in
            guard (try? await Task.sleep(for: .milliseconds(max(0, span.milliseconds)))) != nil else { return }
            expire(turn)
        }
        defer { timer.cancel() }
        return await wait(for: turn)
    }

    func takeTurn() -> UInt64 {
        state.withLock { state in
            state.turn += 1
            return state.turn
        }
    }

    /// The time of `turn` is over, whether or not its waiter is there yet.
    func expire(_ turn: UInt64) { wake(turn: turn, isRing: false) }

    func wait(for turn: UInt64) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    precondition(state.waiter == nil, "A bell has one waiter.")
                    if state.isRung || state.expired == turn || Task.isCancelled {
                        defer { state.isRung = false }
                        return state.isRung
                    }
                    state.waiter = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            expire(turn)
        }
    }

    private func wake(turn: UInt64?, isRing: Bool) {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            if let turn, turn != state.turn { return nil }
            guard let waiter = state.waiter else {
                if isRing { state.isRung = true } else { state.expired = state.turn }
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: isRing)
    }
}
