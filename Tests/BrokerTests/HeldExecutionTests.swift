import BrokerEngine
import CExecBroker
import ExecBroker
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// What was asked, in order.
final class AskedPaths: Sendable {
    private let paths = Mutex<[String]>([])

    func add(_ ask: ExecutionAsk) { paths.withLock { $0.append(String(decoding: ask.path, as: UTF8.self)) } }
    var all: [String] { paths.withLock { $0 } }
}

@Suite("Held executions", .enabled(if: BrokerStage.isAvailable, BrokerStage.skipReason), .serialized)
struct HeldExecutionTests {
    @Test("a denied execution fails with EPERM, an allowed one runs, and the engine is told the resolved path")
    func allowAndDeny() async throws {
        let stage = try BrokerStage()
        try await stage.broker()
        let asked = AskedPaths()
        let engine = try await stage.engine { ask in
            asked.add(ask)
            return BrokerAnswer(ask.path.suffix(5) == Array("/true".utf8) ? .deny : .allow, pack: 1)
        }
        #expect(stage.execute("true").error == EPERM)
        #expect(stage.execute("shell", ["-c", ":"]).error == 0)
        #expect(asked.all == ["\(stage.disk)/true", "\(stage.disk)/shell"])
        #expect(try stage.count(.denied) == 1)
        #expect(try stage.count(.allowed) == 1)
        engine.stop()
        try await eventually("the broker is alone") { try stage.told()["mode"] as? String == "alone" ? true : nil }
        #expect(stage.execute("true").error == 0)
    }

    @Test("a verdict that does not come is an allow after the deadline, in 20 to 45 ms, and counted")
    func lateVerdict() async throws {
        let stage = try BrokerStage()
        try await stage.broker(deadlineMilliseconds: 20)
        let asked = Mutex<UInt64?>(nil)
        let engine = try await stage.engine { ask in
            asked.withLock { $0 = ask.id }
            return nil
        }
        let runs = [stage.execute("true"), stage.execute("true")]
        #expect(runs.allSatisfy { $0.error == 0 && $0.seconds >= 0.0195 }, "\(runs)")
        #expect(runs.map(\.seconds).min() ?? 1 < 0.045, "\(runs)")
        let id = try #require(asked.withLock { $0 })
        #expect(engine.send(BrokerAnswer(.deny, pack: 1), on: id))
        try await eventually("the late verdict is counted") { try stage.count(.lateVerdicts) == 1 ? true : nil }
        #expect(try stage.count(.missed) == 2)
    }

    @Test("after three misses nobody waits: the fourth execution is not asked about, and the engine is told why")
    func breaker() async throws {
        let stage = try BrokerStage()
        try await stage.broker(deadlineMilliseconds: 20)
        let engine = try await stage.engine { _ in nil }
        for _ in 0..<3 { #expect(stage.execute("true").error == 0) }
        let fourth = stage.execute("true")
        #expect(fourth.error == 0 && engine.askCount == 3)
        let status = try await eventually("the engine is told") {
            if case .present(let status) = engine.state, status.mode == .observing { status } else { nil }
        }
        #expect(status.reason == .misses && status.pauseLeftMicroseconds > 25_000_000)
        #expect(!engine.state.isHolding)
    }

    @Test("an engine that is stopped holds three executions for 20 ms each and no more")
    func stoppedEngine() async throws {
        let stage = try BrokerStage()
        try await stage.broker(deadlineMilliseconds: 20)
        let engine = try await stage.engine { _ in nil }
        let slowest = (0..<40).map { _ in stage.execute("true").seconds }.max() ?? 0
        #expect(slowest < 0.5)
        #expect(try stage.count(.missed) == 3)
        #expect(engine.askCount == 3)
    }

    @Test("a program on the protected list is executed although the verdict is deny, and that is counted")
    func protectedList() async throws {
        // On the list is all of this folder; in the namespace it is a disk of the test's own.
        let stage = try BrokerStage(at: "/usr/lib/apt")
        try await stage.broker()
        let engine = try await stage.engine { _ in BrokerAnswer(.deny, pack: 1) }
        #expect(stage.execute("true").error == 0)
        #expect(try stage.count(.deniedRefused) == 1)
        #expect(try stage.count(.denied) == 0)
        engine.stop()
    }

    @Test("the first denial above the budget is not carried out; the status names reason and pack")
    func denialBudget() async throws {
        let stage = try BrokerStage()
        try await stage.broker(["--denials-per-minute", "2"])
        let engine = try await stage.engine { _ in BrokerAnswer(.deny, pack: 4711) }
        #expect((0..<4).map { _ in stage.execute("true").error } == [EPERM, EPERM, 0, 0])
        let status = try await eventually("the engine is told") {
            if case .present(let status) = engine.state, status.mode == .observing { status } else { nil }
        }
        #expect(status.reason == .denialBudget && status.pack == 4711)
        #expect(engine.askCount == 3)
    }

    @Test("executions of and by our own programs are exempt; those by their children are not")
    func ownPrograms() async throws {
        let stage = try BrokerStage()
        try await stage.broker(["--own", "\(stage.disk)/own"])
        let asked = AskedPaths()
        let engine = try await stage.engine { ask in
            asked.add(ask)
            return BrokerAnswer(.allow, pack: 1)
        }
        #expect(stage.execute("own/true").error == 0)
        let disk = stage.seen(stage.disk)
        #expect(stage.execute("own/shell", ["-c", "\(disk)/true; :"]).error == 0)
        #expect(asked.all.isEmpty)
        let grandchild = "\(disk)/shell -c '\(disk)/true; :'; :"
        #expect(stage.execute("own/shell", ["-c", grandchild]).error == 0)
        #expect(asked.all == ["\(stage.disk)/true"])
        engine.stop()
    }

    @Test("an engine finds a broker that was started anew")
    func reconnects() async throws {
        let stage = try BrokerStage()
        let first = try await stage.broker()
        let engine = try await stage.engine { _ in BrokerAnswer(.allow, pack: 1) }
        kill(first.pid, SIGKILL)
        _ = try await first.ended()
        try await eventually("the loss is told") { engine.state.isHolding ? nil : true }
        try await stage.broker()
        try await eventually("the broker asks again", within: 20) { engine.state.isHolding ? true : nil }
        engine.stop()
    }

    @Test("the newest engine takes the place of the one before, whose connection ends")
    func newestEngine() async throws {
        let stage = try BrokerStage()
        try await stage.broker()
        let former = firebreak_broker_client_connect(stage.socket)
        defer { close(former) }
        let hello = BrokerRequest.hello(version: BrokerWire.version, .engine).encoded()
        #expect(firebreak_broker_datagram_send(former, hello, hello.count) == 0)
        let engine = try await stage.engine { _ in BrokerAnswer(.deny, pack: 1) }
        var bytes = [UInt8](repeating: 0, count: BrokerLimit.datagramBytesMax)
        try await eventually("the former connection ends") {
            firebreak_broker_datagram_receive(former, &bytes, bytes.count) == 0 ? true : nil
        }
        #expect(stage.execute("true").error == EPERM)
        engine.stop()
    }
}
