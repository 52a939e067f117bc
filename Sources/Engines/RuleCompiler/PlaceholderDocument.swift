/// Reads what placeholders stand for: a YAML map of names to a value or a list of values.
///
///     Admins_Workstations: [ws-adm-01, ws-adm-02]
///     internal_domains: example.org
package enum PlaceholderDocument {
    /// - Throws: The first thing that is wrong, with its line.
    package static func values(of source: RuleSource) throws(RuleCompilerError) -> [String: [String]] {
        do throws(RuleProblem) {
            var values: [String: [String]] = [:]
            for document in try SourceReader.documents(of: source.bytes) {
                guard case .map(let entries) = document.value else {
                    throw RuleProblem(
                        .sourceInvalid, line: document.line, subject: "placeholders",
                        message: "it is \(document.word); write a map of names to values")
                }
                for entry in entries { values[entry.name, default: []] += try Self.values(of: entry) }
            }
            return values
        } catch {
            throw RuleCompilerError(
                error.code, file: source.file, line: error.line, rule: "", subject: error.subject,
                message: error.message)
        }
    }

    private static func values(of entry: SourceNode.Entry) throws(RuleProblem) -> [String] {
        let nodes = entry.node.elements
        var values: [String] = []
        for node in nodes {
            guard case .scalar(let scalar) = node.value, !scalar.text.isEmpty else {
                throw RuleProblem(
                    .valueInvalid, line: node.line, subject: entry.name,
                    message: "\(node.word) stands where a text must stand; give one value or a list of values")
            }
            values.append(scalar.text)
        }
        return values
    }
}
