import Yams

/// Reads YAML documents. The only place that knows the YAML library.
enum SourceReader {
    /// The documents of a file, in order; an empty one is left out.
    static func documents(of bytes: [UInt8]) throws(RuleProblem) -> [SourceNode] {
        guard bytes.count <= RuleSourceLimit.fileBytesMax else {
            throw RuleProblem(
                .sourceInvalid, line: 1, subject: "file",
                message: "\(bytes.count) bytes, where \(RuleSourceLimit.fileBytesMax) are allowed; split the file")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RuleProblem(.sourceInvalid, line: 1, subject: "file", message: "it is not UTF-8; save it as UTF-8")
        }
        try checkDepth(bytes)
        var budget = RuleSourceLimit.valueCountMax
        var documents: [SourceNode] = []
        for node in try nodes(of: text) {
            let document = try convert(node, line: 1, depth: 0, budget: &budget)
            if case .scalar(let scalar) = document.value, scalar.meaning == .null { continue }
            documents.append(document)
        }
        return documents
    }

    private static func nodes(of text: String) throws(RuleProblem) -> [Node] {
        do {
            var nodes: [Node] = []
            // Without resolver: what a scalar means is decided by `SourceScalar`, not by the library's patterns.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            while let node = try parser.nextRoot() { nodes.append(node) }
            return nodes
        } catch let error as YamlError {
            throw problem(error)
        } catch {
            throw RuleProblem(.sourceInvalid, line: 1, subject: "YAML", message: "\(error)")
        }
    }

    private static func problem(_ error: YamlError) -> RuleProblem {
        func invalid(_ line: Int, _ message: String) -> RuleProblem {
            RuleProblem(.sourceInvalid, line: line, subject: "YAML", message: message)
        }
        switch error {
        case .scanner(let context, let what, let mark, _), .parser(let context, let what, let mark, _),
            .composer(let context, let what, let mark, _):
            let before = context.map { " (\($0.text) in line \($0.mark.line))" } ?? ""
            return invalid(
                mark.line, "\(what)\(before); correct the indentation or the quotes at column \(mark.column)")
        case .duplicatedKeysInMapping(let names, let context):
            return invalid(
                context.mark.line,
                "the name \(names.joined(separator: ", ")) is there twice, and one of the two would be lost; "
                    + "use a list, or another name")
        case .reader(let what, let offset, _, let yaml):
            let line = 1 + yaml.prefix(offset ?? 0).count { $0.isNewline }
            return invalid(line, "\(what); remove the control character or save the file as UTF-8")
        default:
            return invalid(1, "the file cannot be read as YAML")
        }
    }

    /// Refuses what might nest deeper than the parser, which calls itself for each level, should go. Counts too much
    /// rather than too little: brackets in texts count as well.
    private static func checkDepth(_ bytes: [UInt8]) throws(RuleProblem) {
        var (open, indentation, markers, line) = (0, 0, 0, 1)
        var isAtStart = true
        var previous: UInt8 = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n"): (indentation, markers, line, isAtStart) = (0, 0, line + 1, true)
            case UInt8(ascii: "["), UInt8(ascii: "{"): (open, isAtStart) = (open + 1, false)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): (open, isAtStart) = (max(0, open - 1), false)
            case UInt8(ascii: " ") where isAtStart: indentation += 1
            case UInt8(ascii: " ") where [UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":")].contains(previous):
                markers += 1
            case UInt8(ascii: " "): break
            case UInt8(ascii: "-"), UInt8(ascii: "?"): isAtStart = false
            default: isAtStart = false
            }
            previous = byte
            guard open + indentation + markers <= RuleSourceLimit.depthMax else {
                throw RuleProblem(
                    .sourceInvalid, line: line, subject: "YAML",
                    message: "more than \(RuleSourceLimit.depthMax) levels or columns of indentation; make it flatter")
            }
        }
    }

    private static func convert(
        _ node: Node, line: Int, depth: Int, budget: inout Int
    ) throws(RuleProblem) -> SourceNode {
        let line = node.mark?.line ?? line
        budget -= 1
        guard budget >= 0, depth <= RuleSourceLimit.depthMax else {
            throw RuleProblem(
                .sourceInvalid, line: line, subject: "YAML",
                message: "more than \(RuleSourceLimit.valueCountMax) values; split the file, or use fewer aliases")
        }
        switch node {
        case .scalar(let scalar):
            guard ["", "!", "tag:yaml.org,2002:str"].contains(scalar.tag.rawValue) else {
                throw RuleProblem(
                    .sourceInvalid, line: line, subject: scalar.tag.rawValue,
                    message: "values have no YAML tags in Sigma; remove it")
            }
            let isPlain = scalar.style == .plain && scalar.tag.rawValue.isEmpty
            return SourceNode(line: line, value: .scalar(SourceScalar(text: scalar.string, isPlain: isPlain)))
        case .sequence(let sequence):
            var list: [SourceNode] = []
            for element in sequence {
                list.append(try convert(element, line: line, depth: depth + 1, budget: &budget))
            }
            return SourceNode(line: line, value: .list(list))
        case .mapping(let mapping):
            var entries: [SourceNode.Entry] = []
            for (key, value) in mapping {
                let keyLine = key.mark?.line ?? line
                guard case .scalar(let name) = key else {
                    throw RuleProblem(
                        .sourceInvalid, line: keyLine, subject: "YAML", message: "a name must be a plain word")
                }
                let node = try convert(value, line: keyLine, depth: depth + 1, budget: &budget)
                entries.append(SourceNode.Entry(name: name.string, line: keyLine, node: node))
            }
            return SourceNode(line: line, value: .map(entries))
        case .alias:
            throw RuleProblem(.sourceInvalid, line: line, subject: "YAML", message: "an alias leads nowhere")
        }
    }
}
