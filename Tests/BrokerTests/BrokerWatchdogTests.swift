import BrokerEngine
import ExecBroker
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite("Broker watchdog", .enabled(if: BrokerStage.isAvailable, BrokerStage.skipReason), .serialized)
struct BrokerWatchdogTests {
    /// What an execution may wait for a broker that is stuck, in all.
    static let secondsMax = 1.0

    @Test("a broker that is stopped by a signal is ended within a second, and the execution goes on")
    func stopped() async throws {
        let stage = try BrokerStage()
        let broker = try await stage.broker()
        kill(broker.pid, SIGSTOP)
        let run = stage.execute("true")
        #expect(run.error == 0 && run.seconds < Self.secondsMax, "\(run)")
        #expect(try await broker.ended() == 128 + SIGKILL)
        #expect(stage.execute("true").error == 0)
    }

    @Test("a broker whose loop turns but that answers nothing is ended within a second")
    func stalled() async throws {
        let stage = try BrokerStage()
        let broker = try await stage.broker(["--stall-after", "1"], faults: true)
        #expect(stage.execute("true").seconds < 0.5)
        let run = stage.execute("true")
        #expect(run.error == 0 && run.seconds < Self.secondsMax && run.seconds > 0.4, "\(run)")
        #expect(try await broker.ended() == 128 + SIGKILL)
    }

    @Test("a broker whose loop stands is ended within a second")
    func hung() async throws {
        let stage = try BrokerStage()
        let broker = try await stage.broker(["--hang-after", "0"], faults: true)
        let run = stage.execute("true")
        #expect(run.error == 0 && run.seconds < Self.secondsMax && run.seconds > 0.4, "\(run)")
        #expect(try await broker.ended() == 128 + SIGKILL)
    }

    @Test("the death of the broker releases what waits, as allowed, at once")
    func killed() async throws {
        let stage = try BrokerStage()
        let broker = try await stage.broker()
        let engine = try await stage.engine { _ in
            kill(broker.pid, SIGKILL)
            return nil
        }
        let run = stage.execute("true")
        #expect(run.error == 0 && run.seconds < 0.15, "\(run)")
        #expect(try await broker.ended() == 128 + SIGKILL)
        engine.stop()
    }

    @Test("a broker without its watchdog ends, and executions go on")
    func unwatched() async throws {
        let stage = try BrokerStage()
        let broker = try await stage.broker()
        kill(broker.watchdog, SIGKILL)
        #expect(try await broker.ended() == 75)
        #expect(stage.execute("true").error == 0)
    }

    @Test("a broker whose watchdog stands ends, and executions go on")
    func watchdogStands() async throws {
        let stage = try BrokerStage()
        let broker = try await stage.broker()
        kill(broker.watchdog, SIGSTOP)
        #expect(try await broker.ended() == 75)
        kill(broker.watchdog, SIGCONT)
        #expect(stage.execute("true").error == 0)
    }

    @Test(
        "no second process holds the group: the watchdog has one descriptor, of its broker; both are locked in memory")
    func soleHolder() async throws {
        let stage = try BrokerStage()
        let broker = try await stage.broker()
        // It is forked before there is a group, and closes what it does not need while the broker goes on.
        try await eventually("the watchdog has its one descriptor") {
            Self.descriptors(of: broker.watchdog) == ["anon_inode:[pidfd]"] ? true : nil
        }
        #expect(Self.descriptors(of: broker.pid).filter { $0.contains("fanotify") }.count == 1)
        for pid in [broker.pid, broker.watchdog] {
            try await eventually("the memory of \(pid) is locked") {
                let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
                let locked = text.split(separator: "\n").first { $0.hasPrefix("VmLck:") }
                return try #require(locked).contains(" 0 kB") ? nil : true
            }
        }
    }

    @Test("a broker in order outlives a second of waiting and ends with 0 when told to")
    func orderly() async throws {
        let stage = try BrokerStage()
        let broker = try await stage.broker()
        let begun = ContinuousClock.now
        while ContinuousClock.now - begun < .milliseconds(1500) { #expect(stage.execute("true").error == 0) }
        #expect(try stage.told()["pid"] as? Int == Int(broker.pid))
        kill(broker.pid, SIGTERM)
        #expect(try await broker.ended() == 0)
    }

    private static func descriptors(of pid: Int32) -> [String] {
        let folder = "/proc/\(pid)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
    }
}
