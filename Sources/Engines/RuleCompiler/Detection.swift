import DetectionEngine
import FleetModel

/// The `detection` of a rule: named selections, and the condition that joins them.
struct Detection {
    /// A selection, in the order of the source.
    struct Selection {
        var name: String
        var line: Int
        /// Nil when the selection itself was refused, which must not make the condition wrong as well.
        var expression: RuleExpression?
    }

    /// Reads a detection. Every selection is read, so that an author sees all that is wrong.
    ///
    /// - Returns: What the rule asks; nil when something was refused, and then it is in `problems`.
    static func expression(
        of entry: SourceNode.Entry, kind: EventKind, problems: inout [RuleProblem]
    ) -> RuleExpression? {
        guard case .map(let entries) = entry.node.value else {
            problems.append(
                RuleProblem(
                    .detectionInvalid, line: entry.line, subject: "detection",
                    message: "\(entry.node.word) stands where selections and a condition must stand"))
            return nil
        }
        var selections: [Selection] = []
        var conditions: [(line: Int, text: String)] = []
        for entry in entries {
            do throws(RuleProblem) {
                switch entry.name {
                case "condition": conditions = try Self.conditions(of: entry)
                case "timeframe":
                    throw RuleProblem(
                        .documentUnsupported, line: entry.line, subject: "timeframe",
                        message: "one event has no time frame, and correlations are not supported; remove it")
                default:
                    selections.append(Selection(name: entry.name, line: entry.line, expression: nil))
                    selections[selections.count - 1].expression = try selection(entry, FieldTests(kind: kind))
                }
            } catch {
                problems.append(error)
            }
        }
        guard !conditions.isEmpty else {
            if !entries.contains(where: { $0.name == "condition" }) {
                problems.append(
                    RuleProblem(
                        .attributeMissing, line: entry.line, subject: "condition",
                        message: "a detection needs one, for example: condition: selection"))
            }
            return nil
        }
        return join(conditions, over: selections, problems: &problems)
    }

    /// Several conditions are alternatives (Sigma 2.1.0, "Condition").
    private static func join(
        _ conditions: [(line: Int, text: String)], over selections: [Selection], problems: inout [RuleProblem]
    ) -> RuleExpression? {
        var expressions: [RuleExpression] = []
        var used: Set<String> = []
        var isWhole = true
        for (line, text) in conditions {
            do throws(RuleProblem) {
                let condition = try Condition(text, line: line, selections: selections)
                used.formUnion(condition.used)
                if let expression = condition.expression { expressions.append(expression) } else { isWhole = false }
            } catch {
                problems.append(error)
                isWhole = false
            }
        }
        guard isWhole || expressions.count == conditions.count else { return nil }
        for selection in selections where !used.contains(selection.name) {
            problems.append(
                RuleProblem(
                    .conditionInvalid, line: selection.line, subject: selection.name,
                    message: "no condition uses this selection; use it, or remove it"))
            isWhole = false
        }
        return isWhole ? FieldTests.joined(expressions, all: false) : nil
    }

    private static func conditions(of entry: SourceNode.Entry) throws(RuleProblem) -> [(line: Int, text: String)] {
        let nodes: [SourceNode]
        if case .list(let list) = entry.node.value { nodes = list } else { nodes = [entry.node] }
        var conditions: [(line: Int, text: String)] = []
        for node in nodes {
            guard case .scalar(let scalar) = node.value, !scalar.text.isEmpty else {
                throw RuleProblem(
                    .conditionInvalid, line: node.line, subject: "condition",
                    message: "a condition is a text, for example: selection and not filter")
            }
            conditions.append((node.line, scalar.text))
        }
        guard !conditions.isEmpty else {
            throw RuleProblem(
                .conditionInvalid, line: entry.line, subject: "condition", message: "an empty list; give a condition")
        }
        return conditions
    }

    private static func selection(_ entry: SourceNode.Entry, _ tests: FieldTests) throws(RuleProblem) -> RuleExpression
    {
        guard isSelectionName(entry.name) else {
            throw RuleProblem(
                .detectionInvalid, line: entry.line, subject: entry.name,
                message:
                    "a selection's name is 1 to \(RuleSourceLimit.selectionNameBytesMax) letters, digits, _ and -, "
                    + "and no word of the condition language; rename it")
        }
        guard case .list(let list) = entry.node.value else { return try part(entry.node, of: entry, tests) }
        guard !list.isEmpty else {
            throw RuleProblem(
                .detectionInvalid, line: entry.line, subject: entry.name,
                message: "an empty list; give maps or keywords")
        }
        var parts: [RuleExpression] = []
        for node in list { parts.append(try part(node, of: entry, tests)) }
        return FieldTests.joined(parts, all: false)
    }

    /// A map, all of whose fields must hold, or a keyword.
    private static func part(
        _ node: SourceNode, of selection: SourceNode.Entry, _ tests: FieldTests
    ) throws(RuleProblem) -> RuleExpression {
        switch node.value {
        case .scalar(let scalar): return try tests.keyword(scalar, isCased: false, line: node.line)
        case .list:
            throw RuleProblem(
                .detectionInvalid, line: node.line, subject: selection.name,
                message: "a list in a list; give maps or keywords")
        case .map(let entries):
            guard !entries.isEmpty else {
                throw RuleProblem(
                    .detectionInvalid, line: node.line, subject: selection.name,
                    message: "an empty map would hold for every event; name a field")
            }
            var fields: [RuleExpression] = []
            for entry in entries { fields.append(try tests.expression(of: entry)) }
            return FieldTests.joined(fields, all: true)
        }
    }

    static func isSelectionName(_ name: String) -> Bool {
        guard (1...RuleSourceLimit.selectionNameBytesMax).contains(name.utf8.count) else { return false }
        guard !Condition.reservedWords.contains(name.lowercased()) else { return false }
        return name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        }
    }
}
