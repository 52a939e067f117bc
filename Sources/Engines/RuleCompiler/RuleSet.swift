package import DetectionEngine
import FleetModel

/// What came of a set of sources: the rules that compiled, and why the others did not.
package struct RuleSet: Sendable {
    /// Ascending by id, each id once. Filters are applied.
    package private(set) var rules: [CompiledRule] = []
    /// Those that refer to others behind those they refer to, otherwise ascending by id.
    package private(set) var correlations: [CompiledCorrelation] = []
    /// In the order of files and lines. Empty when every document of every source is in `rules`, `correlations` or,
    /// as a filter, in the expressions of `rules`.
    package private(set) var errors: [RuleCompilerError] = []
    /// What may be a slip and was taken as it stands, in the order of files and lines.
    package private(set) var warnings: [RuleCompilerError] = []

    private let options: CompilerOptions

    /// - Parameter contents: In the order of files.
    init(_ contents: [SourceContents], options: CompilerOptions) {
        self.options = options
        var filters: [RuleFilter] = []
        var sources: [CorrelationSource] = []
        var ids: [String: (file: String, line: Int)] = [:]
        func isNew(_ id: String, _ file: String, _ line: Int, _ title: String) -> RuleCompilerError? {
            guard let other = ids[id] else {
                ids[id] = (file, line)
                return nil
            }
            return RuleCompilerError(
                .duplicateID, file: file, line: line, rule: title, subject: id,
                message: "\(other.file):\(other.line) has this id; make another with uuidgen")
        }
        for content in contents {
            errors += content.errors
            warnings += content.warnings
            for document in content.documents {
                switch document {
                case .filter(let filter): filters.append(filter)
                case .rule(let rule):
                    let metadata = rule.draft.metadata
                    if let error = isNew(metadata.id, rule.file, rule.line, metadata.title) {
                        errors.append(error)
                    } else {
                        rules.append(rule)
                    }
                case .correlation(let source):
                    if let error = isNew(source.metadata.id, source.file, source.line, source.metadata.title) {
                        errors.append(error)
                    } else {
                        sources.append(source)
                    }
                }
            }
        }
        rules.sort { $0.draft.metadata.id.utf8.lexicographicallyPrecedes($1.draft.metadata.id.utf8) }
        for filter in filters { apply(filter) }
        refuseOversized()
        var resolution = CorrelationResolution(sources, rules: rules, schema: options.schema)
        resolution.resolve()
        correlations = resolution.correlations
        errors = Self.ordered(errors + resolution.errors)
        warnings = Self.ordered(warnings)
    }

    /// Refuses rules that can be none: too large, or true of every event or of none. Here, since filters count.
    private mutating func refuseOversized() {
        rules.removeAll { rule in
            let problem: (code: RuleCompilerError.Code, message: String)
            do throws(RuleExpressionError) {
                try rule.draft.expression.check()
                return false
            } catch {
                problem =
                    switch error {
                    case .tooLarge:
                        (.tooLarge, "more than \(ProgramLimit.ruleInstructionCountMax) tests; split the rule")
                    case .constant: (.detectionInvalid, "it asks nothing of the event")
                    }
            }
            errors.append(
                RuleCompilerError(
                    problem.code, file: rule.file, line: rule.line, rule: rule.draft.metadata.title,
                    subject: "detection", message: problem.message))
            return true
        }
    }

    private mutating func apply(_ filter: RuleFilter) {
        var isUsed = false
        for index in rules.indices where filter.covers(rules[index]) {
            isUsed = true
            rules[index].draft.expression = .all([rules[index].draft.expression, filter.expression])
        }
        guard !isUsed else { return }
        warnings.append(
            RuleCompilerError(
                .referenceInvalid, file: filter.file, line: filter.line, rule: filter.title, subject: "filter.rules",
                message: "no rule of \(filter.source.name) that compiled is meant; correct rules or logsource"))
    }

    /// In the order of files and lines. The place in the list decides between equals: sorting alone keeps no order.
    private static func ordered(_ errors: [RuleCompilerError]) -> [RuleCompilerError] {
        errors.enumerated().sorted { left, right in
            if left.element.file != right.element.file {
                return left.element.file.utf8.lexicographicallyPrecedes(right.element.file.utf8)
            }
            if left.element.line != right.element.line { return left.element.line < right.element.line }
            return left.offset < right.offset
        }.map(\.element)
    }
}

extension RuleSet {
    /// All `rules` by their log sources, and the correlations: the same for the same rules.
    ///
    /// - Parameter chaos: A fault to put into it on purpose, for tests, demos and the lab.
    package func draft(chaos: ChaosMarker? = nil) -> ProgramDraft {
        var members: [LogSource: [DraftRule]] = [:]
        for rule in rules { members[rule.source, default: []].append(rule.draft) }
        // The sensor tags all that it sends, and knows no other names.
        let taxonomy = options.schema == .sensor ? Taxonomy.tagsOnly : options.taxonomy
        let groups = members.map { source, rules in
            var fields: Set<String> = []
            for rule in rules { rule.expression.insertFieldNames(into: &fields) }
            return DraftGroup(name: source.name, routes: taxonomy.routes(for: source, fields: fields), rules: rules)
        }
        return ProgramDraft(
            groups: groups.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) },
            correlations: correlations.map(\.draft), isOpen: options.schema == .open, chaos: chaos)
    }

    /// The program of all `rules` and `correlations`, byte for byte the same for the same ones.
    ///
    /// - Parameter chaos: A fault to put into it on purpose, for tests, demos and the lab.
    /// - Throws: When the rules together are above the bounds of a program.
    package func program(chaos: ChaosMarker? = nil) throws(ProgramError) -> [UInt8] {
        try draft(chaos: chaos).encoded()
    }
}

/// A rule that compiled.
package struct CompiledRule: Sendable {
    /// What goes into the program; `draft.metadata` is what a manifest lists.
    package internal(set) var draft: DraftRule
    package let source: LogSource
    /// By which correlations and filters may refer to it; nil when it has none.
    package let name: String?
    /// Sigma's status, for example `stable`.
    package let status: String
    /// The source's name.
    package let file: String
    /// The line where the rule's document begins.
    package let line: Int
    /// The name of the rule's group in the program, for example `linux/process_creation/*`.
    package var groupName: String { source.name }
}

/// A correlation that compiled.
package struct CompiledCorrelation: Sendable {
    package let draft: DraftCorrelation
    /// Sigma's status, for example `stable`.
    package let status: String
    package let file: String
    /// The line where the document begins.
    package let line: Int
}
