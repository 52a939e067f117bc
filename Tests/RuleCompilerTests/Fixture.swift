import DetectionEngine
import FleetModel
import RuleCompiler
import Testing

/// Short ways to write a rule, compile it and run an event through it.
enum Fixture {
    static let id = "00000000-0000-4000-8000-000000000001"

    /// A rule for process creations around the lines of a `detection`, which are given without indentation.
    static func rule(_ detection: String, id: String = id, category: String = "process_creation") -> String {
        let lines = detection.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
        return """
            title: Test
            id: \(id)
            status: test
            level: low
            logsource:
                category: \(category)
                product: linux
            detection:
            \(lines.joined(separator: "\n"))
            """
    }

    static func compile(_ texts: String...) -> RuleSet {
        RuleCompiler.compile(
            texts.enumerated().map { index, text in
                RuleSource(file: "rules/\(index).yml", bytes: Array(text.utf8))
            })
    }

    static func interpreter(_ text: String) throws -> ProgramInterpreter {
        let set = compile(text)
        try #require(set.errors.isEmpty, "\(set.errors.map(\.description).joined(separator: "\n"))\n\(text)")
        return ProgramInterpreter(try DetectionProgram(loading: try set.program()))
    }

    static func event(_ values: [EventField: FieldValue], kind: EventKind = .processCreation) -> TelemetryEvent {
        var event = TelemetryEvent(kind: kind, at: Moment(milliseconds: 0))
        for (field, value) in values { event[field] = value }
        return event
    }

    /// Whether the rule with this detection matches.
    static func matches(
        _ detection: String, _ values: [EventField: FieldValue], kind: EventKind = .processCreation
    ) throws -> Bool {
        var interpreter = try interpreter(rule(detection, category: kind.category))
        return !interpreter.matches(of: event(values, kind: kind)).isEmpty
    }
}

/// The generator of Steele, Lea and Flood (2014): one seed, the same numbers on every machine.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func element<Element>(of list: [Element]) -> Element { list[Int.random(in: 0..<list.count, using: &self)] }
}

/// The same for any log source and any field.
extension Fixture {
    /// A rule for records of `product: test` around the lines of a `detection`, which are given without indentation.
    static func openRule(
        _ detection: String, id: String = id, name: String = "", source: String = "product: test"
    ) -> String {
        let lines = detection.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
        let nameLine = name.isEmpty ? "" : "name: \(name)\n"
        return "title: Test\nid: \(id)\n\(nameLine)level: low\nlogsource: {\(source)}\ndetection:\n"
            + lines.joined(separator: "\n")
    }

    static func open(
        _ texts: String..., placeholders: [String: [String]] = [:], taxonomy: Taxonomy = .builtIn
    ) -> RuleSet {
        RuleCompiler.compile(
            texts.enumerated().map { index, text in
                RuleSource(file: "rules/\(index).yml", bytes: Array(text.utf8))
            }, options: CompilerOptions(schema: .open, taxonomy: taxonomy, placeholders: placeholders))
    }

    static func interpreter(_ set: RuleSet) throws -> ProgramInterpreter {
        try #require(set.errors.isEmpty, "\(set.errors.map(\.description).joined(separator: "\n"))")
        return ProgramInterpreter(try DetectionProgram(loading: try set.program()))
    }

    /// Ids of the rules that match an event in JSON, ascending. Tags are given to every event that has no `Channel`.
    static func ids(_ interpreter: inout ProgramInterpreter, _ json: String) -> [String] {
        let bytes = Array(json.utf8)
        let evaluation = interpreter.evaluate(json: bytes.span)
        #expect(evaluation.refusal == nil, "\(json)")
        return interpreter.matchedRules.map { interpreter.match(ofRule: $0).rule.id }.sorted()
    }

    /// Whether the rule with these lines in one selection matches an event of `product: test` with these members.
    static func holds(
        _ selection: String, _ members: String, placeholders: [String: [String]] = [:]
    ) throws -> Bool {
        let lines = selection.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        var interpreter = try interpreter(
            open(openRule("s:\n\(lines)\ncondition: s"), placeholders: placeholders))
        let tag = "\"@product\": \"test\""
        return !ids(&interpreter, "{\(members.isEmpty ? tag : tag + ", " + members)}").isEmpty
    }
}
