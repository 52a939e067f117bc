import DetectionEngine
import FleetModel
import Foundation
import RuleCompiler
import Testing

/// The rules that the project ships, held to their examples.
@Suite("Content linux-core")
struct ContentTests {
    struct Example {
        var event: TelemetryEvent
        var isMatch: Bool
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "content/linux-core")

    static func files(in name: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: folder.appending(path: name), includingPropertiesForKeys: nil
        ).sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    static func compiled() throws -> RuleSet {
        RuleCompiler.compile(
            try files(in: "rules").map { url in
                RuleSource(file: "rules/\(url.lastPathComponent)", bytes: Array(try Data(contentsOf: url)))
            })
    }

    static func examples(of id: String) throws -> [Example] {
        let data = try Data(contentsOf: folder.appending(path: "examples/\(id).json"))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [[String: Any]]])
        try #require(Set(object.keys) == ["true", "false"], "\(id)")
        return try object.flatMap { key, events in
            try events.map { Example(event: try Self.event($0, of: id), isMatch: key == "true") }
        }
    }

    private static func event(_ object: [String: Any], of id: String) throws -> TelemetryEvent {
        let kind = try #require(EventKind.allCases.first { $0.category == object["kind"] as? String }, "\(id)")
        var event = TelemetryEvent(kind: kind, at: Moment(milliseconds: 0))
        for (name, value) in try #require(object["fields"] as? [String: Any]) {
            let field = try #require(EventField(name: name), "\(name) in the example of \(id)")
            try #require(kind.fields.contains(field), "\(name) in the example of \(id)")
            switch (value, field.type) {
            case (let text as String, .text): event[field] = .text(text)
            case (let number as Int, .integer): event[field] = .integer(Int64(number))
            case (is NSNull, _): event[field] = .null
            default: Issue.record("\(name) in the example of \(id) has the wrong type")
            }
        }
        return event
    }

    @Test("every rule compiles, there are at least 30, and all are ours")
    func rules() throws {
        let set = try Self.compiled()
        #expect(set.errors.isEmpty, "\(set.errors.map(\.description).joined(separator: "\n"))")
        #expect(set.rules.count >= 30)
        #expect(set.rules.count == (try Self.files(in: "rules").count))
        for rule in set.rules { #expect(rule.draft.metadata.author == "Firebreak") }
    }

    @Test("every rule matches each of its true examples and none of its false ones")
    func examples() throws {
        let set = try Self.compiled()
        var interpreter = ProgramInterpreter(try DetectionProgram(loading: try set.program()))
        for rule in set.rules {
            let metadata = rule.draft.metadata
            let examples = try Self.examples(of: metadata.id)
            #expect(examples.contains { $0.isMatch } && examples.contains { !$0.isMatch }, "\(metadata.title)")
            for example in examples {
                let ids = interpreter.matches(of: example.event).map(\.rule.id)
                #expect(ids.contains(metadata.id) == example.isMatch, "\(rule.file): \(example.event)")
            }
        }
    }

    @Test("there is no example file without a rule, and no rule without an example file")
    func strays() throws {
        let ids = Set(try Self.compiled().rules.map(\.draft.metadata.id))
        #expect(Set(try Self.files(in: "examples").map { $0.deletingPathExtension().lastPathComponent }) == ids)
    }

    @Test("a harmless command can set off exactly one rule")
    func marker() throws {
        var interpreter = ProgramInterpreter(try DetectionProgram(loading: try Self.compiled().program()))
        let event = Fixture.event([
            .image: .text("/usr/bin/true"), .commandLine: .text("/usr/bin/true firebreak-test-detection"),
            .parentImage: .text("/usr/bin/bash"), .user: .text("alice"),
        ])
        #expect(interpreter.matches(of: event).map(\.rule.title) == ["Firebreak test marker"])
    }

    @Test("the pack's worst case per event is stated, and small enough for one core")
    func cost() throws {
        let program = try DetectionProgram(loading: try Self.compiled().program())
        // At about 1 ns a step this is 20 ms for an event made to be the worst.
        #expect(program.costBound < 20_000_000, "\(program.costBound) steps")
    }
}
