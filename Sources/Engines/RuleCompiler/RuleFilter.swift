import DetectionEngine

/// A filter (Sigma Filters Specification 2.1.0): what else must hold for rules of a log source to match.
///
/// As in pySigma the filter's condition is joined to the rule's by `and`; a filter that leaves out what it selects
/// says `condition: not selection`.
struct RuleFilter {
    var source: LogSource
    /// Ids or names; nil for every rule of the log source.
    var rules: [(line: Int, text: String)]?
    var expression: RuleExpression
    var title: String
    var file: String
    var line: Int

    init?(
        _ entry: SourceNode.Entry, source: SourceNode.Entry?, title: String, file: String, options: CompilerOptions,
        findings: inout Findings
    ) {
        guard let source else { return nil }
        do throws(RuleProblem) {
            self.source = try LogSource(source, schema: options.schema)
            rules = try Self.rules(entry)
            let detection = Detection(FieldTests(options, source: self.source))
            guard let expression = detection.expression(of: entry, except: ["rules"], findings: &findings) else {
                return nil
            }
            self.expression = expression
        } catch {
            findings.problems.append(error)
            return nil
        }
        (self.title, self.file, line) = (title, file, entry.line)
    }

    /// Whether the filter is for a rule.
    func covers(_ rule: CompiledRule) -> Bool {
        guard source.covers(rule.source) else { return false }
        return rules?.contains { $0.text == rule.name || $0.text.lowercased() == rule.draft.metadata.id } ?? true
    }

    private static func rules(_ entry: SourceNode.Entry) throws(RuleProblem) -> [(line: Int, text: String)]? {
        guard case .map(let entries) = entry.node.value,
            let rules = entries.first(where: { $0.name == "rules" })
        else {
            throw RuleProblem(
                .attributeMissing, line: entry.line, subject: "filter.rules",
                message: "a filter names its rules; give their ids or names, or any")
        }
        let nodes: [SourceNode]
        switch rules.node.value {
        case .scalar(let scalar) where scalar.text.lowercased() == "any": return nil
        // An empty list is any (as pySigma reads it).
        case .list(let list) where list.isEmpty: return nil
        case .list(let list): nodes = list
        default: nodes = [rules.node]
        }
        var references: [(line: Int, text: String)] = []
        for node in nodes {
            guard case .scalar(let scalar) = node.value, !scalar.text.isEmpty else {
                throw RuleProblem(
                    .referenceInvalid, line: node.line, subject: "filter.rules",
                    message: "\(node.word) stands where the id or name of a rule must stand")
            }
            references.append((node.line, scalar.text))
        }
        return references
    }
}
