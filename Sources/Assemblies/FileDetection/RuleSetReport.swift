import DetectionEngine
package import RuleCompiler

/// What there is to say of a set of rules before it is run: what was refused, what each rule costs, which say the same,
/// and which would match nearly everything.
package struct RuleSetReport: Sendable {
    package struct Rule: Sendable {
        package let id: String
        package let title: String
        package let file: String
        package let line: Int
        package let level: String
        /// The log source, `*` for parts that it does not name.
        package let source: String
        /// Steps of this rule alone, for an event of ``eventBytes``.
        package let cost: UInt64
        /// Whether some literal of an event must be found before the rule is looked at at all.
        package let isTriggered: Bool
        /// Whether the taxonomy knows events of the log source without tags.
        package let isMapped: Bool
        package let findings: [Finding]
    }

    package struct Finding: Hashable, Sendable {
        package enum Kind: String, Sendable, CaseIterable {
            /// Another rule asks the same of the same events.
            case duplicate
            /// Whatever this rule matches, another rule matches as well.
            case covered
            /// It matches an event of which nothing is known.
            case matchesEverything = "matches-everything"
            /// Nothing tells events of its log source but tags.
            case unmapped
            /// What may be a slip and was taken as it stands.
            case warning
        }

        package let kind: Kind
        /// The other rule's id, or what the compiler says.
        package let message: String
    }

    /// Ascending by id.
    package let rules: [Rule]
    package let correlationCount: Int
    package let errors: [RuleCompilerError]
    /// Of all rules together, for an event of ``eventBytes``.
    package let cost: UInt64
    package let programBytes: Int
    /// Rules that were refused, by document.
    package let refusedCount: Int

    /// Bytes of the event for which costs are given: a long one of Windows.
    package static let eventBytes = 4_096

    package init(_ set: RuleSet) throws(FileDetectionError) {
        let draft = set.draft()
        let (program, programBytes) = try Self.program(of: draft)
        self.programBytes = programBytes
        cost = program?.cost.steps(eventBytes: Self.eventBytes) ?? 0
        errors = set.errors
        refusedCount = Set(set.errors.map { "\($0.file)\u{0}\($0.rule)" }).count
        correlationCount = set.correlations.count
        let overlaps = RuleOverlaps(set.rules)
        let mapped = Set(draft.groups.filter { $0.routes.count > 1 }.map(\.name))
        let warnings = Dictionary(grouping: set.warnings) { "\($0.file)\u{0}\($0.rule)" }
        var rules: [Rule] = []
        for (index, rule) in set.rules.enumerated() {
            let metadata = rule.draft.metadata
            let price = try RulePrice(rule)
            var findings = overlaps.findings[index]
            if price.matchesEverything {
                findings.append(Finding(kind: .matchesEverything, message: "an event without any field matches"))
            }
            if !mapped.contains(rule.groupName) {
                findings.append(
                    Finding(kind: .unmapped, message: "only events with the tags of \(rule.groupName) reach it"))
            }
            findings += (warnings["\(rule.file)\u{0}\(metadata.title)"] ?? []).map {
                Finding(kind: .warning, message: "line \($0.line): \($0.subject): \($0.message)")
            }
            rules.append(
                Rule(
                    id: metadata.id, title: metadata.title, file: rule.file, line: rule.line,
                    level: metadata.level.name, source: rule.groupName, cost: price.cost,
                    isTriggered: price.isTriggered, isMapped: mapped.contains(rule.groupName), findings: findings))
        }
        self.rules = rules
    }

    private static func program(
        of draft: ProgramDraft
    ) throws(FileDetectionError) -> (program: DetectionProgram?, bytes: Int) {
        guard !draft.groups.isEmpty else { return (nil, 0) }
        do throws(ProgramError) {
            let bytes = try draft.encoded()
            return (try DetectionProgram(loading: bytes), bytes.count)
        } catch {
            throw FileDetectionError(.programRefused, subject: error.subject, message: error.message)
        }
    }
}

/// What one rule costs on its own.
struct RulePrice {
    let cost: UInt64
    let isTriggered: Bool
    /// Whether an event of which nothing is known matches.
    let matchesEverything: Bool

    private static let empty: [UInt8] = Array("{}".utf8)

    init(_ rule: CompiledRule) throws(FileDetectionError) {
        do throws(ProgramError) {
            let always = DraftRoute(when: .not(.test(Predicate(.named(SourceTag.product), .exists))))
            let group = DraftGroup(name: rule.groupName, routes: [always], rules: [rule.draft])
            let program = try DetectionProgram(
                loading: try ProgramDraft(groups: [group], isOpen: true).encoded())
            cost = program.cost.steps(eventBytes: RuleSetReport.eventBytes)
            isTriggered = program.alwaysRuleCount == 0
            var interpreter = ProgramInterpreter(program)
            matchesEverything = interpreter.evaluate(json: Self.empty.span).matchCount > 0
        } catch {
            throw FileDetectionError(.programRefused, subject: rule.file, message: error.message)
        }
    }
}

/// Which rules say the same as others, or less.
struct RuleOverlaps {
    /// By rule.
    private(set) var findings: [[RuleSetReport.Finding]]

    init(_ rules: [CompiledRule]) {
        findings = Array(repeating: [], count: rules.count)
        let demands = rules.map { Self.demands(of: $0.draft.expression) }
        // A rule can only be covered by one whose demands are all among its own: those are found by any one demand.
        var rulesWithDemand: [Demand: [Int]] = [:]
        for (index, demands) in demands.enumerated() {
            for demand in demands {
                rulesWithDemand[Demand(group: rules[index].groupName, expression: demand), default: []].append(index)
            }
        }
        for (index, own) in demands.enumerated() {
            let candidates = Set(
                own.flatMap { rulesWithDemand[Demand(group: rules[index].groupName, expression: $0)] ?? [] })
            for other in candidates.sorted() where other != index {
                guard demands[other].isSubset(of: own) else { continue }
                let isSame = demands[other].count == own.count
                // Of two that say the same, the later one is told.
                guard !isSame || other < index else { continue }
                findings[index].append(
                    RuleSetReport.Finding(
                        kind: isSame ? .duplicate : .covered,
                        message: "\(rules[other].draft.metadata.id) (\(rules[other].file))"))
            }
        }
    }

    private struct Demand: Hashable {
        var group: String
        var expression: RuleExpression
    }

    /// What must all hold, as far as the expression says it at its top.
    private static func demands(of expression: RuleExpression) -> Set<RuleExpression> {
        guard case .all(let parts) = expression else { return [expression] }
        return parts.reduce(into: []) { $0.formUnion(demands(of: $1)) }
    }
}
