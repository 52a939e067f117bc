import DetectionEngine
import FleetModel

/// Reads what a rule says of itself, each attribute for itself, so that an author sees all that is wrong.
struct RuleAttributes {
    /// Whole only when nothing was refused.
    private(set) var metadata = RuleMetadata(id: "", title: "", level: .informational, tags: [], author: "")
    /// Sigma's status, `experimental` when the source names none (Sigma 2.1.0, "Status").
    private(set) var status = "experimental"
    /// By which correlations and filters may refer to the rule; nil when it has none.
    private(set) var name: String?
    /// Whether the source names a level.
    private(set) var hasLevel = false
    /// Where the source names a response other than `alert`; nil when it names none.
    private(set) var responseLine: Int?

    private let schema: CompilerOptions.Schema

    private static let statuses = ["stable", "test", "experimental", "deprecated", "unsupported"]
    /// Attributes that tell people something and change no verdict. They are checked for their form alone.
    private static let texts: Set<String> = ["description", "license", "regression_tests_path"]
    private static let lists: Set<String> = ["references", "falsepositives", "fields", "scope"]
    private static let structures: Set<String> = ["related", "simulation"]

    /// - Parameter required: Names of attributes that must be there.
    init(
        _ entries: [SourceNode.Entry], line: Int, required: [String], options: CompilerOptions,
        problems: inout [RuleProblem]
    ) {
        schema = options.schema
        metadata.level = options.defaultLevel
        for name in required where !entries.contains(where: { $0.name == name }) {
            problems.append(
                RuleProblem(.attributeMissing, line: line, subject: name, message: "a rule needs it; add \(name)"))
        }
        for entry in entries {
            do throws(RuleProblem) { try read(entry) } catch { problems.append(error) }
        }
    }

    private mutating func read(_ entry: SourceNode.Entry) throws(RuleProblem) {
        switch entry.name {
        case "title": metadata.title = try Self.text(entry, bytesMax: ProgramLimit.titleBytesMax)
        case "id": metadata.id = try id(entry)
        case "level":
            let name = try Self.text(entry, bytesMax: ProgramLimit.titleBytesMax)
            guard let level = RuleLevel(name: folded(name)) else {
                throw Self.invalid(entry, "there is no such level; there are \(Self.levels)")
            }
            (metadata.level, hasLevel) = (level, true)
        case "response" where schema == .sensor: try readResponse(entry)
        case "name": name = try Self.text(entry, bytesMax: ProgramLimit.titleBytesMax)
        case "author": metadata.author = try Self.text(entry, bytesMax: ProgramLimit.authorBytesMax)
        case "tags": metadata.tags = try tags(entry)
        case "status":
            status = folded(try Self.text(entry, bytesMax: ProgramLimit.titleBytesMax))
            guard Self.statuses.contains(status) else {
                throw Self.invalid(entry, "there is no such status; there are \(Self.statuses.joined(separator: ", "))")
            }
        case "date", "modified": if schema == .sensor { try Self.checkDate(entry) }
        // Any field may be named in open mode, so that the events' own names are as good as Sigma's.
        case "taxonomy" where schema == .sensor:
            guard try Self.text(entry, bytesMax: ProgramLimit.titleBytesMax) == "sigma" else {
                throw Self.invalid(entry, "fields have Sigma's names here; rename them and write taxonomy: sigma")
            }
        case "logsource", "detection", "filter", "correlation", "action": break
        // What else there may be changes no verdict, and tools have attributes of their own.
        case _ where schema == .open: break
        case let name where Self.texts.contains(name):
            _ = try Self.text(entry, bytesMax: RuleSourceLimit.fileBytesMax)
        case let name where Self.lists.contains(name): _ = try Self.list(entry)
        case let name where Self.structures.contains(name):
            if case .scalar = entry.node.value { throw Self.invalid(entry, "it is a value; give a list or a map") }
        default:
            throw RuleProblem(
                .attributeUnknown, line: entry.line, subject: entry.name,
                message: "Sigma has no such attribute, so that it might be a slip; correct or remove it")
        }
    }

    private mutating func readResponse(_ entry: SourceNode.Entry) throws(RuleProblem) {
        guard let response = RuleResponse(name: try Self.text(entry, bytesMax: ProgramLimit.titleBytesMax)) else {
            let names = RuleResponse.allCases.map(\.name).joined(separator: ", ")
            throw Self.invalid(entry, "there is no such response; there are \(names)")
        }
        metadata.response = response
        if response.isDestructive { responseLine = entry.line }
    }

