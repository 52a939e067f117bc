@testable import DetectionEngine

/// A second evaluator: it walks the tree of each rule and asks each test by its definition. It shares no code with the
/// builder or the interpreter.
struct ReferenceEvaluation {
    private let fields: [String: ModelEvent.Field]
    private let all: [ModelEvent.Text]
    /// What the test of the test switches off: case is then compared always.
    var foldsCase = true

    init(_ event: ModelEvent) { (fields, all) = event.fields() }

    private init(_ fields: [String: ModelEvent.Field], _ all: [ModelEvent.Text], foldsCase: Bool) {
        (self.fields, self.all, self.foldsCase) = (fields, all, foldsCase)
    }

    /// Numbers of the rules that match.
    func matches(_ draft: ProgramDraft) -> Set<Int> {
        var numbers: Set<Int> = []
        for group in draft.groups {
            guard let route = group.routes.first(where: { holds($0.when) }) else { continue }
            var renamed = fields
            for rename in route.renames where renamed[rename.field] == nil {
                if let source = renamed[rename.source] { renamed[rename.field] = source }
            }
            let inside = ReferenceEvaluation(renamed, all, foldsCase: foldsCase)
            for rule in group.rules where inside.holds(rule.expression) {
                numbers.insert(Int(rule.metadata.id.suffix(12)) ?? -1)
            }
        }
        return numbers
    }

    func holds(_ expression: RuleExpression) -> Bool {
        switch expression {
        case .test(let predicate): holds(predicate)
        case .not(let inner): !holds(inner)
        case .all(let parts): parts.allSatisfy { holds($0) }
        case .any(let parts): parts.contains { holds($0) }
        case .atLeast(let count, let parts): parts.count { holds($0) } >= count
        }
    }

    private func holds(_ predicate: Predicate) -> Bool {
        let texts: [ModelEvent.Text]
        switch predicate.field {
        case .anyValue: texts = all
        case .named(let name):
            switch predicate.test {
            case .exists: return fields[name] != nil
            case .isNull: return fields[name].map { !$0.hasValues } ?? true
            case .field(let comparison, let other):
                return (fields[name]?.texts ?? []).prefix(16).contains { left in
                    (fields[other]?.texts ?? []).prefix(16).contains {
                        Self.holds(read(left, predicate), comparison, read($0, predicate))
                    }
                }
            default: texts = fields[name]?.texts ?? []
            }
        }
        return texts.contains { Self.holds(predicate.test, read($0, predicate), $0.asItIs) }
    }

    private func read(_ text: ModelEvent.Text, _ predicate: Predicate) -> [UInt8] {
        predicate.isCased || !foldsCase ? text.asItIs : text.folded
    }

    private static func holds(_ test: Predicate.Test, _ text: [UInt8], _ asItIs: [UInt8]) -> Bool {
        switch test {
        case .exists, .isNull, .field: return false
        case .equals(let needle): return text == needle
        case .startsWith(let needle): return text.starts(with: needle)
        case .endsWith(let needle): return text.reversed().starts(with: needle.reversed())
        case .contains(let needle): return contains(text, needle)
        case .pattern(let elements): return fits(elements[...], text[...])
        case .regex(let program, _): return ReferenceOperands.expressions[program]?(asItIs) ?? false
        case .number(let order, let operand): return number(asItIs).map { compare($0, order, operand) } ?? false
        case .inNetwork(let network): return ReferenceOperands.networks[network]?(asItIs) ?? false
        case .time(let part, let order, let value):
            let known = ReferenceOperands.moments[String(decoding: asItIs, as: UTF8.self)]
            guard let parts = known ?? number(asItIs).map({ ReferenceOperands.moment($0.real) }) else { return false }
            return compare(.integer(parts[Int(part.rawValue)]), order, .integer(value))
        }
    }

    private static func holds(_ left: [UInt8], _ comparison: FieldComparison, _ right: [UInt8]) -> Bool {
        func ordered(_ order: NumberOrder) -> Bool {
            guard let left = number(left), let right = number(right) else { return false }
            return compare(left, order, right)
        }
        return switch comparison {
        case .equals: left == right
        case .contains: contains(left, right)
        case .startsWith: left.starts(with: right)
        case .endsWith: left.reversed().starts(with: right.reversed())
        case .less: ordered(.less)
        case .lessOrEqual: ordered(.lessOrEqual)
        case .greater: ordered(.greater)
        case .greaterOrEqual: ordered(.greaterOrEqual)
        }
    }

    static func contains(_ text: [UInt8], _ needle: [UInt8]) -> Bool {
        guard needle.count <= text.count else { return false }
        return (0...(text.count - needle.count)).contains { start in
            needle.indices.allSatisfy { text[start + $0] == needle[$0] }
        }
    }

    /// Every way of dividing the text, by recursion. The text is UTF-8.
    private static func fits(_ elements: ArraySlice<Predicate.PatternElement>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let element = elements.first else { return text.isEmpty }
        let rest = elements.dropFirst()
        switch element {
        case .anyRun: return (text.startIndex...text.endIndex).contains { fits(rest, text[$0...]) }
        case .byte(let byte): return text.first == byte && fits(rest, text.dropFirst())
        case .one:
            guard let first = text.first, first & 0xC0 != 0x80 else { return false }
            return fits(rest, text.dropFirst(first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4))
        }
    }

