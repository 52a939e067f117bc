import DetectionEngine
import FleetModel

/// Makes expressions of the fields and values of a selection.
struct FieldTests {
    let options: CompilerOptions
    /// The kind of event that the rule is for; nil where any field may be named.
    let kind: EventKind?

    init(_ options: CompilerOptions, source: LogSource) {
        self.options = options
        kind = options.schema == .sensor ? source.kind : nil
    }

    /// What `Name|modifier: value` asks. A name that is only modifiers means keywords.
    ///
    /// - Parameter budget: Tests that the document may still have. One value may be many.
    func expression(of entry: SourceNode.Entry, budget: inout Int) throws(RuleProblem) -> RuleExpression {
        let parts = entry.name.split(separator: "|", omittingEmptySubsequences: false)
        let modifiers = try FieldModifiers(
            Array(parts.dropFirst()), schema: options.schema, line: entry.line, subject: entry.name)
        let name = parts.first.map(String.init) ?? ""
        let reference: FieldReference = name.isEmpty ? .anyValue : .named(name)
        if name.isEmpty { try checkKeywords(modifiers, entry) }
        let field = name.isEmpty ? nil : try field(named: name, line: entry.line)
        let values = try values(of: entry)
        let isSingle = modifiers.comparison == .exists || modifiers.comparison.isOrder || modifiers.timePart != nil
        guard options.schema == .open || values.count == 1 || !isSingle else {
            throw RuleProblem(
                .valueInvalid, line: entry.line, subject: entry.name,
                message: "a list means nothing here; give one value")
        }
        var expressions: [RuleExpression] = []
        expressions.reserveCapacity(values.count)
        for (line, value) in values {
            let expression: RuleExpression
            if name.isEmpty, modifiers.comparison.isText {
                expression = try keyword(value, modifiers, line: line)
            } else {
                let test = FieldValueTest(
                    tests: self, reference: reference, field: field, modifiers: modifiers, subject: entry.name,
                    line: line)
                expression = try test.expression(of: value)
            }
            if case .any(let parts) = expression { budget -= parts.count } else { budget -= 1 }
            guard budget >= 0 else {
                throw RuleProblem(
                    .tooLarge, line: line, subject: entry.name,
                    message: "more than \(RuleSourceLimit.testCountMax) tests in one rule; split the rule")
            }
            expressions.append(expression)
        }
        // Without a value, a field has none (as pySigma reads it).
        if expressions.isEmpty { expressions.append(.test(Predicate(reference, .isNull))) }
        let joined = RuleExpression.joined(expressions, all: modifiers.needsAll)
        return modifiers.isNegated ? .not(joined) : joined
    }

    private func checkKeywords(_ modifiers: FieldModifiers, _ entry: SourceNode.Entry) throws(RuleProblem) {
        let isText = modifiers.comparison.isText || [.regex, .inNetwork].contains(modifiers.comparison)
        guard isText, !modifiers.isFieldReference, modifiers.timePart == nil else {
            throw RuleProblem(
                .modifierUnsupported, line: entry.line, subject: entry.name,
                message: "keywords have no field to compare; use |all, |cased or |re, or name a field")
        }
    }

    /// What a keyword alone asks: that a value of the event contains it.
    func keyword(_ value: SourceScalar, line: Int) throws(RuleProblem) -> RuleExpression {
        try keyword(value, Self.plain, line: line)
    }

    private static let plain = FieldModifiers()

    private func keyword(
        _ value: SourceScalar, _ modifiers: FieldModifiers, line: Int
    ) throws(RuleProblem) -> RuleExpression {
        let meaning = value.meaning(for: options.schema)
        guard meaning != .null, !value.text.isEmpty else {
            throw RuleProblem(
                .valueInvalid, line: line, subject: "keyword", message: "it would be in every event; give a text")
        }
        var modifiers = modifiers
        if modifiers.comparison == .equals { modifiers.comparison = .contains }
        let test = FieldValueTest(
            tests: self, reference: .anyValue, field: nil, modifiers: modifiers, subject: "keyword", line: line)
        return try test.expression(of: value)
    }

    /// The schema's field; nil where any may be named.
    func field(named name: String, line: Int) throws(RuleProblem) -> EventField? {
        guard let kind else { return nil }
        if let field = EventField(name: name), kind.fields.contains(field) { return field }
        let names = kind.fields.map(\.name).sorted()
        let near = names.first { $0.lowercased() == name.lowercased() }
        throw RuleProblem(
            .fieldUnknown, line: line, subject: name,
            message: "\(kind.category) has no such field; "
                + (near.map { "write \($0)" } ?? "it has \(names.joined(separator: ", "))"))
    }

    private func values(of entry: SourceNode.Entry) throws(RuleProblem) -> [(line: Int, value: SourceScalar)] {
        let nodes = entry.node.elements
        guard !nodes.isEmpty || options.schema == .open && !entry.name.hasPrefix("|") else {
            throw RuleProblem(
                .valueInvalid, line: entry.line, subject: entry.name, message: "an empty list; give a value")
        }
        var values: [(line: Int, value: SourceScalar)] = []
        values.reserveCapacity(nodes.count)
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
