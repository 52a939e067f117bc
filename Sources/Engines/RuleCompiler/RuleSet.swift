package import DetectionEngine
import FleetModel

/// What came of a set of sources: the rules that compiled, and why the others did not.
package struct RuleSet: Sendable {
    /// Ascending by id, each id once.
    package private(set) var rules: [CompiledRule] = []
    /// In the order of files and lines. Empty when every rule of every source is in `rules`.
    package private(set) var errors: [RuleCompilerError] = []

    init() {}

    /// The program of all `rules`, byte for byte the same for the same rules.
    ///
    /// - Parameter chaos: A fault to put into it on purpose, for tests, demos and the lab.
    /// - Throws: When the rules together are above the bounds of a program.
    package func program(chaos: ChaosMarker? = nil) throws(ProgramError) -> [UInt8] {
        try ProgramDraft(rules: rules.map(\.draft), chaos: chaos).encoded()
    }

    mutating func add(_ rule: CompiledRule) { rules.append(rule) }

    mutating func refuse(_ problem: RuleProblem, file: String, rule: String) {
        errors.append(
            RuleCompilerError(
                problem.code, file: file, line: problem.line, rule: rule, subject: problem.subject,
                message: problem.message))
    }

    /// Refuses the second and every later rule with an id that was there before, and puts everything in order.
    mutating func finish() {
        var first: [String: CompiledRule] = [:]
        var kept: [CompiledRule] = []
        for rule in rules {
            if let other = first[rule.draft.metadata.id] {
                let problem = RuleProblem(
                    .duplicateID, line: rule.line, subject: rule.draft.metadata.id,
                    message: "\(other.file):\(other.line) has this id; make another with uuidgen")
                refuse(problem, file: rule.file, rule: rule.draft.metadata.title)
            } else {
                first[rule.draft.metadata.id] = rule
                kept.append(rule)
            }
        }
        rules = kept.sorted { $0.draft.metadata.id.utf8.lexicographicallyPrecedes($1.draft.metadata.id.utf8) }
        // The place in the list decides between equals: sorting alone keeps no order.
        errors = errors.enumerated().sorted { left, right in
            if left.element.file != right.element.file {
                return left.element.file.utf8.lexicographicallyPrecedes(right.element.file.utf8)
            }
            if left.element.line != right.element.line { return left.element.line < right.element.line }
            return left.offset < right.offset
        }.map(\.element)
    }
}

/// A rule that compiled.
package struct CompiledRule: Sendable {
    /// What goes into the program; `draft.metadata` is what a manifest lists.
    package let draft: DraftRule
    /// Sigma's status, for example `stable`.
    package let status: String
    /// The source's name.
    package let file: String
    /// The line where the rule's document begins.
    package let line: Int
    /// The most steps that this rule alone adds to an evaluation. Rules that share tests cost less together.
    package var costBound: UInt64 { draft.code.costBound }
}