    private static func number(_ text: [UInt8]) -> DetectionNumber? {
        let string = String(decoding: text, as: UTF8.self)
        let digits = string.hasPrefix("-") ? string.dropFirst() : Substring(string)
        guard let first = digits.first, "0123456789".contains(first), text.count <= 32 else { return nil }
        if let integer = Int64(string) { return .integer(integer) }
        guard string.allSatisfy({ "0123456789.eE+-".contains($0) }) else { return nil }
        return Double(string).map { .real($0) }
    }

    private static func compare(_ left: DetectionNumber, _ order: NumberOrder, _ right: DetectionNumber) -> Bool {
        func test<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
            switch order {
            case .equal: left == right
            case .less: left < right
            case .lessOrEqual: left <= right
            case .greater: left > right
            case .greaterOrEqual: left >= right
            }
        }
        switch (left, right) {
        case (.integer(let left), .integer(let right)): return test(left, right)
        case (.integer(let left), .real(let right)): return test(Double(left), right)
        case (.real(let left), .integer(let right)): return test(left, Double(right))
        case (.real(let left), .real(let right)): return test(left, right)
        }
    }
}

/// Operands whose meaning the reference evaluator knows without reading them.
enum ReferenceOperands {
    /// Expressions, and a search for each by hand.
    static let expressions: [RegexProgram: @Sendable ([UInt8]) -> Bool] = {
        let searches: [([RegexInstruction], @Sendable ([UInt8]) -> Bool)] = [
            // ab+a
            (
                [.scalar("a"), .scalar("b"), .split(1), .scalar("a"), .match],
                { text in
                    (2..<8).contains { count in
                        ReferenceEvaluation.contains(text, [0x61] + Array(repeating: 0x62, count: count - 1) + [0x61])
                    }
                }
            ),
            // ^b
            ([.assert(.textStart), .scalar("b"), .match], { $0.first == 0x62 }),
            // A.b
            (
                [.scalar("A"), .anyButNewline, .scalar("b"), .match],
                { text in
                    let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
                    return scalars.indices.dropLast(2).contains {
                        scalars[$0] == "A" && scalars[$0 + 1] != "\n" && scalars[$0 + 2] == "b"
                    }
                }
            ),
        ]
        var table: [RegexProgram: @Sendable ([UInt8]) -> Bool] = [:]
        for (instructions, search) in searches {
            if let program = try? RegexProgram(instructions: instructions, classes: []) { table[program] = search }
        }
        return table
    }()

    /// Texts that are in every text that an expression finds.
    static func requires(_ program: RegexProgram) -> [[UInt8]] {
        switch program.words[RegexLayout.headerWordCount] >> RegexOperation.operationBits {
        case UInt32(UInt8(ascii: "a")): [[0x61, 0x62]]
        case UInt32(UInt8(ascii: "A")): [[0x61]]
        default: [[0x62]]
        }
    }

    static let networks: [AddressNetwork: @Sendable ([UInt8]) -> Bool] = {
        let tests: [(String, @Sendable (String) -> Bool)] = [
            ("10.0.0.0/8", { $0.hasPrefix("10.") && $0.split(separator: ".").count == 4 }),
            ("192.168.1.7", { $0 == "192.168.1.7" }), ("fe80::/16", { $0.hasPrefix("fe80:") }),
        ]
        var table: [AddressNetwork: @Sendable ([UInt8]) -> Bool] = [:]
        for (text, test) in tests {
            guard let network = AddressNetwork(text: text) else { continue }
            table[network] = { test(String(decoding: $0, as: UTF8.self)) }
        }
        return table
    }()

    static let addresses = ["10.1.2.3", "11.1.2.3", "192.168.1.7", "192.168.1.70", "fe80::1", "fe81::1", "10.1"]

    /// Minute, hour, day, week, month and year of a text, as Python's `datetime` has them.
    static let moments: [String: [Int64]] = [
        "2026-11-27T03:17:53Z": [17, 3, 27, 48, 11, 2026], "2024-02-29 23:59:59.9+02:00": [59, 21, 29, 9, 2, 2024],
        "2021-01-03T00:00:00Z": [0, 0, 3, 53, 1, 2021], "1767225600": [0, 0, 1, 1, 1, 2026],
        "1": [0, 0, 1, 1, 1, 1970], "-1": [59, 23, 31, 1, 12, 1969],
    ]

    /// The same of a number of seconds, some months about the beginning of 1970, one day after the other.
    static func moment(_ seconds: Double) -> [Int64] {
        let second = Int64(seconds.rounded(.down))
        var rest = second
        var (day, month, week, weekday): (Int64, Int64, Int64, Int64) = (1, 1, 1, 3)
        let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        while rest >= 86_400 {
            rest -= 86_400
            day += 1
            weekday += 1
            if weekday == 7 { (weekday, week) = (0, week + 1) }
            if day > lengths[Int(month - 1)] { (day, month) = (1, month + 1) }
        }
        let isBefore = rest < 0
        if isBefore { rest += 86_400 }
        return isBefore
            ? [rest / 60 % 60, rest / 3_600, 31, 1, 12, 1969] : [rest / 60 % 60, rest / 3_600, day, week, month, 1970]
    }
}
