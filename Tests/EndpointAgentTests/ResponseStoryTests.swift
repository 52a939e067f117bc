import ControlWire
import FleetModel
import Foundation
import Glibc
import LinuxSensor
import TestSupport
import Testing

@testable import EndpointAgent

/// What rules do beside alerting, from the event to the act, with real workers, real files and real processes.
@Suite("EndpointAgent: responses", .timeLimit(.minutes(4)), .serialized)
struct ResponseStoryTests {
    private static func rig(allowing allowed: Set<RuleResponse>) throws -> AgentRig {
        let rig = try AgentRig()
        var policy = AgentRig.policy
        policy.responsesAllowed = allowed
        rig.control.change { $0.policy = policy }
        return rig
    }

    /// What the agent's log says became of acts.
    private static func states(_ rig: AgentRig) throws -> [String] {
        try rig.log("response").compactMap { $0["state"] as? String }
    }

    /// A process that waits to be ended, started without Foundation, whose own watching of children is not wanted here.
    private struct Victim {
        let id: pid_t

        init() throws {
            var id = pid_t()
            var words: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/sleep"), strdup("300"), nil]
            defer { for word in words { free(word) } }
            guard posix_spawn(&id, "/bin/sleep", nil, nil, &words, environ) == 0 else {
                throw TestSupportError("no process can be started")
            }
            self.id = id
        }

        /// The signal that ended it; nil while it runs.
        func endedBy() -> Int32? {
            var status: Int32 = 0
            return waitpid(id, &status, WNOHANG) == id ? status & 0x7F : nil
        }

        func end() {
            Glibc.kill(id, SIGKILL)
            var status: Int32 = 0
            waitpid(id, &status, 0)
        }

        var event: TelemetryEvent {
            get throws {
                var event = TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 1000), lineage: [])
                event[.processId] = .integer(Int64(id))
                event[.image] = .text(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/exe"))
                event[.commandLine] = .text("sleep 300 \(Packs.killed)")
                return event
            }
        }
    }

    @Test("a rule that asks to kill ends the process where the policy allows it, and the act is journaled")
    func kill() async throws {
        let rig = try Self.rig(allowing: [.kill])
        let victim = try Victim()
        try rig.start(events: [try victim.event])
        rig.offer(rig.packs.acting)
        #expect(try await eventually("the process ends") { victim.endedBy() } == SIGKILL)
        try await eventually("the act is told") { try Self.states(rig).contains("done") ? true : nil }
        // The recording repeats the event for ever, and a rule that kills for ever is a storm.
        let report = await rig.control.wait(for: rig.packs.acting.release, .reverted)
        #expect(report.failure == .destructiveActions)
        await rig.stop()
    }

    @Test("without the customer's word a rule that asks to kill only alerts")
    func withheld() async throws {
        let rig = try Self.rig(allowing: [])
        let victim = try Victim()
        defer { victim.end() }
        try rig.start(events: [try victim.event])
        await rig.commit(rig.packs.acting)
        _ = await rig.control.wait { !$0.alerts.isEmpty }
        try await eventually("it is told why") {
            try rig.log("response").contains { $0["withheld"] != nil } ? true : nil
        }
        #expect(victim.endedBy() == nil)
        await rig.stop()
    }

    @Test("a rule that asks for quarantine moves the file away, and the journal gives it back")
    func quarantine() async throws {
        guard geteuid() == 0 else { return }
        let rig = try Self.rig(allowing: [.quarantine])
        let file = rig.folder.file("bad.\(Packs.quarantined)")
        try Data("harm".utf8).write(to: URL(filePath: file))
        var event = TelemetryEvent(kind: .fileEvent, at: Moment(milliseconds: 1000), lineage: [])
        event[.image] = .text("/usr/bin/true")
        event[.processId] = .integer(42)
        event[.targetFilename] = .text(file)
        try rig.start(events: [event])
        rig.offer(rig.packs.acting)
        try await eventually("the file is away") { FileManager.default.fileExists(atPath: file) ? nil : true }
        await rig.stop()
        let firebreak = Process()
        firebreak.executableURL = URL(filePath: try BuiltCommand.path("firebreak"))
        firebreak.arguments = ["quarantine", "restore", "a-000001", "--state", rig.state]
        firebreak.standardOutput = FileHandle.nullDevice
        try firebreak.run()
        try await eventually("the command ends") { firebreak.isRunning ? nil : true }
        #expect(firebreak.terminationStatus == 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "harm")
    }

    @Test(
        "an execution that a rule denies does not happen, another does, and the denial is an alert",
        .enabled(if: BrokerStage.isAvailable, BrokerStage.skipReason))
    func deny() async throws {
        let stage = try BrokerStage()
        try await stage.broker()
        let rig = try Self.rig(allowing: [.deny])
        try rig.start(brokerSocket: stage.socket)
        await rig.commit(rig.packs.acting)
        try await eventually("the broker asks the agent") {
            try stage.told()["mode"] as? String == "asking" ? true : nil
        }
        try await eventually("the execution is denied") { stage.execute("true").error == EPERM ? true : nil }
        #expect(stage.execute("shell", ["-c", ":"]).error == 0)
        _ = await rig.control.wait { state in
            state.alerts.contains { String(decoding: $0.finding, as: UTF8.self).contains("Firebreak test of deny") }
        }
        await rig.stop()
    }
}
