import DetectionEngine
import FleetModel

/// Makes expressions of the fields and values of a selection.
struct FieldTests {
    /// The kind of event that the rule is for.
    let kind: EventKind

    /// What `Name|modifier: value` asks. A name that is only modifiers means keywords.
    func expression(of entry: SourceNode.Entry) throws(RuleProblem) -> RuleExpression {
        let parts = entry.name.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        let modifiers = try FieldModifiers(Array(parts.dropFirst()), line: entry.line, subject: entry.name)
        let values = try Self.values(of: entry)
        var expressions: [RuleExpression] = []
        guard let name = parts.first, !name.isEmpty else {
            guard [.equals, .contains].contains(modifiers.comparison) else {
                throw RuleProblem(
                    .modifierUnsupported, line: entry.line, subject: entry.name,
                    message: "keywords have no field to compare; use |all or |cased, or name a field")
            }
            for (line, value) in values {
                expressions.append(try keyword(value, isCased: modifiers.isCased, line: line))
            }
            return Self.joined(expressions, all: modifiers.needsAll)
        }
        let field = try field(named: name, line: entry.line)
        for (line, value) in values {
            let test = FieldValueTest(field: field, modifiers: modifiers, subject: entry.name, line: line)
            expressions.append(try test.expression(of: value))
        }
        guard
            modifiers.comparison.isText && modifiers.comparison != .differs || modifiers.comparison == .inNetwork
                || expressions.count == 1
        else {
            throw RuleProblem(
                .valueInvalid, line: entry.line, subject: entry.name,
                message: "a list means nothing here; give one value")
        }
        return Self.joined(expressions, all: modifiers.needsAll)
    }

    /// What a keyword asks: that a text field of the event contains it.
    func keyword(_ value: SourceScalar, isCased: Bool, line: Int) throws(RuleProblem) -> RuleExpression {
        let text = try FieldValueTest.text(of: value, subject: "keyword", line: line)
        guard let text, !text.isEmpty else {
            throw RuleProblem(
                .valueInvalid, line: line, subject: "keyword", message: "it would be in every event; give a text")
        }
        let test = ValuePattern(text).openAtStart().openAtEnd().test(isCased: isCased)
        return Self.joined(
            kind.fields.filter { $0.type == .text }.map { .test(Predicate(field: $0, test: test, isCased: isCased)) },
            all: false)
    }

    /// One expression as itself, several as a list.
    static func joined(_ expressions: [RuleExpression], all: Bool) -> RuleExpression {
        if expressions.count == 1, let only = expressions.first { return only }
        return all ? .all(expressions) : .any(expressions)
    }

    private func field(named name: String, line: Int) throws(RuleProblem) -> EventField {
        if let field = EventField(name: name), kind.fields.contains(field) { return field }
        let names = kind.fields.map(\.name).sorted()
        let near = names.first { $0.lowercased() == name.lowercased() }
        throw RuleProblem(
            .fieldUnknown, line: line, subject: name,
            message: "\(kind.category) has no such field; "
                + (near.map { "write \($0)" } ?? "it has \(names.joined(separator: ", "))"))
    }

    private static func values(of entry: SourceNode.Entry) throws(RuleProblem) -> [(line: Int, value: SourceScalar)] {
        let nodes: [SourceNode]
        if case .list(let list) = entry.node.value { nodes = list } else { nodes = [entry.node] }
        guard !nodes.isEmpty else {
            throw RuleProblem(
                .valueInvalid, line: entry.line, subject: entry.name, message: "an empty list; give a value")
        }
        var values: [(line: Int, value: SourceScalar)] = []
        for node in nodes {
            guard case .scalar(let scalar) = node.value else {
                throw RuleProblem(
                    .valueInvalid, line: node.line, subject: entry.name,
                    message: "\(node.word) stands where a value must stand; give a text, a number or null")
            }
            values.append((node.line, scalar))
        }
        return values
    }
}

