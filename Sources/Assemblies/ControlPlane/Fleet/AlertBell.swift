import FleetModel
import ServiceLifecycle
import Synchronization

/// Wakes long polls when an alert has become durable.
final class AlertBell: Sendable {
    private struct State {
        var ringCount: UInt64 = 0
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// How often it has rung. Taken before a list is read, so that what comes after the reading is not missed.
    var ringCount: UInt64 { state.withLock { $0.ringCount } }

    /// Long polls that wait now.
    var waiterCount: Int { state.withLock { $0.waiters.count } }

    func ring() {
        let waiters = state.withLock { state in
            state.ringCount += 1
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when the bell has rung more often than `count`, after `span`, when the server shuts down, or at once when
    /// too many wait already.
    func wait(beyond count: UInt64, for span: Moment.Span) async {
        guard span > .zero else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait(beyond: count) }
            group.addTask {
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(span.milliseconds)) }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func wait(beyond count: UInt64) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    let isOver =
                        state.ringCount > count || Task.isCancelled
                        || state.waiters.count >= ControlLimit.longPollCountMax
                    if !isOver { state.waiters[number] = continuation }
                    return isOver
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }
}
