import DetectionEngine
import FleetModel

/// Programs that have one of everything.
enum Fixture {
    static func metadata(_ number: Int) -> RuleMetadata {
        RuleMetadata(
            id: "00000000-0000-4000-8000-00000000000\(number)", title: "Rule \(number)",
            level: RuleLevel.allCases[number % 5], tags: ["attack.t\(number)", "attack.execution"], author: "Firebreak")
    }

    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func network(_ text: String) -> Predicate.Test {
        AddressNetwork(text: text).map { .inNetwork($0) } ?? .isNull
    }

    /// A predicate of each kind on fields of a process, two on those of a connection.
    static let processPredicates: [Predicate] = [
        Predicate(field: .image, test: .exists),
        Predicate(field: .user, test: .isNull),
        Predicate(field: .image, test: .equals(text("/bin/sh"))),
        Predicate(field: .commandLine, test: .startsWith(text("sh "))),
        Predicate(field: .image, test: .endsWith(text("/sh"))),
        Predicate(field: .commandLine, test: .contains(text("abab"))),
        Predicate(field: .commandLine, test: .contains(text("AbAb")), isCased: true),
        Predicate(
            field: .commandLine,
            test: .pattern([.anyRun, .byte(0x61), .one, .byte(0x62), .anyRun, .byte(0x63), .one])),
        Predicate(field: .processId, test: .less(5)),
        Predicate(field: .processId, test: .lessOrEqual(-5)),
        Predicate(field: .parentProcessId, test: .greater(.min)),
        Predicate(field: .parentProcessId, test: .greaterOrEqual(1 << 40)),
    ]

    static let connectionPredicates: [Predicate] = [
        Predicate(field: .destinationIp, test: network("10.0.0.0/8")),
        Predicate(field: .destinationIp, test: network("fe80::/10")),
    ]

    /// All of `predicates` in a row: the rule matches when every second one holds and the others do not.
    static func code(_ predicates: [Predicate]) -> RuleCode {
        RuleCode(
            instructions: predicates.enumerated().map { index, predicate in
                let next = index + 1 < predicates.count ? RuleCode.Target.instruction(index + 1) : .accept
                return index.isMultiple(of: 2)
                    ? .init(predicate, onTrue: next, onFalse: index.isMultiple(of: 3) ? next : .reject)
                    : .init(predicate, onTrue: index == 3 ? .accept : next, onFalse: next)
            })
    }

    static let draft = ProgramDraft(rules: [
        DraftRule(metadata: metadata(1), kind: .processCreation, code: code(processPredicates)),
        DraftRule(metadata: metadata(2), kind: .processCreation, code: code(processPredicates.reversed())),
        DraftRule(metadata: metadata(3), kind: .networkConnection, code: code(connectionPredicates)),
    ])

    static func event(_ values: [EventField: FieldValue], kind: EventKind = .processCreation) -> TelemetryEvent {
        var event = TelemetryEvent(kind: kind, at: Moment(milliseconds: 1))
        for (field, value) in values { event[field] = value }
        return event
    }

    static let events: [TelemetryEvent] = [
        event([
            .image: .text("/bin/SH"), .commandLine: .text("sh -c aXbXXcé ABAB abab"), .processId: .integer(4),
            .parentProcessId: .integer(1 << 41), .user: .null,
        ]),
        event([.image: .integer(-12), .commandLine: .text(""), .processId: .text("7"), .parentProcessId: .text("x")]),
        event([.destinationIp: .text("10.1.2.3"), .destinationPort: .integer(443)], kind: .networkConnection),
        event([.destinationIp: .text("fe80::1")], kind: .networkConnection),
    ]
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
