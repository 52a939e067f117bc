/// The `action` of documents in one file, which Sigma had before correlations: `global` goes into each document after
/// it, `reset` ends that, and `repeat` is the document before it with changes. Read as pySigma reads it.
enum DocumentActions {
    struct Document {
        /// Where it begins.
        var line: Int
        var entries: [SourceNode.Entry]
        /// 1, or how many documents with the same id of the same `global` or repeated document there are up to this one:
        /// they are rules of their own.
        var copy = 1
    }

    static func applied(to nodes: [SourceNode]) throws(RuleProblem) -> [Document] {
        var documents: [Document] = []
        var (global, previous): ([SourceNode.Entry], [SourceNode.Entry]) = ([], [])
        var copies: [String: Int] = [:]
        for node in nodes {
            guard case .map(let entries) = node.value else {
                throw RuleProblem(
                    .sourceInvalid, line: node.line, subject: "document",
                    message: "it is \(node.word); a rule is a map with title, id, logsource and so on")
            }
            guard let action = entries.first(where: { $0.name == "action" }) else {
                let isRule = !entries.contains { $0.name == "correlation" || $0.name == "filter" }
                var document = Document(line: node.line, entries: isRule ? merge(entries, global) : entries)
                if isRule { previous = document.entries }
                if isRule, !global.isEmpty, !entries.contains(where: { $0.name == "id" }) { count(&document, &copies) }
                documents.append(document)
                continue
            }
            let rest = entries.filter { $0.name != "action" }
            switch action.node.value {
            case .scalar(let scalar) where scalar.text == "global": (global, previous) = (rest, rest)
            case .scalar(let scalar) where scalar.text == "reset": global = []
            case .scalar(let scalar) where scalar.text == "repeat":
                previous = merge(previous, rest)
                var document = Document(line: node.line, entries: previous)
                if !rest.contains(where: { $0.name == "id" }) { count(&document, &copies, firstCopy: 2) }
                documents.append(document)
            default:
                throw RuleProblem(
                    .documentUnsupported, line: action.line, subject: "action",
                    message: "an action is global, reset or repeat; correct or remove it")
            }
        }
        return documents
    }

    private static func count(_ document: inout Document, _ copies: inout [String: Int], firstCopy: Int = 1) {
        guard case .scalar(let id)? = document.entries.first(where: { $0.name == "id" })?.node.value else { return }
        document.copy = copies[id.text].map { $0 + 1 } ?? firstCopy
        copies[id.text] = document.copy
    }

    /// The entries with those of another document, which win. Maps are merged in depth.
    static func merge(_ entries: [SourceNode.Entry], _ others: [SourceNode.Entry]) -> [SourceNode.Entry] {
        var merged = entries
        for other in others {
            guard let index = merged.firstIndex(where: { $0.name == other.name }) else {
                merged.append(other)
                continue
            }
            if case .map(let inner) = merged[index].node.value, case .map(let outer) = other.node.value {
                merged[index].node.value = .map(merge(inner, outer))
            } else {
                merged[index] = other
            }
        }
        return merged
    }
}
