import DetectionEngine
import FleetModel

/// Makes the expression of one value of one field, or of any value.
struct FieldValueTest {
    let tests: FieldTests
    let reference: FieldReference
    /// The schema's field; nil where any may be named, and for keywords.
    let field: EventField?
    let modifiers: FieldModifiers
    /// The field's name with its modifiers, for messages.
    let subject: String
    let line: Int

    private var schema: CompilerOptions.Schema { tests.options.schema }

    func expression(of value: SourceScalar) throws(RuleProblem) -> RuleExpression {
        guard value.text.utf8.count <= RuleSourceLimit.valueBytesMax else {
            throw problem("more than \(RuleSourceLimit.valueBytesMax) bytes; give a shorter part of it")
        }
        switch modifiers.comparison {
        case .exists: return try exists(value)
        case .inNetwork: return .test(Predicate(reference, try network(value)))
        case .regex: return try regex(value)
        case .order(let order):
            if modifiers.isFieldReference { return try otherField(value) }
            if let part = modifiers.timePart { return try time(part, order, value) }
            return .test(Predicate(reference, .number(order, try number(value))))
        case .equals, .contains, .startsWith, .endsWith:
            if modifiers.isFieldReference { return try otherField(value) }
            if let part = modifiers.timePart { return try time(part, .equal, value) }
            return try text(value)
        }
    }

    private func exists(_ value: SourceScalar) throws(RuleProblem) -> RuleExpression {
        guard case .boolean(let isPresent) = value.meaning(for: schema) else {
            throw problem("|exists asks for true or false; write one of them without quotes")
        }
        let test = RuleExpression.test(Predicate(reference, .exists))
        return isPresent ? test : .not(test)
    }

    private func network(_ value: SourceScalar) throws(RuleProblem) -> Predicate.Test {
        guard field?.type != .integer, let network = AddressNetwork(text: value.text) else {
            throw problem(
                "\"\(value.text)\" is no network; write one as in 10.0.0.0/8 or fe80::/10, without bits behind it")
        }
        return .inNetwork(network)
    }

    private func number(_ value: SourceScalar) throws(RuleProblem) -> DetectionNumber {
        if let field, field.type != .integer {
            throw problem("\(field.name) is a text and has no order; compare a number")
        }
        switch value.meaning(for: schema) {
        case .integer(let number): return .integer(number)
        case .real(let number): return .real(number)
        default:
            let word = schema == .sensor ? "whole number" : "number"
            throw problem("\"\(value.text)\" is no \(word); write one without quotes")
        }
    }

    private func time(
        _ part: TimePart, _ order: NumberOrder, _ value: SourceScalar
    ) throws(RuleProblem) -> RuleExpression {
        guard case .integer(let number) = value.meaning(for: schema) else {
            throw problem("\"\(value.text)\" is no whole number; a part of a time is one")
        }
        let range = part.range
        guard range.contains(number) else {
            throw problem("a \(part) is \(range.lowerBound) to \(range.upperBound); \(number) never is one")
        }
        return .test(Predicate(reference, .time(part, order, number)))
    }

    private func otherField(_ value: SourceScalar) throws(RuleProblem) -> RuleExpression {
        guard case .text(let name) = value.meaning(for: schema), !name.isEmpty else {
            throw problem("|fieldref needs the name of a field; write one in quotes")
        }
        let text = ValueText(name)
        guard !text.hasWildcard else { throw problem("a field's name has no wildcards; write one field") }
        let other = String(decoding: text.bytes, as: UTF8.self)
        _ = try tests.field(named: other, line: line)
        let comparison: FieldComparison =
            switch modifiers.comparison {
            case .contains: .contains
            case .startsWith: .startsWith
            case .endsWith: .endsWith
            case .order(.less): .less
            case .order(.lessOrEqual): .lessOrEqual
            case .order(.greater): .greater
            case .order(.greaterOrEqual): .greaterOrEqual
            default: .equals
            }
        return .test(Predicate(reference, .field(comparison, other), isCased: modifiers.isCased))
    }

    private func regex(_ value: SourceScalar) throws(RuleProblem) -> RuleExpression {
        var patterns = [value.text]
        if modifiers.expandsPlaceholders {
            let expanded: [String]?
            do throws(ValueVariants.MissingPlaceholder) {
                expanded = try ValueVariants.expanded(pattern: value.text, tests.options.placeholders)
            } catch {
                throw missing(error)
            }
            patterns = try variants(expanded)
        }
        var expressions: [RuleExpression] = []
        for pattern in patterns {
            do throws(RegexSyntaxError) {
                let program = try RegexSyntax.program(of: pattern, flags: modifiers.regexFlags)
                let literals = RegexSyntax.requiredSets(of: pattern, flags: modifiers.regexFlags)
                expressions.append(.test(Predicate(reference, .regex(program, requires: literals), isCased: true)))
            } catch {
                throw RuleProblem(.regexInvalid, line: line, subject: subject, message: error.message)
            }
        }
        return RuleExpression.joined(expressions, all: false)
    }