/// Makes the expression of one value of one field.
struct FieldValueTest {
    let field: EventField
    let modifiers: FieldModifiers
    /// The field's name with its modifiers, for messages.
    let subject: String
    let line: Int

    func expression(of value: SourceScalar) throws(RuleProblem) -> RuleExpression {
        switch modifiers.comparison {
        case .exists: return try exists(value)
        case .inNetwork: return .test(Predicate(field: field, test: try network(value)))
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            return .test(Predicate(field: field, test: try order(value)))
        case .differs: return .not(try text(value))
        case .equals, .contains, .startsWith, .endsWith: return try text(value)
        }
    }

    private func exists(_ value: SourceScalar) throws(RuleProblem) -> RuleExpression {
        guard case .boolean(let isPresent) = value.meaning else {
            throw problem("|exists asks for true or false; write one of them without quotes")
        }
        let test = RuleExpression.test(Predicate(field: field, test: .exists))
        return isPresent ? test : .not(test)
    }

    private func network(_ value: SourceScalar) throws(RuleProblem) -> Predicate.Test {
        guard field.type == .text, let network = AddressNetwork(text: value.text) else {
            throw problem(
                "\"\(value.text)\" is no network; write one as in 10.0.0.0/8 or fe80::/10, without bits behind it")
        }
        return .inNetwork(network)
    }

    private func order(_ value: SourceScalar) throws(RuleProblem) -> Predicate.Test {
        guard field.type == .integer else {
            throw problem("\(field.name) is a text and has no order; compare a number")
        }
        guard case .integer(let number) = value.meaning else {
            throw problem("\"\(value.text)\" is no whole number; write one without quotes")
        }
        return switch modifiers.comparison {
        case .less: .less(number)
        case .lessOrEqual: .lessOrEqual(number)
        case .greater: .greater(number)
        default: .greaterOrEqual(number)
        }
    }

    private func text(_ value: SourceScalar) throws(RuleProblem) -> RuleExpression {
        guard let text = try Self.text(of: value, subject: subject, line: line) else {
            guard [.equals, .differs].contains(modifiers.comparison), !modifiers.isCased else {
                throw problem("null has no text to compare; remove the modifiers or the null")
            }
            return .test(Predicate(field: field, test: .isNull))
        }
        let whole = ValuePattern(text)
        let pattern: ValuePattern
        switch modifiers.comparison {
        case .contains: pattern = whole.openAtStart().openAtEnd()
        case .startsWith: pattern = whole.openAtEnd()
        case .endsWith: pattern = whole.openAtStart()
        default: pattern = whole
        }
        if text.isEmpty, pattern != whole {
            throw problem("the empty text is in every text; give a value, or use '*' for any value")
        }
        let test = pattern.test(isCased: modifiers.isCased)
        if field.type == .integer, case .equals(let bytes) = test, Int64(String(decoding: bytes, as: UTF8.self)) == nil
        {
            throw problem("\(field.name) is a number and never \"\(text)\"; give a whole number")
        }
        return .test(Predicate(field: field, test: test, isCased: modifiers.isCased))
    }

    /// The text that a value stands for in a comparison of texts; nil for null.
    static func text(of value: SourceScalar, subject: String, line: Int) throws(RuleProblem) -> String? {
        guard value.text.utf8.count <= RuleSourceLimit.valueBytesMax else {
            throw RuleProblem(
                .valueInvalid, line: line, subject: subject,
                message: "more than \(RuleSourceLimit.valueBytesMax) bytes; give a shorter part of it")
        }
        switch value.meaning {
        case .null: return nil
        case .boolean(let isTrue): return isTrue ? "true" : "false"
        case .integer(let number): return String(number)
        case .text(let text): return text
        case .ambiguous:
            throw RuleProblem(
                .valueInvalid, line: line, subject: subject,
                message: "versions of YAML read \(value.text) differently; write it in quotes, or as a decimal number")
        }
    }

    private func problem(_ message: String) -> RuleProblem {
        RuleProblem(.valueInvalid, line: line, subject: subject, message: message)
    }
}
