@testable import DetectionEngine
import FleetModel

/// Short ways to write drafts and events.
enum Fixture {
    static func metadata(_ number: Int, response: RuleResponse? = nil) -> RuleMetadata {
        let digits = String(number)
        return RuleMetadata(
            id: "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits,
            title: "Rule \(number)", level: RuleLevel.allCases[number % 5],
            tags: ["attack.t\(number)", "attack.execution"], author: "Firebreak",
            response: response ?? RuleResponse.allCases[number % 4])
    }

    static func rule(_ number: Int, _ expression: RuleExpression) -> DraftRule {
        DraftRule(metadata: metadata(number), expression: expression)
    }

    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func test(_ field: String, _ test: Predicate.Test, isCased: Bool = false) -> RuleExpression {
        .test(Predicate(.named(field), test, isCased: isCased))
    }

    static func keyword(_ needle: String) -> RuleExpression { .test(Predicate(.anyValue, .contains(text(needle)))) }

    static func network(_ text: String) -> Predicate.Test {
        AddressNetwork(text: text).map { .inNetwork($0) } ?? .isNull
    }

    /// A search for `aab*b` anywhere.
    static func regex(requires: [[[UInt8]]]) throws -> Predicate.Test {
        .regex(
            try RegexProgram(
                instructions: [
                    .scalar("a"), .scalar("a"), .split(4), .jump(6), .scalar("b"), .jump(2), .scalar("b"), .match,
                ],
                classes: []),
            requires: requires)
    }

    /// Holds for every event.
    static func always(_ field: String) -> RuleExpression {
        .any([test(field, .exists), .not(test(field, .exists))])
    }

    static func group(_ name: String, _ rules: [DraftRule], when: RuleExpression? = nil) -> DraftGroup {
        DraftGroup(name: name, routes: [DraftRoute(when: when ?? test("Image", .exists))], rules: rules)
    }

    /// An open program of one group, whose events are those with an `Image`.
    static func draft(_ expressions: [RuleExpression]) -> ProgramDraft {
        ProgramDraft(groups: [group("test", expressions.enumerated().map { rule($0 + 1, $1) })], isOpen: true)
    }

    static func interpreter(_ draft: ProgramDraft) throws -> ProgramInterpreter {
        ProgramInterpreter(try DetectionProgram(loading: try draft.encoded()))
    }

    /// A test of each kind on fields of a process.
    static func expressions() throws -> [RuleExpression] {
        [
            test("User", .isNull),
            test("Image", .equals(text("/bin/sh"))),
            test("CommandLine", .startsWith(text("sh "))),
            test("Image", .endsWith(text("/sh"))),
            test("CommandLine", .contains(text("abab"))),
            test("CommandLine", .contains(text("AbAb")), isCased: true),
            test("CommandLine", .pattern([.anyRun, .byte(0x61), .one, .byte(0x62), .anyRun, .byte(0x63), .one])),
            test("CommandLine", try regex(requires: [])),
            test("CommandLine", try regex(requires: [[text("aa")]])),
            test("ProcessId", .number(.less, .integer(5))),
            test("ParentProcessId", .number(.greaterOrEqual, .real(1.5))),
            test("DestinationIp", network("10.0.0.0/8")),
            test("DestinationIp", network("fe80::/10")),
            test("ParentImage", .field(.endsWith, "Image")),
            test("User", .time(.hour, .lessOrEqual, 6)),
            .not(test("ParentUser", .exists)),
            keyword("whoami"),
            .atLeast(
                2, [test("Image", .contains(text("sh"))), keyword("abab"), test("User", .equals(text("root")))]),
        ]
    }

    /// A closed program with everything that a program may have but correlations.
    static func everything(isOpen: Bool = false) throws -> ProgramDraft {
        let all = try expressions()
        let rules = all.indices.map { index in
            rule(index + 1, index.isMultiple(of: 3) ? all[index] : .all([all[index], .any([all[index - 1], all[0]])]))
        }
        let source = test("@category", .equals(text("process_creation")))
        let network = test("@category", .equals(text("network_connection")))
        let rename = DraftRoute.Rename(field: "User", source: "ParentUser")
        return ProgramDraft(
            groups: [
                DraftGroup(name: "process", routes: [DraftRoute(when: source)], rules: rules),
                DraftGroup(
                    name: "network", routes: [DraftRoute(when: network, renames: [rename])],
                    rules: [rule(100, all[11]), rule(101, .any([all[12], all[16]]))]),
            ], isOpen: isOpen)
    }

    static func event(_ values: [EventField: FieldValue], kind: EventKind = .processCreation) -> TelemetryEvent {
        var event = TelemetryEvent(kind: kind, at: Moment(milliseconds: 1))
        for (field, value) in values { event[field] = value }
        return event
    }

    static let events: [TelemetryEvent] = [
        event([
            .image: .text("/bin/SH"), .commandLine: .text("sh -c aXbXXcé ABAB AbAb aabb"), .processId: .integer(4),
            .parentProcessId: .integer(1 << 41), .user: .null, .parentImage: .text("/usr/bin/sh"),
        ]),
        event([.image: .integer(-12), .commandLine: .text(""), .processId: .text("7"), .parentProcessId: .text("x")]),
        event([.destinationIp: .text("10.1.2.3"), .destinationPort: .integer(443)], kind: .networkConnection),
        event([.destinationIp: .text("fe80::1"), .user: .text("WhoAmI")], kind: .networkConnection),
    ]

    /// Numbers of the rules that match an event in JSON.
    static func numbers(_ interpreter: inout ProgramInterpreter, _ json: String) -> Set<Int> {
        numbers(&interpreter, Array(json.utf8))
    }

    static func numbers(_ interpreter: inout ProgramInterpreter, _ json: [UInt8]) -> Set<Int> {
        let evaluation = interpreter.evaluate(json: json.span)
        guard evaluation.refusal == nil else { return [-1] }
        return matched(interpreter)
    }

    /// Numbers of the rules that matched the event in hand.
    static func matched(_ interpreter: ProgramInterpreter) -> Set<Int> {
        Set(interpreter.matchedRules.compactMap { Int(interpreter.program.id(ofRule: $0).suffix(12)) })
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

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

    /// One to three changes: a byte set, flipped, or set to an edge; bytes cut out, repeated or swapped.
    mutating func mutated(_ bytes: [UInt8], keepingLength: Bool) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<number(1..<4) where !bytes.isEmpty {
            let place = number(0..<bytes.count)
            switch number(0..<(keepingLength ? 5 : 7)) {
            case 0: bytes[place] = UInt8(number(0..<256))
            case 1: bytes[place] ^= 1 << UInt8(number(0..<8))
            case 2: bytes[place] = [0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF][number(0..<7)]
            case 3: bytes[place] = bytes[place] &+ 1
            case 4: bytes.swapAt(place, number(0..<bytes.count))
            case 5: bytes.removeSubrange(place..<min(bytes.count, place + number(1..<5)))
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 4)], at: place)
            }
        }
        return bytes
    }
}