    private func missing(_ error: ValueVariants.MissingPlaceholder) -> RuleProblem {
        RuleProblem(
            .placeholderMissing, line: line, subject: subject,
            message: "%\(error.name)% has no value, and without one the rule would say something else; give one")
    }

    private func variants<Value>(_ values: [Value]?) throws(RuleProblem) -> [Value] {
        guard let values else {
            throw problem("more than \(RuleSourceLimit.variantCountMax) texts come of it; split the value")
        }
        return values
    }

    private func problem(_ message: String) -> RuleProblem {
        RuleProblem(.valueInvalid, line: line, subject: subject, message: message)
    }
}

// MARK: Texts

extension FieldValueTest {
    private func text(_ value: SourceScalar) throws(RuleProblem) -> RuleExpression {
        let written: String
        switch value.meaning(for: schema) {
        case .null: return try null()
        case .text(let text): written = text
        case .boolean(let isTrue): written = isTrue ? "true" : "false"
        case .integer(let number): written = String(number)
        case .real(let number): return try real(number, value.text)
        case .ambiguous:
            throw problem(
                "versions of YAML read \(value.text) differently; write it in quotes, or as a decimal number")
        }
        if written.isEmpty, modifiers.comparison != .equals, schema == .sensor {
            throw problem("the empty text is in every text; give a value, or use '*' for any value")
        }
        var expressions: [RuleExpression] = []
        for text in try texts(of: written) {
            let placed = text.placed(
                isOpenAtStart: [.contains, .endsWith].contains(modifiers.comparison),
                isOpenAtEnd: [.contains, .startsWith].contains(modifiers.comparison))
            if let field, field.type == .integer, !placed.hasWildcard,
                Int64(String(decoding: placed.bytes, as: UTF8.self)) == nil
            {
                throw problem("\(field.name) is a number and never \"\(written)\"; give a whole number")
            }
            expressions.append(placed.expression(of: reference, isCased: modifiers.isCased))
        }
        return RuleExpression.joined(expressions, all: false)
    }

    private func null() throws(RuleProblem) -> RuleExpression {
        guard modifiers.comparison == .equals, !modifiers.isCased, reference != .anyValue else {
            throw problem("null has no text to compare; remove the modifiers or the null")
        }
        return .test(Predicate(reference, .isNull))
    }

    /// A number with a fraction: the field is it, or has it as it is written.
    private func real(_ number: Double, _ written: String) throws(RuleProblem) -> RuleExpression {
        let text = ValueText(written).placed(
            isOpenAtStart: [.contains, .endsWith].contains(modifiers.comparison),
            isOpenAtEnd: [.contains, .startsWith].contains(modifiers.comparison))
        let test = text.expression(of: reference, isCased: modifiers.isCased)
        guard modifiers.comparison == .equals else { return test }
        return .any([test, .test(Predicate(reference, .number(.equal, .real(number))))])
    }

    /// The texts that a value stands for, under all modifiers but the comparison.
    private func texts(of written: String) throws(RuleProblem) -> [ValueText] {
        var texts = [ValueText(written)]
        if modifiers.expandsPlaceholders {
            let expanded: [ValueText]?
            do throws(ValueVariants.MissingPlaceholder) {
                expanded = try ValueVariants.expanded(texts[0], tests.options.placeholders)
            } catch {
                throw missing(error)
            }
            texts = try variants(expanded)
        }
        if modifiers.hasDashes {
            var dashed: [ValueText] = []
            for text in texts {
                guard let variants = ValueVariants.windash(text) else {
                    throw problem(
                        "more than \(RuleSourceLimit.dashCountMax) dashes to replace in one value; give each a value of its own"
                    )
                }
                dashed += variants
            }
            texts = dashed
        }
        return try encoded(texts)
    }

    private func encoded(_ plain: [ValueText]) throws(RuleProblem) -> [ValueText] {
        var texts = plain
        let isInBase64 = modifiers.encodings.last?.isBase64 == true
        for encoding in modifiers.encodings {
            guard encoding.isBase64 else {
                texts = texts.map { encoding.encode($0, isInBase64: isInBase64) }
                continue
            }
            guard !texts.contains(where: { $0.hasWildcard || $0.parts.isEmpty }) else {
                throw problem("wildcards and the empty text have no Base64; write out the text")
            }
            texts = texts.flatMap { text in encoding.variants(text.bytes).map { ValueText(literal: $0) } }
            guard !texts.contains(where: \.parts.isEmpty) else {
                throw problem("one byte has no part of Base64 of its own; give a longer text")
            }
        }
        let isText = texts.allSatisfy { text in
            text.parts.allSatisfy { part in
                if case .literal(let bytes) = part { String(validating: bytes, as: UTF8.self) != nil } else { true }
            }
        }
        guard modifiers.encodings.isEmpty || isText else {
            throw problem("letters beyond ASCII in UTF-16 are no text that a field can hold; encode Base64 after it")
        }
        return texts
    }
}

extension TimePart {
    /// The numbers that the part can be. Years as the field can say them.
    var range: ClosedRange<Int64> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .day: 1...31
        case .week: 1...53
        case .month: 1...12
        case .year: 0...9_999
        }
    }
}
