import DetectionEngine

/// Reads a document of a taxonomy:
///
///     taxonomy: 1
///     sources:
///       - product: windows
///         category: process_creation
///         when:
///           Channel: Security
///           EventID: 4688
///         fields:
///           Image: NewProcessName
enum TaxonomyDocument {
    /// The version of the format.
    static let version = "1"
    /// Sources of one document: about eight times those that are built in.
    static let sourceCountMax = 4_096

    static func ways(of bytes: [UInt8]) throws(RuleProblem) -> [Taxonomy.Way] {
        var ways: [Taxonomy.Way] = []
        for document in try SourceReader.documents(of: bytes) {
            let entries = try map(document, line: document.line, subject: "document")
            guard let version = entries.first(where: { $0.name == "taxonomy" }), text(version) == Self.version else {
                throw problem(document.line, "taxonomy", "a taxonomy begins with taxonomy: \(Self.version)")
            }
            for entry in entries where entry.name != "taxonomy" {
                guard entry.name == "sources", case .list(let list) = entry.node.value else {
                    throw problem(
                        entry.line, entry.name, "a taxonomy has a list under sources, and nothing else; correct it")
                }
                for node in list { ways.append(try way(node)) }
            }
            guard ways.count <= sourceCountMax else {
                throw problem(document.line, "sources", "more than \(sourceCountMax) sources; split the document")
            }
        }
        return ways
    }

    private static func way(_ node: SourceNode) throws(RuleProblem) -> Taxonomy.Way {
        let entries = try map(node, line: node.line, subject: "sources")
        var source = LogSource()
        var when: RuleExpression?
        var renames: [DraftRoute.Rename] = []
        var prefix: String?
        for entry in entries {
            switch entry.name {
            case "product": source.product = try name(entry)
            case "category": source.category = try name(entry)
            case "service": source.service = try name(entry)
            case "when":
                let tests = FieldTests(CompilerOptions(schema: .open, taxonomy: .tagsOnly), source: source)
                var budget = RuleSourceLimit.testCountMax
                when = try Detection(tests).selection(entry, budget: &budget)
            case "fields": (renames, prefix) = try self.fields(entry)
            default:
                throw problem(
                    entry.line, entry.name,
                    "a source has product, category, service, when and fields; correct or remove it")
            }
        }
        guard source != LogSource() else {
            throw problem(node.line, "sources", "a source names nothing; give product, category or service")
        }
        guard let when else {
            throw problem(node.line, "when", "a source without it would be every event; say how its events are known")
        }
        return Taxonomy.Way(source: source, when: when, renames: renames, prefix: prefix)
    }

    /// Renames, and under `*` the prefix of all other names: `'*': winlog.event_data.*`.
    private static func fields(
        _ entry: SourceNode.Entry
    ) throws(RuleProblem) -> (renames: [DraftRoute.Rename], prefix: String?) {
        var renames: [DraftRoute.Rename] = []
        var prefix: String?
        for field in try map(entry.node, line: entry.line, subject: entry.name) {
            let source = try name(field)
            if field.name == "*" {
                guard source.hasSuffix("*"), source.count > 1 else {
                    throw problem(field.line, "fields.*", "all other names need a prefix, as in winlog.event_data.*")
                }
                prefix = String(source.dropLast())
            } else {
                renames.append(DraftRoute.Rename(field: field.name, source: source))
            }
        }
        return (renames.sorted { $0.field.utf8.lexicographicallyPrecedes($1.field.utf8) }, prefix)
    }

    private static func map(
        _ node: SourceNode, line: Int, subject: String
    ) throws(RuleProblem) -> [SourceNode.Entry] {
        guard case .map(let entries) = node.value else {
            throw problem(line, subject, "it is \(node.word); give a map")
        }
        return entries
    }

    private static func text(_ entry: SourceNode.Entry) -> String? {
        if case .scalar(let scalar) = entry.node.value { scalar.text } else { nil }
    }

    private static func name(_ entry: SourceNode.Entry) throws(RuleProblem) -> String {
        guard let text = text(entry), (1...RuleSourceLimit.selectionNameBytesMax).contains(text.utf8.count) else {
            throw problem(
                entry.line, entry.name,
                "it must be a text of 1 to \(RuleSourceLimit.selectionNameBytesMax) bytes")
        }
        return text
    }

    private static func problem(_ line: Int, _ subject: String, _ message: String) -> RuleProblem {
        RuleProblem(.taxonomyInvalid, line: line, subject: subject, message: message)
    }
}
