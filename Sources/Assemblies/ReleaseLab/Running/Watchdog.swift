import FleetModel
import Synchronization
import WorkerSandbox

/// Kills a worker that has not answered by a deadline. Whoever waits for the worker's next event then hears its end.
final class Watchdog: Sendable {
    private let barked = Atomic(false)
    private let process: WorkerProcess

    init(_ process: WorkerProcess) { self.process = process }

    /// True when it has killed the worker.
    var hasBarked: Bool { barked.load(ordering: .acquiring) }

    /// Runs `body` under the deadline.
    func watch<Result>(for deadline: Moment.Span, _ body: () async -> Result) async -> Result {
        let timer = Task {
            do {
                try await Task.sleep(for: .milliseconds(deadline.milliseconds))
            } catch {
                return
            }
            barked.store(true, ordering: .releasing)
            process.kill()
        }
        defer { timer.cancel() }
        return await body()
    }
}
