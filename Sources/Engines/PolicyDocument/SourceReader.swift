import Yams

/// Reads one YAML document. The only place that knows the YAML library.
struct SourceReader {
    /// What was refused inside the document; the rest of it can be read.
    private(set) var problems: [Problem] = []
    private var budget = PolicyFileLimit.valueCountMax
    private let repeated: RepeatedKeys

    /// Reads a text. Throws where nothing can be said of its keys; what is wrong in parts is in `problems`.
    static func read(_ text: String) throws(Problems) -> (root: SourceNode, problems: [Problem]) {
        let characters = SourceScan.characterProblems(in: text)
        guard characters.isEmpty else { throw Problems(.unreadable, list: characters) }
        try SourceScan.checkDepth(text)
        try SourceScan.checkAliases(text)
        var repeated = RepeatedKeys(text)
        while true {
            do {
                return try read(repeated)
            } catch let error as YamlError {
                // The parser gives up at a key that is there twice: it is noted, renamed, and the rest read again.
                if case .duplicatedKeysInMapping(let keys, let context) = error,
                    repeated.rename(keys, after: SourceMark(context.mark))
                {
                    continue
                }
                throw Problems(.unreadable, list: repeated.problems + [problem(error, in: text)])
            } catch let error as Problems {
                throw error
            } catch {
                throw Problems(.unreadable, Problem(mark: .start, found: "what is no YAML (\(error))"))
            }
        }
    }

    private static func read(_ repeated: RepeatedKeys) throws -> (root: SourceNode, problems: [Problem]) {
        // Without resolver: what a scalar means is decided by the key that it is for, not by the library's patterns.
        // The parser outlives the conversion, since nodes refer to its anchors weakly.
        let parser = try Parser(yaml: repeated.text, resolver: .basic, encoding: .utf8)
        return try withExtendedLifetime(parser) {
            guard let document = try parser.nextRoot() else { throw Problems(.unreadable, list: [empty]) }
            var reader = SourceReader(repeated: repeated)
            let root = reader.convert(document, mark: .start, depth: 0)
            reader.problems = repeated.problems + reader.problems
            if let second = try parser.nextRoot() {
                reader.problems.append(
                    Problem(
                        mark: second.mark.map(SourceMark.init) ?? .start, found: "a second document",
                        allowed: "one in a file", nextStep: "put it into a file of its own"))
            }
            guard !root.isNull else { throw Problems(.unreadable, list: [empty]) }
            return (root, reader.problems)
        }
    }

    private init(repeated: RepeatedKeys) { self.repeated = repeated }

    private static let empty = Problem(
        mark: .start, found: "nothing", allowed: "a policy", reason: "the file is empty or has only comments",
        nextStep: "begin with `name:` and `extends: laptop-fleet`, or with `customer:`")

    private static func problem(_ error: YamlError, in text: String) -> Problem {
        switch error {
        case .scanner(let context, let what, let mark, _), .parser(let context, let what, let mark, _),
            .composer(let context, let what, let mark, _):
            let before = context.map { ", \($0.text) in line \($0.mark.line)" } ?? ""
            let isAlias = what.contains("alias") || context.map { $0.text.contains("alias") } ?? false
            return Problem(
                mark: SourceMark(mark), found: "what is no YAML (\(what)\(before))",
                nextStep: isAlias || what.contains("anchor")
                    ? "put a value that begins with * or & into quotes, as in \"*\"; aliases are not used in policies"
                    : "correct the indentation, the colon or the quotes here or in the line before")
        case .duplicatedKeysInMapping(let names, let context):
            return Problem(
                mark: SourceMark(context.mark), path: KeySuggestion.shown(names.first ?? ""), found: "the key twice",
                allowed: "once", nextStep: "keep one of the two")
        case .reader(let what, let offset, _, _):
            var mark = SourceMark.start
            for byte in text.utf8.prefix(offset ?? 0) where byte == UInt8(ascii: "\n") { mark.line += 1 }
            return Problem(mark: mark, found: "what is no YAML (\(what))", nextStep: "save the file as UTF-8")
        default:
            return Problem(
                mark: .start, found: "what is no YAML", nextStep: "compare with `firebreak policy show laptop-fleet`")
        }
    }

    private mutating func convert(_ node: Node, mark: SourceMark, depth: Int) -> SourceNode {
        let mark = node.mark.map(SourceMark.init) ?? mark
        func refused() -> SourceNode { SourceNode(mark: mark, value: .refused) }
        budget -= 1
        guard budget >= 0, depth <= PolicyFileLimit.depthMax else {
            refuse(mark, "more than \(PolicyFileLimit.valueCountMax) values", "fewer", "check that this is a policy")
            return refused()
        }
        if node.anchor != nil {
            refuse(
                mark, "an anchor", "plain values",
                "remove &NAME, and write the value again where *NAME stands: a policy is read by people")
            return refused()
        }
        guard !node.hasTag else {
            refuse(mark, "the tag \(node.writtenTag)", "plain values", "remove it")
            return refused()
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain
            return SourceNode(mark: mark, value: .scalar(SourceScalar(text: scalar.string, isPlain: isPlain)))
        case .sequence(let sequence):
            var list: [SourceNode] = []
            for element in sequence where budget >= 0 {
                list.append(convert(element, mark: mark, depth: depth + 1))
            }
            return SourceNode(mark: mark, value: .list(list))
        case .mapping(let mapping):
            return SourceNode(mark: mark, value: .map(entries(of: mapping, mark: mark, depth: depth)))
        case .alias:
            refuse(mark, "an alias", "plain values", "write the value itself")
            return refused()
        }
    }

    private mutating func entries(of mapping: Node.Mapping, mark: SourceMark, depth: Int) -> [SourceNode.Entry] {
        var entries: [SourceNode.Entry] = []
        for (key, value) in mapping where budget >= 0 {
            let keyMark = key.mark.map(SourceMark.init) ?? mark
            guard case .scalar(let name) = key, key.anchor == nil else {
                refuse(keyMark, "a key that is no word", "words as keys", "write it as in `loss_budget: 50`")
                continue
            }
            if repeated.isReplacement(name.string) { continue }
            let node = convert(value, mark: keyMark, depth: depth + 1)
            entries.append(SourceNode.Entry(key: name.string, mark: keyMark, node: node))
        }
        return entries
    }

    private mutating func refuse(_ mark: SourceMark, _ found: String, _ allowed: String, _ nextStep: String) {
        let problem = Problem(mark: mark, found: found, allowed: allowed, nextStep: nextStep)
        if !problems.contains(problem) { problems.append(problem) }
    }
}

extension SourceMark {
    fileprivate init(_ mark: Mark) { self.init(line: max(1, mark.line), column: max(1, mark.column)) }
}

extension Node {
    /// The tag as it was written; empty where there is none.
    fileprivate var writtenTag: String {
        switch self {
        case .scalar(let scalar): scalar.tag.rawValue
        case .sequence(let sequence): sequence.tag.rawValue
        case .mapping(let mapping): mapping.tag.rawValue
        case .alias: ""
        }
    }

    /// Whether a tag is there that quotes alone do not give.
    fileprivate var hasTag: Bool {
        if case .scalar(let scalar) = self, scalar.style != .plain {
            return !["", "tag:yaml.org,2002:str"].contains(writtenTag)
        }
        return !writtenTag.isEmpty
    }
}