    /// Why the response does not fit, once it is known what the document is; nil when it fits.
    ///
    /// - Parameter kind: Of the events of a rule; nil for a filter or a correlation.
    func responseProblem(kind: EventKind?) -> RuleProblem? {
        guard let line = responseLine else { return nil }
        let message: String
        if let kind {
            guard !metadata.response.applies(to: kind) else { return nil }
            let kinds = EventKind.allCases.filter(metadata.response.applies(to:)).map(\.category)
            message = "no \(kind.category) event can be answered so, only \(kinds.joined(separator: ", "))"
        } else {
            message = "only a rule has one: a filter acts on nothing, and a correlation on no single event; remove it"
        }
        return RuleProblem(
            .attributeInvalid, line: line, subject: "response: \(metadata.response.name)", message: message)
    }

    /// A word, in lower case where pySigma takes either.
    private func folded(_ word: String) -> String { schema == .open ? word.lowercased() : word }

    private static var levels: String { RuleLevel.allCases.map(\.name).joined(separator: ", ") }

    private static func invalid(_ entry: SourceNode.Entry, _ message: String) -> RuleProblem {
        RuleProblem(.attributeInvalid, line: entry.line, subject: entry.name, message: message)
    }

    private static func text(_ entry: SourceNode.Entry, bytesMax: Int) throws(RuleProblem) -> String {
        guard case .scalar(let scalar) = entry.node.value, scalar.meaning != .null else {
            throw invalid(entry, "it must be a text")
        }
        guard (1...bytesMax).contains(scalar.text.utf8.count) else {
            throw invalid(entry, "\(scalar.text.utf8.count) bytes, where 1 to \(bytesMax) are allowed")
        }
        guard bytesMax == RuleSourceLimit.fileBytesMax || scalar.text.unicodeScalars.allSatisfy({ $0.value >= 0x20 })
        else {
            throw invalid(entry, "it must be one line without control characters")
        }
        return scalar.text
    }

    private static func list(_ entry: SourceNode.Entry) throws(RuleProblem) -> [(line: Int, text: String)] {
        let nodes = entry.node.elements
        var texts: [(line: Int, text: String)] = []
        for node in nodes {
            guard case .scalar(let scalar) = node.value else {
                throw RuleProblem(
                    .attributeInvalid, line: node.line, subject: entry.name,
                    message: "\(node.word) stands where a text must stand")
            }
            texts.append((node.line, scalar.text))
        }
        return texts
    }

    /// A UUID, in lower case (RFC 9562 clause 4): two spellings of one id would be two rules.
    private func id(_ entry: SourceNode.Entry) throws(RuleProblem) -> String {
        let id = folded(try Self.text(entry, bytesMax: ProgramLimit.ruleIDBytesMax))
        let groups = id.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let isHexadecimal = groups.joined().allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        guard groups.map(\.count) == [8, 4, 4, 4, 12], isHexadecimal else {
            throw Self.invalid(entry, "\"\(id)\" is no UUID in lower case; make one with uuidgen")
        }
        return id
    }

    private func tags(_ entry: SourceNode.Entry) throws(RuleProblem) -> [String] {
        if schema == .open, case .scalar(let scalar) = entry.node.value, scalar.meaning == .null { return [] }
        let tags = try Self.list(entry)
        guard tags.count <= ProgramLimit.ruleTagCountMax else {
            throw Self.invalid(
                entry, "\(tags.count) tags, where \(ProgramLimit.ruleTagCountMax) are allowed; keep the main ones")
        }
        for (line, tag) in tags {
            let isPlain = tag.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (97...122).contains(byte) || [45, 46, 95].contains(byte)
            }
            let isNamed = tag.contains(".") && !tag.hasPrefix(".") && !tag.hasSuffix(".")
            guard tag.utf8.count <= ProgramLimit.tagBytesMax, schema == .open || isPlain && isNamed else {
                throw RuleProblem(
                    .attributeInvalid, line: line, subject: "tags",
                    message: "\"\(tag.prefix(64))\" is no tag; write namespace.name in lower case, as in attack.t1059")
            }
        }
        return tags.map(\.text)
    }

    /// A day of the calendar, `2026-11-24` or with slashes as older rules have it.
    private static func checkDate(_ entry: SourceNode.Entry) throws(RuleProblem) {
        let text = try text(entry, bytesMax: ProgramLimit.titleBytesMax)
        let parts = text.utf8.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "/")
        }
        let numbers = parts.compactMap { part in
            part.allSatisfy { (48...57).contains($0) } ? part.reduce(0) { $0 * 10 + Int($1 - 48) } : nil
        }
        guard parts.map(\.count) == [4, 2, 2], numbers.count == 3, (1...12).contains(numbers[1]) else {
            throw invalid(entry, "\"\(text)\" is no date; write it as in 2026-11-24")
        }
        let isLeap = numbers[0].isMultiple(of: 4) && (!numbers[0].isMultiple(of: 100) || numbers[0].isMultiple(of: 400))
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][numbers[1] - 1]
        guard (1...days).contains(numbers[2]) else {
            throw invalid(entry, "\"\(text)\" is no day of the calendar; correct it")
        }
    }
}
