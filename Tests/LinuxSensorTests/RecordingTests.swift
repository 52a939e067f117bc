import FleetModel
import Foundation
import Testing

@testable import LinuxSensor

@Suite struct RecordingTests {
    static func event(_ number: Int64) -> TelemetryEvent {
        var event = TelemetryEvent(
            kind: .processCreation, at: Moment(milliseconds: 1000 + number * 100),
            lineage: [
                ProcessNode(
                    processId: 7, parentProcessId: 1, image: "/bin/sh", commandLine: "sh -c \"x\"", user: "alice",
                    startedAt: Moment(milliseconds: 900)),
                ProcessNode(
                    processId: 1, parentProcessId: 0, image: "/sbin/init", commandLine: "init", user: "root",
                    startedAt: nil),
            ])
        event[.processId] = .integer(number)
        event[.image] = .text("/usr/bin/caf\u{E9} \u{1F525}\n\"quoted\"")
        event[.parentUser] = .null
        return event
    }

    private func temporaryPath() -> String { NSTemporaryDirectory() + "firebreak-\(UUID().uuidString).jsonl" }

    @Test("what is written reads back the same, and is one line of JSON")
    func roundTrip() throws {
        let line = try RecordingLine.encode(Self.event(3))
        #expect(!line.contains(UInt8(ascii: "\n")))
        #expect(try RecordingLine.decode(line, subject: "line") == Self.event(3))
    }

    @Test("a recording is written line by line and read whole")
    func file() throws {
        let path = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try RecordingWriter(path: path)
        for number in Int64(0)..<5 { try writer.write(Self.event(number)) }
        #expect(try Recording(path: path).events == (0..<5).map(Self.event))
    }

    @Test("a recording that is there already is not overwritten")
    func exclusive() throws {
        let path = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try RecordingWriter(path: path)
        let error = #expect(throws: SensorError.self) { _ = try RecordingWriter(path: path) }
        #expect(error?.code == .recordingUnwritable)
    }

    @Test("a line that is no event is a failure that names file and line")
    func malformed() throws {
        let path = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var text = try RecordingLine.encode(Self.event(1))
        text += Array("\n\n{\"kind\":\"process_creation\",\"at_ms\":1,\"fields\":{\"Nonsense\":1}}\n".utf8)
        try Data(text).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: SensorError.self) { try Recording(path: path) }
        #expect(error?.code == .recordingMalformed)
        #expect(error?.subject == "\(path):3")
    }

    @Test("a missing file and an empty one are failures")
    func unreadable() throws {
        #expect(throws: SensorError.self) { try Recording(path: "/nonexistent/recording.jsonl") }
        #expect(throws: SensorError.self) { try Recording(events: []) }
    }

    @Test("a full disk while recording is a failure that says so, and not a crash")
    func fullDisk() throws {
        try #require(FileManager.default.fileExists(atPath: "/dev/full"))
        let writer = try RecordingWriter(appendingTo: "/dev/full")
        let error = #expect(throws: SensorError.self) { try writer.write(Self.event(1)) }
        #expect(error?.code == .recordingUnwritable)
        #expect(error?.message.contains("space") == true)
    }

    @Test("the shipped recordings read, and tell nothing of the machine they were made on", arguments: shipped)
    func shippedRecordings(name: String) throws {
        let path =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
            + "/../../content/recordings/\(name).jsonl"
        let recording = try Recording(path: path)
        #expect(recording.events.count >= 200)
        #expect(recording.events.allSatisfy { $0[.image] != nil && $0[.commandLine] != nil })
        #expect(recording.events.allSatisfy { $0.lineage.last?.image == "/usr/lib/systemd/systemd" })
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for odd in ["/mnt", "/opt/", "/dev/shm", "setpriv", "swift"] {
            #expect(!text.contains(odd), "\(odd)")
        }
    }

    static let shipped = ["developer", "server", "admin"]
}
