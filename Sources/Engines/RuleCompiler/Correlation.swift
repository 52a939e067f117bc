import DetectionEngine

/// A correlation as its document says it (Sigma Correlation Rules Specification 2.1.0), before its references are
/// resolved.
struct CorrelationSource {
    struct Reference {
        var line: Int
        var text: String
    }

    /// A name that stands for other fields in the matches of some rules.
    struct Alias {
        var name: String
        var line: Int
        var fields: [(rule: Reference, field: String)]
    }

    var metadata: RuleMetadata
    var hasLevel: Bool
    var name: String?
    var status: String
    var file: String
    /// Where the document begins.
    var line: Int
    var kind = DraftCorrelation.Kind.eventCount
    var rules: [Reference] = []
    /// Rules that a condition in words names.
    private var wordRules: [Reference] = []
    var groupBy: [Reference] = []
    var aliases: [Alias] = []
    var timespanSeconds: Int64 = 0
    var bounds: [DraftCorrelation.Bound] = []
    var valueField: Reference?
    var reportsRules = false

    init?(
        _ entry: SourceNode.Entry, attributes: RuleAttributes, file: String, line: Int, entries: [SourceNode.Entry],
        findings: inout Findings
    ) {
        (metadata, hasLevel, name, status) = (
            attributes.metadata, attributes.hasLevel, attributes.name, attributes.status
        )
        (self.file, self.line) = (file, line)
        guard case .map(let parts) = entry.node.value else {
            findings.problems.append(
                Self.problem(entry.line, "correlation", "\(entry.node.word) stands where a map must stand"))
            return nil
        }
        // The kind first: what else may be there depends on it.
        let ordered = parts.filter { $0.name == "type" } + parts.filter { $0.name != "type" }
        for part in ordered + entries.filter({ $0.name == "generate" }) {
            do throws(RuleProblem) { try read(part) } catch { findings.problems.append(error) }
        }
        if rules.isEmpty { rules = wordRules }
        checkWhole(Set(parts.map(\.name)), line: entry.line, findings: &findings)
    }

    /// Looks for what is missing, given the names of all that is there.
    private func checkWhole(_ names: Set<String>, line: Int, findings: inout Findings) {
        var required = ["type", "timespan"]
        if rules.isEmpty { required.append("rules") }
        if kind == .eventCount || kind == .valueCount { required.append("condition") }
        for name in required where !names.contains(name) {
            findings.problems.append(
                RuleProblem(
                    .attributeMissing, line: line, subject: "correlation.\(name)",
                    message: "a correlation needs it; add \(name)"))
        }
        guard findings.problems.isEmpty else { return }
        if kind == .valueCount, valueField == nil {
            findings.problems.append(
                Self.problem(line, "condition.field", "value_count counts the values of a field; add field"))
        }
        if let first = wordRules.first, Set(wordRules.map(\.text)) != Set(rules.map(\.text)) {
            findings.problems.append(
                Self.problem(first.line, "condition", "it must name the same rules as rules; correct one of them"))
        }
    }

    private mutating func read(_ entry: SourceNode.Entry) throws(RuleProblem) {
        switch entry.name {
        case "type": kind = try Self.kind(entry)
        case "rules": rules = try Self.references(entry)
        case "group-by": groupBy = try Self.references(entry)
        case "timespan": timespanSeconds = try CorrelationTimespan.seconds(entry)
        case "aliases": aliases = try Self.aliases(entry)
        case "generate":
            guard case .scalar(let scalar) = entry.node.value,
                case .boolean(let isTrue) = scalar.meaning(for: .open)
            else {
                throw Self.problem(entry.line, "generate", "it is true or false")
            }
            reportsRules = isTrue
        case "condition": try readCondition(entry)
        default:
            throw Self.problem(
                entry.line, "correlation.\(entry.name)",
                "a correlation has type, rules, group-by, timespan, condition, aliases and generate; remove it")
        }
    }

    private static func kind(_ entry: SourceNode.Entry) throws(RuleProblem) -> DraftCorrelation.Kind {
        guard case .scalar(let scalar) = entry.node.value else {
            throw problem(entry.line, "type", "it must be a word")
        }
        switch scalar.text.lowercased() {
        case "event_count": return .eventCount
        case "value_count": return .valueCount
        case "temporal": return .temporal
        case "temporal_ordered": return .temporalOrdered
        default:
            throw problem(
                entry.line, "type: \(scalar.text.prefix(64))",
                "there are event_count, value_count, temporal and temporal_ordered; use one of them")
        }
    }

    private static func references(_ entry: SourceNode.Entry) throws(RuleProblem) -> [Reference] {
        let nodes = entry.node.elements
        guard (1...RuleSourceLimit.correlationRuleCountMax).contains(nodes.count) else {
            throw problem(
                entry.line, entry.name,
                "\(nodes.count) names, where 1 to \(RuleSourceLimit.correlationRuleCountMax) are allowed")
        }
        var references: [Reference] = []
        for node in nodes {
            guard case .scalar(let scalar) = node.value, scalar.meaning != .null, !scalar.text.isEmpty else {
                throw problem(node.line, entry.name, "\(node.word) stands where a name must stand")
            }
            references.append(Reference(line: node.line, text: scalar.text))
        }
        return references
    }

