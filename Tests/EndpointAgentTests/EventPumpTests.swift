import AgentEngine
@testable import EndpointAgent
import FleetModel
import TestSupport
import Testing
import WorkerSandbox

@Suite("EventPump", .timeLimit(.minutes(2)))
struct EventPumpTests {
    private let event = TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 1))

    /// A worker that was told to end: it takes no event.
    private func endedWorker() async throws -> WorkerProcess {
        let worker = try await liveWorker()
        worker.kill()
        for await _ in worker.events {}
        return worker
    }

    /// A worker without a program: it takes events and evaluates none.
    private func liveWorker() async throws -> WorkerProcess {
        try await WorkerProcess.launch(WorkerLaunch(executable: BuiltCommand.path("firebreak-worker")))
    }

    @Test("without content events are observed and none counts as lost")
    func observing() {
        let pump = EventPump()
        for _ in 0..<10_000 { pump.push(event) }
        #expect(pump.counts.lost == 0 && pump.latestSequence == 10_000)
    }

    @Test("while a worker is awaited events wait within a bound, and what is beyond it is counted")
    func backlog() {
        let pump = EventPump()
        pump.activeEnded(expectsNext: true)
        for _ in 0..<(EventPump.backlogCountMax + 7) { pump.push(event) }
        #expect(pump.counts.lost == 7)
    }

    @Test("what waits for a worker stays until one comes, and is counted when none will")
    func discardedBacklog() {
        let pump = EventPump()
        pump.activeEnded(expectsNext: true)
        for _ in 0..<5 { pump.push(event) }
        pump.activeEnded(expectsNext: true)
        #expect(pump.counts.lost == 0)
        pump.activeEnded(expectsNext: false)
        pump.push(event)
        #expect(pump.counts.lost == 5)
    }

    @Test("an event is kept until its worker has answered for it, also one that had to wait for the worker")
    func remembers() async throws {
        let pump = EventPump()
        pump.activeEnded(expectsNext: true)
        for _ in 0..<EventPump.backlogCountMax { pump.push(event) }
        let worker = try await liveWorker()
        pump.aim(.active, at: worker)
        #expect(pump.event(1) != nil && pump.event(UInt64(EventPump.backlogCountMax)) != nil)
        pump.evaluated(through: 3, count: 3)
        #expect(pump.event(3) == nil && pump.event(4) != nil && pump.counts.evaluated == 3)
        worker.kill()
    }

    @Test("what is kept stays within its bound, however long nothing was")
    func bounded() async throws {
        let pump = EventPump()
        for _ in 0..<50_000 { pump.push(event) }
        let worker = try await liveWorker()
        pump.aim(.active, at: worker)
        for _ in 0..<(EventPump.recentCountMax + 100) { pump.push(event) }
        #expect(pump.recentCount <= EventPump.recentCountMax)
        #expect(pump.event(pump.latestSequence) != nil)
        worker.kill()
    }

    @Test("an event that the worker does not take is counted once")
    func refused() async throws {
        let pump = EventPump()
        pump.aim(.active, at: try await endedWorker())
        for _ in 0..<5 { pump.push(event) }
        #expect(pump.counts.lost == 5)
        pump.activeEnded(expectsNext: true)
        #expect(pump.counts.lost == 5)
    }

    @Test("a shadow that takes the place of a worker that died leaves nothing waiting, and what waited is counted")
    func promotedWhileAway() async throws {
        let pump = EventPump()
        let worker = try await liveWorker()
        pump.activeEnded(expectsNext: true)
        pump.aim(.shadow, at: worker)
        for _ in 0..<5 { pump.push(event) }
        #expect(pump.promoteShadow(worker) == 5)
        #expect(pump.counts.lost == 5)
        pump.activeEnded(expectsNext: false)
        #expect(pump.counts.lost == 5)
        worker.kill()
    }
}
