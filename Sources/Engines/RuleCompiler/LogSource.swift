import FleetModel

/// The `logsource` of a rule, as a kind of event.
enum LogSource {
    /// The kind of event that a log source gives: one of the schema's categories, of Linux or of no named product.
    static func kind(of entry: SourceNode.Entry) throws(RuleProblem) -> EventKind {
        func refusal(_ line: Int, _ subject: String, _ message: String) -> RuleProblem {
            RuleProblem(.logSourceUnsupported, line: line, subject: subject, message: message)
        }
        guard case .map(let entries) = entry.node.value else {
            throw refusal(entry.line, "logsource", "it is \(entry.node.word); give category and product")
        }
        var category: (name: String, line: Int)?
        for entry in entries {
            guard case .scalar(let scalar) = entry.node.value else {
                throw refusal(entry.line, "logsource.\(entry.name)", "it is \(entry.node.word); give a text")
            }
            switch entry.name {
            case "category": category = (scalar.text, entry.line)
            case "product":
                guard scalar.text == "linux" else {
                    throw refusal(
                        entry.line, "product: \(scalar.text)", "no sensor gives its events; only linux is there")
                }
            case "service":
                throw refusal(
                    entry.line, "service: \(scalar.text)",
                    "no sensor reads this log; use a category: \(categories)")
            case "definition": break
            default:
                throw RuleProblem(
                    .attributeUnknown, line: entry.line, subject: "logsource.\(entry.name)",
                    message: "a log source has category, product, service and definition; remove it")
            }
        }
        guard let category else {
            throw refusal(entry.line, "logsource", "a category is missing; there are \(categories)")
        }
        guard let kind = EventKind.allCases.first(where: { $0.category == category.name }) else {
            throw refusal(
                category.line, "category: \(category.name)", "no sensor gives its events; there are \(categories)")
        }
        return kind
    }

    private static var categories: String { EventKind.allCases.map(\.category).joined(separator: ", ") }
}