    private static func aliases(_ entry: SourceNode.Entry) throws(RuleProblem) -> [Alias] {
        guard case .map(let entries) = entry.node.value else {
            throw problem(entry.line, "aliases", "\(entry.node.word) stands where a map must stand")
        }
        var aliases: [Alias] = []
        for alias in entries {
            guard case .map(let fields) = alias.node.value else {
                throw problem(
                    alias.line, "aliases.\(alias.name)", "an alias says for each rule what its field is called")
            }
            var names: [(rule: Reference, field: String)] = []
            for field in fields {
                guard case .scalar(let scalar) = field.node.value, !scalar.text.isEmpty else {
                    throw problem(field.line, "aliases.\(alias.name).\(field.name)", "it must be a field's name")
                }
                names.append((Reference(line: field.line, text: field.name), scalar.text))
            }
            aliases.append(Alias(name: alias.name, line: alias.line, fields: names))
        }
        return aliases
    }

    static func problem(_ line: Int, _ subject: String, _ message: String) -> RuleProblem {
        RuleProblem(.correlationInvalid, line: line, subject: subject, message: message)
    }
}

// MARK: Condition

extension CorrelationSource {
    private mutating func readCondition(_ entry: SourceNode.Entry) throws(RuleProblem) {
        switch entry.node.value {
        case .map(let entries):
            for bound in entries { try readBound(bound) }
            guard !bounds.isEmpty else {
                throw Self.problem(entry.line, "condition", "it has no bound; give one, as in gte: 10")
            }
        case .scalar(let scalar) where kind == .temporal || kind == .temporalOrdered:
            try readWords(scalar.text, line: entry.line)
        default:
            throw Self.problem(entry.line, "condition", "it is \(entry.node.word); give a map, as in gte: 10")
        }
    }

    private mutating func readBound(_ entry: SourceNode.Entry) throws(RuleProblem) {
        guard case .scalar(let scalar) = entry.node.value else {
            throw Self.problem(
                entry.line, "condition.\(entry.name)", "\(entry.node.word) stands where one value must stand")
        }
        if entry.name == "field" {
            guard kind == .valueCount, !scalar.text.isEmpty else {
                throw Self.problem(entry.line, "condition.field", "only value_count looks at a field; remove it")
            }
            valueField = Reference(line: entry.line, text: scalar.text)
            return
        }
        let orders: [String: NumberOrder] = [
            "lt": .less, "lte": .lessOrEqual, "gt": .greater, "gte": .greaterOrEqual, "eq": .equal,
        ]
        guard let order = orders[entry.name] else {
            throw Self.problem(
                entry.line, "condition.\(entry.name)",
                entry.name == "neq"
                    ? "a count that differs is one of two: write two correlations, with lt and with gt"
                    : "a condition has lt, lte, gt, gte, eq and field; correct or remove it")
        }
        guard case .integer(let count) = scalar.meaning(for: .open), count >= 0 else {
            throw Self.problem(
                entry.line, "condition.\(entry.name)", "\"\(scalar.text.prefix(64))\" is no count; give a whole number")
        }
        bounds.append(DraftCorrelation.Bound(order, count))
    }

    /// Names of rules joined by `and`, all of which must match, or by `or`, one of which must.
    private mutating func readWords(_ text: String, line: Int) throws(RuleProblem) {
        let words = text.split { " \t\n\r".contains($0) }.map(String.init)
        let names = stride(from: 0, to: words.count, by: 2).map { words[$0] }
        let joints = Set(stride(from: 1, to: words.count, by: 2).map { words[$0].lowercased() })
        let isPlain = names.allSatisfy { name in
            !["and", "or", "not"].contains(name.lowercased()) && !name.contains("(") && !name.contains(")")
        }
        guard !words.count.isMultiple(of: 2), isPlain, joints.isEmpty || joints == ["and"] || joints == ["or"],
            names.count <= RuleSourceLimit.correlationRuleCountMax
        else {
            throw Self.problem(
                line, "condition",
                "only names joined by and, or only by or, can be looked for; chain correlations for the rest")
        }
        wordRules = names.map { Reference(line: line, text: $0) }
        if joints == ["or"] { bounds = [DraftCorrelation.Bound(.greaterOrEqual, 1)] }
    }
}

/// A length of time in a correlation: a number and `s`, `m`, `h` or `d`, and as pySigma has it `w`, `M` or `y`.
enum CorrelationTimespan {
    private static let units: [Character: Int64] = [
        "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800,
        // A twelfth of a year, and a year of the Gregorian calendar in the mean.
        "M": 2_629_746, "y": 31_556_952,
    ]

    static func seconds(_ entry: SourceNode.Entry) throws(RuleProblem) -> Int64 {
        guard case .scalar(let scalar) = entry.node.value, let unit = scalar.text.last, let seconds = units[unit],
            scalar.text.dropLast().utf8.allSatisfy({ (48...57).contains($0) }),
            let count = Int64(scalar.text.dropLast()), count >= 1,
            count <= RuleSourceLimit.timespanSecondsMax / seconds
        else {
            throw CorrelationSource.problem(
                entry.line, "timespan",
                "it must be a number and s, m, h or d, as in 15m, and at most "
                    + "\(RuleSourceLimit.timespanSecondsMax / 86_400)d")
        }
        return count * seconds
    }
}
