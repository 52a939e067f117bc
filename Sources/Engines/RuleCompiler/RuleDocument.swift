import DetectionEngine
import FleetModel

/// What a document of a source came to.
enum RuleDocument {
    case rule(CompiledRule)
    case filter(RuleFilter)
    case correlation(CorrelationSource)
}

/// The documents of one source, each for itself: no document sees another source. Pure.
struct SourceContents {
    var documents: [RuleDocument] = []
    var errors: [RuleCompilerError] = []
    var warnings: [RuleCompilerError] = []

    private let options: CompilerOptions
    private let file: String

    init(of source: RuleSource, options: CompilerOptions) {
        self.options = options
        file = source.file
        do throws(RuleProblem) {
            let documents = try SourceReader.documents(of: source.bytes)
            for document in try DocumentActions.applied(to: documents) { read(document) }
        } catch {
            refuse([error], rule: "")
        }
    }

    private mutating func refuse(_ problems: [RuleProblem], rule: String) {
        errors += problems.map { RuleCompilerError($0, file: file, rule: rule) }
    }

    private mutating func read(_ document: DocumentActions.Document) {
        let entries = document.entries
        let name = Self.name(of: entries)
        var findings = Findings()
        func entry(_ name: String) -> SourceNode.Entry? { entries.first { $0.name == name } }
        if let correlation = entry("correlation"), let other = entry("detection") ?? entry("filter") {
            findings.problems = [
                RuleProblem(
                    .documentUnsupported, line: max(correlation.line, other.line), subject: "correlation",
                    message: "a document is a rule, a filter or a correlation; split it")
            ]
        } else if let correlation = entry("correlation") {
            let attributes = self.attributes(document, ["title", "id"], &findings)
            if let problem = attributes.responseProblem(kind: nil) { findings.problems.append(problem) }
            let source = CorrelationSource(
                correlation, attributes: attributes, file: file, line: document.line, entries: entries,
                findings: &findings)
            if findings.problems.isEmpty, let source { documents.append(.correlation(source)) }
        } else if let filter = entry("filter") {
            let attributes = self.attributes(document, ["title", "logsource"], &findings)
            if let problem = attributes.responseProblem(kind: nil) { findings.problems.append(problem) }
            if let rules = RuleFilter(
                filter, source: entry("logsource"), title: attributes.metadata.title, file: file, options: options,
                findings: &findings), findings.problems.isEmpty
            {
                documents.append(.filter(rules))
            }
        } else {
            var required = ["title", "id", "logsource", "detection"]
            if options.schema == .sensor { required.insert("level", at: 2) }
            let attributes = self.attributes(document, required, &findings)
            if let rule = rule(document, attributes, entry("logsource"), entry("detection"), &findings),
                findings.problems.isEmpty
            {
                documents.append(.rule(rule))
            }
        }
        refuse(findings.problems, rule: name)
        warnings += findings.warnings.map { RuleCompilerError($0, file: file, rule: name) }
    }

    private func attributes(
        _ document: DocumentActions.Document, _ required: [String], _ findings: inout Findings
    ) -> RuleAttributes {
        RuleAttributes(
            document.entries, line: document.line, required: required, options: options,
            problems: &findings.problems)
    }

    private func rule(
        _ document: DocumentActions.Document, _ attributes: RuleAttributes, _ logSource: SourceNode.Entry?,
        _ detection: SourceNode.Entry?, _ findings: inout Findings
    ) -> CompiledRule? {
        guard let logSource, let detection else { return nil }
        do throws(RuleProblem) {
            let source = try LogSource(logSource, schema: options.schema)
            if let kind = source.kind, let problem = attributes.responseProblem(kind: kind) {
                findings.problems.append(problem)
            }
            let tests = FieldTests(options, source: source)
            guard let expression = Detection(tests).expression(of: detection, findings: &findings) else { return nil }
            var metadata = attributes.metadata
            if document.copy > 1 { metadata.id += "#\(document.copy)" }
            return CompiledRule(
                draft: DraftRule(metadata: metadata, expression: expression), source: source, name: attributes.name,
                status: attributes.status, file: file, line: document.line)
        } catch {
            findings.problems.append(error)
            return nil
        }
    }

    /// The rule's title or id, for messages.
    private static func name(of entries: [SourceNode.Entry]) -> String {
        for name in ["title", "id"] {
            if case .scalar(let scalar)? = entries.first(where: { $0.name == name })?.node.value, !scalar.text.isEmpty {
                return String(scalar.text.prefix(ProgramLimit.titleBytesMax))
            }
        }
        return ""
    }
}
