import Foundation
import TestSupport
import Testing

@testable import firebreak

/// The command as it is built: its lines, its exit codes, and what it says of what it left out.
@Suite("firebreak detect and firebreak rules check")
struct DetectCommandTests {
    private static let rule = """
        title: Reader of passwords
        id: 00000000-0000-4000-8000-000000000001
        level: high
        logsource:
            product: linux
            category: process_creation
        detection:
            selection:
                CommandLine|contains: /etc/shadow
            condition: selection
        """
    private static let broken = rule.replacing("contains", with: "contians").replacing("0001", with: "0002")
    private static let event =
        #"{"Channel":"Linux-Sysmon/Operational","EventID":1,"Image":"/bin/cat","CommandLine":"cat /etc/SHADOW"}"#
    private static let other = #"{"Channel":"Linux-Sysmon/Operational","EventID":1,"CommandLine":"ls"}"#

    private struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    private static func run(
        _ command: [String], rules: [String: String] = ["a.yml": rule], events: String = ""
    ) throws -> Outcome {
        let folder = try TemporaryFolder()
        for (name, text) in rules { try Data(text.utf8).write(to: URL(filePath: folder.path + "/" + name)) }
        try Data(events.utf8).write(to: URL(filePath: folder.path + "/events"))
        return try run(command.map { $0.replacing("FOLDER", with: folder.path) }, in: folder.path)
    }

    private static func run(_ arguments: [String], in folder: String) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: try BuiltCommand.path("firebreak"))
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: text.replacing(folder, with: "FOLDER"),
            errors: complaints.replacing(folder, with: "FOLDER"))
    }

    private static let detect = ["detect", "--rules", "FOLDER", "--events", "FOLDER/events"]

    @Test("a match is a line of JSON with the rule's id and the event's index, and the exit code is 3")
    func json() throws {
        let outcome = try Self.run(Self.detect + ["--json"], events: [Self.other, Self.event].joined(separator: "\n"))
        #expect(outcome.output == "{\"rule\":\"00000000-0000-4000-8000-000000000001\",\"event\":1}\n")
        #expect(outcome.status == 3)
    }

    @Test("no match is exit code 0, and so is one below the level that is wanted")
    func quiet() throws {
        let none = try Self.run(Self.detect + ["--json"], events: Self.other)
        #expect(none.status == 0 && none.output.isEmpty)
        let below = try Self.run(Self.detect + ["--level", "critical"], events: Self.event)
        #expect(below.status == 0 && below.output.isEmpty)
    }

    @Test("a refused rule and an event that is none are named, and the others run")
    func refusals() throws {
        let outcome = try Self.run(
            Self.detect + ["--summary"], rules: ["a.yml": Self.rule, "b.yml": Self.broken],
            events: [#"{"a":}"#, Self.event].joined(separator: "\n"))
        #expect(outcome.status == 3 && outcome.output.contains("Reader of passwords"))
        #expect(outcome.errors.contains("FOLDER/b.yml:9") && outcome.errors.contains("contians"))
        #expect(outcome.errors.contains("event 0 is left out") && outcome.errors.contains("event.not_json"))
    }

    @Test("a line for people has level, title, id and the fields that matched")
    func text() throws {
        let outcome = try Self.run(Self.detect, events: Self.event)
        #expect(outcome.output.contains("0  high  Reader of passwords"))
        #expect(outcome.output.contains("CommandLine=cat /etc/SHADOW"))
    }

    @Test("a source that is named reaches rules that no taxonomy knows")
    func source() throws {
        let rule = Self.rule.replacing("product: linux", with: "product: device")
        let event = #"{"CommandLine":"/etc/shadow"}"#
        let without = try Self.run(Self.detect, rules: ["a.yml": rule], events: event)
        let with = try Self.run(
            Self.detect + ["--source", "device/process_creation/"], rules: ["a.yml": rule], events: event)
        #expect(without.status == 0 && with.status == 3)
    }

    @Test("rules or events that are not there are exit code 2 and a path")
    func missing() throws {
        let rules = try Self.run(["detect", "--rules", "/nonexistent", "--events", "FOLDER/events"])
        #expect(rules.status == 2 && rules.errors.contains("/nonexistent"))
        let events = try Self.run(["detect", "--rules", "FOLDER", "--events", "/nonexistent"])
        #expect(events.status == 2 && events.errors.contains("/nonexistent"))
    }

    @Test("rules check prices every rule, and fails when more are refused than may be")
    func check() throws {
        let good = try Self.run(["rules", "check", "FOLDER"])
        #expect(good.status == 0 && good.output.contains("1 run") && good.output.contains("Reader of passwords"))
        let rules = ["a.yml": Self.rule, "b.yml": Self.broken]
        let bad = try Self.run(["rules", "check", "FOLDER"], rules: rules)
        #expect(bad.status == 2 && bad.output.contains("1 of 2 (50.0%)") && bad.output.contains("FOLDER/b.yml:9"))
        let allowed = try Self.run(["rules", "check", "FOLDER", "--refused-max", "50", "--json"], rules: rules)
        #expect(allowed.status == 0 && allowed.output.contains("\"refused_count\":1"))
    }
}
