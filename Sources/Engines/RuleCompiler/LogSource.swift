import FleetModel

/// The log source of a rule: which product, category and service its events come from.
package struct LogSource: Hashable, Sendable {
    /// Nil for any.
    package var product: String?
    package var category: String?
    package var service: String?

    package init(product: String? = nil, category: String? = nil, service: String? = nil) {
        self.product = product
        self.category = category
        self.service = service
    }

    /// Product, category and service, with `*` for any: `windows/process_creation/*`.
    package var name: String { [product, category, service].map { $0 ?? "*" }.joined(separator: "/") }

    /// Whether all that this log source names, the other names as well.
    func covers(_ other: LogSource) -> Bool {
        (product == nil || product == other.product) && (category == nil || category == other.category)
            && (service == nil || service == other.service)
    }

    /// The kind of event that the sensor gives for this log source; nil when it gives none.
    var kind: EventKind? {
        guard product == nil || product == "linux", service == nil else { return nil }
        return EventKind.allCases.first { $0.category == category }
    }

    /// Reads a `logsource`.
    init(_ entry: SourceNode.Entry, schema: CompilerOptions.Schema) throws(RuleProblem) {
        guard case .map(let entries) = entry.node.value else {
            throw Self.refusal(entry.line, "logsource", "it is \(entry.node.word); give category and product")
        }
        for part in entries {
            switch part.name {
            case "category": category = try Self.text(part)
            case "product": product = try Self.text(part)
            case "service": service = try Self.text(part)
            case "definition": break
            default:
                guard schema == .open else {
                    throw RuleProblem(
                        .attributeUnknown, line: part.line, subject: "logsource.\(part.name)",
                        message: "a log source has category, product, service and definition; remove it")
                }
            }
        }
        if schema == .sensor { try checkSensor(entries, line: entry.line) }
        guard product != nil || category != nil || service != nil else {
            throw Self.refusal(entry.line, "logsource", "it names nothing; give category, product or service")
        }
    }

    private func checkSensor(_ entries: [SourceNode.Entry], line: Int) throws(RuleProblem) {
        func place(_ name: String) -> Int { entries.first { $0.name == name }?.line ?? line }
        if let product, product != "linux" {
            throw Self.refusal(
                place("product"), "product: \(product)", "no sensor gives its events; only linux is there")
        }
        if let service {
            throw Self.refusal(
                place("service"), "service: \(service)",
                "no sensor reads this log; use a category: \(Self.categories)")
        }
        guard let category else {
            throw Self.refusal(line, "logsource", "a category is missing; there are \(Self.categories)")
        }
        guard kind != nil else {
            throw Self.refusal(
                place("category"), "category: \(category)",
                "no sensor gives its events; there are \(Self.categories)")
        }
    }

    /// A part's name; nil for null, which names nothing.
    private static func text(_ entry: SourceNode.Entry) throws(RuleProblem) -> String? {
        guard case .scalar(let scalar) = entry.node.value else {
            throw refusal(entry.line, "logsource.\(entry.name)", "it is \(entry.node.word); give a text")
        }
        if scalar.meaning == .null { return nil }
        guard (1...RuleSourceLimit.selectionNameBytesMax).contains(scalar.text.utf8.count) else {
            throw refusal(
                entry.line, "logsource.\(entry.name)",
                "\(scalar.text.utf8.count) bytes, where 1 to \(RuleSourceLimit.selectionNameBytesMax) are allowed")
        }
        return scalar.text
    }

    private static func refusal(_ line: Int, _ subject: String, _ message: String) -> RuleProblem {
        RuleProblem(.logSourceUnsupported, line: line, subject: subject, message: message)
    }

    private static var categories: String { EventKind.allCases.map(\.category).joined(separator: ", ") }
}
