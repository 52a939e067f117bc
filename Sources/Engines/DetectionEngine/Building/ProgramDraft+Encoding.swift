extension ProgramDraft {
    /// The program's bytes. The same groups and rules, in whatever order, give the same bytes.
    ///
    /// - Throws: What the loader would say of the bytes: every program is loaded before it leaves.
    package func encoded() throws(ProgramError) -> [UInt8] {
        var writer = ProgramWriter()
        let groups = self.groups.map { group in
            var group = group
            group.rules.sort { $0.metadata.id.utf8.lexicographicallyPrecedes($1.metadata.id.utf8) }
            return group
        }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let fieldNumbers = writeFields(of: groups, to: &writer)
        let plans =
            [GroupPlan(groups.flatMap { group in group.routes.map(\.when) })]
            + groups.map { GroupPlan($0.rules.map(\.expression)) }
        var layout = AutomatonLayout(bytes: Self.bytes(of: plans))
        writer.classes = layout.classes
        try writeRoutes(groups, plans[0], fieldNumbers, &layout, to: &writer)
        for (group, plan) in zip(groups, plans.dropFirst()) {
            try writeGroup(group, plan, fieldNumbers, &layout, to: &writer)
        }
        layout.finish()
        for node in layout.nodes { writer.append([node.base, node.parent, node.failure, node.output], to: .nodes) }
        writer.append(layout.outputs, to: .outputs)
        try writeCorrelations(groups, fieldNumbers, to: &writer)
        let draft = writer.encoded(chaos: chaos, isOpen: isOpen, cost: ProgramCost(fixed: 0, perByte: 0))
        let (program, _) = try ProgramReader.read(draft)
        return writer.encoded(chaos: chaos, isOpen: isOpen, cost: program.cost)
    }

    /// Names of all fields that anything looks at, ascending as bytes.
    private func writeFields(of groups: [DraftGroup], to writer: inout ProgramWriter) -> [String: UInt32] {
        var names: Set<String> = []
        for group in groups {
            for route in group.routes {
                route.when.insertFieldNames(into: &names)
                for rename in route.renames { names.formUnion([rename.field, rename.source]) }
            }
            for rule in group.rules { rule.expression.insertFieldNames(into: &names) }
        }
        for correlation in correlations {
            for field in correlation.groupBy { names.formUnion(field.names.values + [field.name]) }
            if let field = correlation.valueField { names.insert(field) }
        }
        // The sensor gives its events their moment apart from their fields.
        if isOpen, !correlations.isEmpty { names.formUnion(Self.timeFields) }
        var numbers: [String: UInt32] = [:]
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            numbers[name] = writer.count(.fields)
            writer.append(writer.reference(Array(name.utf8)), to: .fields)
        }
        return numbers
    }

    private static func bytes(of plans: [GroupPlan]) -> Set<UInt8> {
        var isUsed = Array(repeating: false, count: 256)
        for plan in plans {
            for case .found(let literals) in plan.predicates {
                for literal in literals { for byte in literal.needle { isUsed[Int(byte)] = true } }
            }
        }
        // What stands before quotes in JSON.
        if isUsed[Int(UInt8(ascii: "\""))] { isUsed[Int(UInt8(ascii: "\\"))] = true }
        return Set((0...UInt8.max).filter { isUsed[Int($0)] })
    }

    private func writeRoutes(
        _ groups: [DraftGroup], _ plan: GroupPlan, _ fieldNumbers: [String: UInt32], _ layout: inout AutomatonLayout,
        to writer: inout ProgramWriter
    ) throws(ProgramError) {
        var builder = GroupBuilder(plan, fieldNumbers: fieldNumbers, isOpen: isOpen, writer: writer)
        let (record, code) = try Self.checked("routes") { () throws(DiagramBuilder.Failure) in
            try builder.write(to: &writer, &layout)
        }
        writer.append(writer.reference(Array("routes".utf8)) + record, to: .groups)
        var next = code.makeIterator()
        let nothing = writer.reference([])
        for (number, group) in groups.enumerated() {
            for route in group.routes {
                guard let code = next.next() else { continue }
                writer.append(nothing + nothing + nothing + [0, 0, 0] + code, to: .rules)
                let start = writer.count(.renames)
                for rename in route.renames {
                    writer.append([fieldNumbers[rename.field] ?? 0, fieldNumbers[rename.source] ?? 0], to: .renames)
                }
                writer.append([UInt32(number + 1), start, writer.count(.renames) - start], to: .routes)
            }
        }
    }

    private func writeGroup(
        _ group: DraftGroup, _ plan: GroupPlan, _ fieldNumbers: [String: UInt32], _ layout: inout AutomatonLayout,
        to writer: inout ProgramWriter
    ) throws(ProgramError) {
        var builder = GroupBuilder(plan, fieldNumbers: fieldNumbers, isOpen: isOpen, writer: writer)
        let (record, code) = try Self.checked(group.name) { () throws(DiagramBuilder.Failure) in
            try builder.write(to: &writer, &layout)
        }
        writer.append(writer.reference(Array(group.name.utf8)) + record, to: .groups)
        let silent = Set(correlations.filter { !$0.reportsRules }.flatMap(\.rules))
        for (rule, code) in zip(group.rules, code) {
            let metadata = rule.metadata
            let texts = [metadata.id, metadata.title, metadata.author].flatMap { writer.reference(Array($0.utf8)) }
            let flags = RuleFlags(
                level: metadata.level, response: metadata.response, isReported: !silent.contains(metadata.id))
            let tagStart = writer.count(.tags)
            for tag in metadata.tags { writer.append(writer.reference(Array(tag.utf8)), to: .tags) }
            writer.append(texts + [flags.word, tagStart, UInt32(metadata.tags.count)] + code, to: .rules)
        }
    }

    private static func checked<Value>(
        _ name: String, _ body: () throws(DiagramBuilder.Failure) -> Value
    ) throws(ProgramError) -> Value {
        do throws(DiagramBuilder.Failure) {
            return try body()
        } catch {
            switch error {
            case .tooLarge:
                throw ProgramError(
                    .oversized, subject: name,
                    message: "a rule needs more than \(ProgramLimit.ruleInstructionCountMax) instructions; split it")
            case .constant:
                throw ProgramError(
                    .malformed, subject: name, message: "a rule asks nothing of the event; give it a test")
            }
        }
    }
}

extension RuleExpression {
    /// Adds the names of all fields that the expression looks at.
    package func insertFieldNames(into names: inout Set<String>) {
        switch self {
        case .test(let predicate):
            if case .named(let name) = predicate.field { names.insert(name) }
            if case .field(_, let other) = predicate.test { names.insert(other) }
        case .not(let inner): inner.insertFieldNames(into: &names)
        case .all(let parts), .any(let parts), .atLeast(_, let parts):
            for part in parts { part.insertFieldNames(into: &names) }
        }
    }

    /// Whether the expression alone can be a rule: whether it asks anything of the event, in at most the instructions
    /// of one rule.
    package func check() throws(RuleExpressionError) {
        let plan = GroupPlan([self])
        do throws(DiagramBuilder.Failure) {
            _ = try DiagramBuilder.diagram(
                of: plan.expressions[0], prices: Array(repeating: 0, count: plan.predicates.count))
        } catch {
            switch error {
            case .tooLarge: throw .tooLarge
            case .constant: throw .constant
            }
        }
    }
}

/// Why an expression can be no rule.
package enum RuleExpressionError: Error, Equatable, Sendable {
    /// More than `ProgramLimit.ruleInstructionCountMax` instructions.
    case tooLarge
    /// It asks nothing of the event.
    case constant
}
