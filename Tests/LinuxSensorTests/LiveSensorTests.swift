import CLinuxSensor
import FleetModel
import Foundation
import Glibc
import Testing

@testable import LinuxSensor

/// Whether this machine lets us listen to the kernel.
private let isAvailable = LiveSensor.availability() == .available
private let skipReason: Comment = "the process connector needs CAP_NET_ADMIN in the host's own namespaces"

@Suite struct LiveSensorTests {
    @Test("without the privilege, availability says what is missing and what to do")
    func unavailable() {
        let error = SensorError(connectorErrno: EPERM)
        #expect(error.code == .privilegeMissing)
        #expect(error.message.contains("CAP_NET_ADMIN"))
        #expect(SensorError(connectorErrno: ETIMEDOUT).code == .connectorMissing)
    }

    @Test(
        "a process that is really executed is seen with its command line, its parent and the way to process 1",
        .enabled(if: isAvailable, skipReason))
    func execution() async throws {
        let sensor = try LiveSensor.start()
        let mark = "firebreak-\(UUID().uuidString)"
        // The second command keeps the shell from becoming the first; the reading keeps it there to be looked at.
        let shell = try launch("/bin/sh", ["-c", "/bin/cat - \(mark) 2>/dev/null; true"])
        let event = try await first(of: sensor) { event in
            guard event[.image] == .text("/usr/bin/cat") || event[.image] == .text("/bin/cat") else { return false }
            guard case .text(let line) = event[.commandLine] else { return false }
            return line == "/bin/cat - \(mark)"
        }
        #expect(event[.parentProcessId] == .integer(Int64(shell.process.processIdentifier)))
        #expect(event[.user] == .text(NSUserName()))
        guard case .text(let parentLine) = event[.parentCommandLine] else {
            Issue.record("no parent: \(event)")
            return
        }
        #expect(parentLine.hasPrefix("/bin/sh -c /bin/cat - \(mark)"))
        #expect(event.lineage.count >= 3)
        #expect(event.lineage[1].processId == shell.process.processIdentifier)
        #expect(event.lineage[2].processId == ProcessInfo.processInfo.processIdentifier)
        shell.input.fileHandleForWriting.closeFile()
        shell.process.waitUntilExit()
        sensor.stop()
        for await _ in sensor.events {}
    }

    @Test(
        "the bell rings at an execution, is silent when it was cleared, and rings again",
        .enabled(if: isAvailable, skipReason))
    func bell() throws {
        let bell = ExecutionBell()
        let descriptor = try #require(bell.descriptor)
        let rings = { (milliseconds: Int32) in
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&polled, 1, milliseconds) == 1
        }
        // The kernel makes events when anybody has asked for them; this bell has not.
        let sensor = try LiveSensor.start()
        for _ in 0..<2 {
            for _ in 0..<20 { try launch("/bin/true", []).process.waitUntilExit() }
            #expect(rings(10_000))
            // Other tests execute programs too.
            let isSilenced = (0..<1000).contains { _ in
                bell.clear()
                return !rings(0)
            }
            #expect(isSilenced)
        }
        sensor.stop()
    }

    @Test("a queue that nobody reads loses events, and all are counted", .enabled(if: isAvailable, skipReason))
    func loss() async throws {
        let sensor = try LiveSensor.start(queueCountMax: 2)
        for _ in 0..<20 { try launch("/bin/true", []).process.waitUntilExit() }
        while sensor.counters().observed < 20 { await Task.yield() }
        sensor.stop()
        var taken: UInt64 = 0
        for await _ in sensor.events { taken += 1 }
        let counters = sensor.counters()
        // Two were waiting; while they are taken out, some that were on their way may still find room.
        #expect((2..<20).contains(taken))
        #expect(counters.lostInQueue == counters.observed - taken)
    }

    @Test(
        "what the kernel dropped because nobody read is counted by the numbers", .enabled(if: isAvailable, skipReason))
    func kernelLoss() throws {
        let connector = firebreak_connector_open(SensorLimit.receiveBufferBytes)
        try #require(connector >= 0)
        defer { firebreak_connector_close(connector) }
        try #require(firebreak_connector_acknowledged(connector, SensorLimit.acknowledgementMilliseconds) == 0)
        // From here on the smallest buffer there is.
        var bytes: Int32 = 1
        try #require(setsockopt(connector, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size)) == 0)
        var watch = ProcessWatch(files: ProcFiles(root: "/nonexistent"))
        let room = UnsafeMutableBufferPointer<firebreak_process_event>.allocate(
            capacity: Int(FIREBREAK_EVENTS_PER_READ))
        defer { room.deallocate() }
        var overflowed = false
        func drain() {
            while true {
                let count = firebreak_connector_read(connector, room.baseAddress)
                if count == -ENOBUFS { overflowed = true; continue }
                guard count > 0 else { return }
                for event in room.prefix(Int(count)) { _ = watch.handle(event) }
            }
        }
        // On every processor, since each has its own numbers: before the loss, and after it.
        for _ in 0..<40 { try launch("/bin/true", []).process.waitUntilExit(); drain() }
        for _ in 0..<60 { try launch("/bin/true", []).process.waitUntilExit() }
        drain()
        for _ in 0..<40 { try launch("/bin/true", []).process.waitUntilExit(); drain() }
        #expect(overflowed)
        #expect(watch.lostCount > 0)
    }

    @Test("a consumer that is cancelled ends the sensor's thread", .enabled(if: isAvailable, skipReason))
    func cancellation() async throws {
        let sensor = try LiveSensor.start()
        let consumer = Task { for await _ in sensor.events {} }
        consumer.cancel()
        await consumer.value
    }

    private func launch(_ path: String, _ arguments: [String]) throws -> (process: Process, input: Pipe) {
        let process = Process()
        let input = Pipe()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return (process, input)
    }

    private func first(
        of sensor: LiveSensor, where isWanted: (TelemetryEvent) -> Bool
    ) async throws -> TelemetryEvent {
        for await event in sensor.events where isWanted(event) { return event }
        struct Missing: Error {}
        throw Missing()
    }
}
