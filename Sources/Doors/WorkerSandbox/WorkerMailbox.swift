import Synchronization

/// A bounded queue from the thread that serves a worker to the one task that consumes its events.
///
/// When it is full the thread stops reading the worker's socket; when the consumer has made room, `onRoom` wakes the
/// thread. Nothing is dropped.
final class WorkerMailbox: Sendable {
    private struct State {
        var queue: [WorkerEvent] = []
        var head = 0
        var isFinished = false
        var waitsForRoom = false
        var waiter: CheckedContinuation<WorkerEvent?, Never>?

        var count: Int { queue.count - head }

        mutating func take() -> WorkerEvent? {
            guard head < queue.count else { return nil }
            defer {
                head += 1
                // Taken events are let go in portions, so that a queue that never runs empty does not grow.
                if head == queue.count || head >= WorkerLimit.eventCountMax {
                    queue.removeFirst(head)
                    head = 0
                }
            }
            return queue[head]
        }
    }

    private let state = Mutex(State())
    private let countMax: Int
    private let onRoom: @Sendable () -> Void

    init(countMax: Int, onRoom: @escaping @Sendable () -> Void) {
        self.countMax = countMax
        self.onRoom = onRoom
    }

    /// Whether another event may be put. False makes the consumer call `onRoom` when it has taken half of them.
    func hasRoom() -> Bool {
        state.withLock { state in
            state.waitsForRoom = state.count >= countMax
            return !state.waitsForRoom
        }
    }

    /// Puts an event. The thread asks `hasRoom` before it reads; one read may pass the bound by its own frames.
    func put(_ event: WorkerEvent) {
        let waiter = state.withLock { state -> CheckedContinuation<WorkerEvent?, Never>? in
            guard !state.isFinished else { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            state.queue.append(event)
            return nil
        }
        waiter?.resume(returning: event)
    }

    /// No event follows those that are queued.
    func finish() {
        let waiter = state.withLock { state -> CheckedContinuation<WorkerEvent?, Never>? in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// The next event; nil after the last, or when the calling task is cancelled. One consumer only.
    func next() async -> WorkerEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                var makesRoom = false
                let answer = state.withLock { state -> WorkerEvent?? in
                    precondition(state.waiter == nil, "A worker's events have one consumer.")
                    if let event = state.take() {
                        makesRoom = state.waitsForRoom && state.count <= countMax / 2
                        if makesRoom { state.waitsForRoom = false }
                        return .some(event)
                    }
                    if state.isFinished || Task.isCancelled { return .some(nil) }
                    state.waiter = continuation
                    return nil
                }
                if makesRoom { onRoom() }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<WorkerEvent?, Never>? in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: nil)
        }
    }
}

/// The events of one worker, in order. To be iterated once, by one task; cancelling the task ends the iteration and not
/// the worker.
package struct WorkerEvents: AsyncSequence, Sendable {
    let mailbox: WorkerMailbox

    package func makeAsyncIterator() -> Iterator { Iterator(mailbox: mailbox) }

    package struct Iterator: AsyncIteratorProtocol {
        let mailbox: WorkerMailbox

        package mutating func next() async -> WorkerEvent? { await mailbox.next() }
    }
}
