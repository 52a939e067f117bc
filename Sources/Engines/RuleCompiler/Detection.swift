import DetectionEngine
import FleetModel

/// What was found in a document besides what it says.
struct Findings {
    /// What is wrong: the document is refused.
    var problems: [RuleProblem] = []
    /// What may be a slip: the document is taken as it stands.
    var warnings: [RuleProblem] = []
}

/// The `detection` of a rule or the `filter` of a filter: named selections, and the condition that joins them.
struct Detection {
    /// A selection, in the order of the source.
    struct Selection {
        var name: String
        var line: Int
        /// Nil when the selection itself was refused, which must not make the condition wrong as well.
        var expression: RuleExpression?
    }

    let tests: FieldTests

    init(_ tests: FieldTests) { self.tests = tests }

    /// Reads a detection. Every selection is read, so that an author sees all that is wrong.
    ///
    /// - Parameter others: Names that are neither selections nor the condition.
    /// - Returns: What the rule asks; nil when something was refused, and then it is in `findings`.
    func expression(
        of entry: SourceNode.Entry, except others: Set<String> = [], findings: inout Findings
    ) -> RuleExpression? {
        guard case .map(let entries) = entry.node.value else {
            findings.problems.append(
                RuleProblem(
                    .detectionInvalid, line: entry.line, subject: entry.name,
                    message: "\(entry.node.word) stands where selections and a condition must stand"))
            return nil
        }
        var selections: [Selection] = []
        var conditions: [(line: Int, text: String)] = []
        var budget = RuleSourceLimit.testCountMax
        for part in entries where !others.contains(part.name) {
            do throws(RuleProblem) {
                switch part.name {
                case "condition": conditions = try Self.conditions(of: part)
                case "timeframe":
                    throw RuleProblem(
                        .documentUnsupported, line: part.line, subject: "timeframe",
                        message: "one event has no time frame; write a correlation over this rule, with a timespan")
                default:
                    selections.append(Selection(name: part.name, line: part.line, expression: nil))
                    selections[selections.count - 1].expression = try selection(part, budget: &budget)
                }
            } catch {
                findings.problems.append(error)
            }
        }
        guard !conditions.isEmpty else {
            if !entries.contains(where: { $0.name == "condition" }) {
                findings.problems.append(
                    RuleProblem(
                        .attributeMissing, line: entry.line, subject: "condition",
                        message: "a detection needs one, for example: condition: selection"))
            }
            return nil
        }
        return join(conditions, over: selections, findings: &findings)
    }

    /// Several conditions are alternatives (Sigma 2.1.0, "Condition").
    private func join(
        _ conditions: [(line: Int, text: String)], over selections: [Selection], findings: inout Findings
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
                findings.problems.append(error)
                isWhole = false
            }
        }
        guard isWhole || expressions.count == conditions.count else { return nil }
        for selection in selections where !used.contains(selection.name) {
            let problem = RuleProblem(
                .conditionInvalid, line: selection.line, subject: selection.name,
                message: "no condition uses this selection; use it, or remove it")
            if tests.options.schema == .open {
                findings.warnings.append(problem)
            } else {
                findings.problems.append(problem)
                isWhole = false
            }
        }
        return isWhole ? RuleExpression.joined(expressions, all: false) : nil
    }

    private static func conditions(of entry: SourceNode.Entry) throws(RuleProblem) -> [(line: Int, text: String)] {
        let nodes = entry.node.elements
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

    /// What a selection asks.
    ///
    /// - Parameter budget: Tests that the document may still have.
    func selection(_ entry: SourceNode.Entry, budget: inout Int) throws(RuleProblem) -> RuleExpression {
        let isName = Self.isSelectionName(entry.name)
        // A name that no condition can write can be meant by a pattern, as pySigma reads it.
        let isAllowed = tests.options.schema == .open && entry.name.utf8.count <= RuleSourceLimit.selectionNameBytesMax
        guard isName || isAllowed else {
            throw RuleProblem(
                .detectionInvalid, line: entry.line, subject: entry.name,
                message:
                    "a selection's name is 1 to \(RuleSourceLimit.selectionNameBytesMax) letters, digits, _ and -, "
                    + "and no word of the condition language; rename it")
        }
        return try alternatives(entry.node, of: entry, depth: 0, budget: &budget)
    }

    /// A map or keyword, or a list of them, one of which must hold.
    private func alternatives(
        _ node: SourceNode, of selection: SourceNode.Entry, depth: Int, budget: inout Int
    ) throws(RuleProblem) -> RuleExpression {
        guard case .list(let list) = node.value else {
            return try part(node, of: selection, budget: &budget)
        }
        guard depth == 0 || tests.options.schema == .open else {
            throw RuleProblem(
                .detectionInvalid, line: node.line, subject: selection.name,
                message: "a list in a list; give maps or keywords")
        }
        guard !list.isEmpty else {
            throw RuleProblem(
                .detectionInvalid, line: selection.line, subject: selection.name,
                message: "an empty list; give maps or keywords")
        }
        var parts: [RuleExpression] = []
        for element in list {
            parts.append(try alternatives(element, of: selection, depth: depth + 1, budget: &budget))
        }
        return RuleExpression.joined(parts, all: false)
    }

    /// A map, all of whose fields must hold, or a keyword.
    private func part(
        _ node: SourceNode, of selection: SourceNode.Entry, budget: inout Int
    ) throws(RuleProblem) -> RuleExpression {
        guard case .map(let entries) = node.value else {
            guard case .scalar(let scalar) = node.value else { return .any([]) }
            return try tests.keyword(scalar, line: node.line)
        }
        guard !entries.isEmpty else {
            throw RuleProblem(
                .detectionInvalid, line: node.line, subject: selection.name,
                message: "an empty map would hold for every event; name a field")
        }
        var fields: [RuleExpression] = []
        for entry in entries { fields.append(try tests.expression(of: entry, budget: &budget)) }
        return RuleExpression.joined(fields, all: true)
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
