import DetectionEngine
import FleetModel

/// Finds the rules and correlations that correlations refer to by id or name.
struct CorrelationResolution {
    /// What a reference may mean.
    private enum Target {
        case rule(Int)
        case correlation(Int)
        /// Several have the name.
        case several
    }

    private(set) var correlations: [CompiledCorrelation] = []
    private(set) var errors: [RuleCompilerError] = []

    private let sources: [CorrelationSource]
    private let rules: [CompiledRule]
    private let schema: CompilerOptions.Schema
    private var targets: [String: Target] = [:]
    /// What became of each source: nil while it is being resolved.
    private var results: [Int: Result?] = [:]

    private enum Result {
        case compiled(level: RuleLevel)
        case refused
    }

    init(_ sources: [CorrelationSource], rules: [CompiledRule], schema: CompilerOptions.Schema) {
        self.sources = sources.sorted { $0.metadata.id.utf8.lexicographicallyPrecedes($1.metadata.id.utf8) }
        (self.rules, self.schema) = (rules, schema)
        guard !sources.isEmpty else { return }
        for (index, rule) in rules.enumerated() {
            targets[rule.draft.metadata.id] = .rule(index)
            if let name = rule.name { targets[name] = targets[name] == nil ? .rule(index) : .several }
        }
        for (index, source) in self.sources.enumerated() {
            targets[source.metadata.id] = .correlation(index)
            if let name = source.name { targets[name] = targets[name] == nil ? .correlation(index) : .several }
        }
    }

    mutating func resolve() {
        for index in sources.indices { _ = resolve(index) }
    }

    /// Resolves a correlation after all that it refers to. Chains are as deep as there are correlations in a circle-free
    /// order, at most `RuleSourceLimit.correlationDepthMax`.
    private mutating func resolve(_ index: Int, depth: Int = 0) -> Result {
        if let known = results[index] { return known ?? .refused }
        results[index] = .some(nil)
        let source = sources[index]
        var result = Result.refused
        do throws(RuleProblem) {
            guard depth < RuleSourceLimit.correlationDepthMax else {
                throw CorrelationSource.problem(
                    source.line, "rules", "more than \(RuleSourceLimit.correlationDepthMax) correlations in a chain")
            }
            let draft = try draft(of: source, depth: depth)
            correlations.append(
                CompiledCorrelation(draft: draft, status: source.status, file: source.file, line: source.line))
            result = .compiled(level: draft.metadata.level)
        } catch {
            errors.append(RuleCompilerError(error, file: source.file, rule: source.metadata.title))
        }
        results[index] = result
        return result
    }

    private mutating func draft(of source: CorrelationSource, depth: Int) throws(RuleProblem) -> DraftCorrelation {
        var ids: [String] = []
        var level = RuleLevel.informational
        for reference in source.rules {
            let (id, itsLevel) = try self.id(of: reference, depth: depth)
            guard !ids.contains(id) else {
                throw problem(reference, "it is there twice; remove one")
            }
            ids.append(id)
            level = max(level, itsLevel)
        }
        var metadata = source.metadata
        if !source.hasLevel { metadata.level = level }
        var groupBy: [DraftCorrelation.GroupField] = []
        for field in source.groupBy { groupBy.append(try groupField(field, source, ids)) }
        var valueField = source.valueField?.text
        if let reference = source.valueField, let alias = source.aliases.first(where: { $0.name == reference.text }) {
            guard let field = alias.fields.first?.field, alias.fields.allSatisfy({ $0.field == field }) else {
                throw CorrelationSource.problem(
                    reference.line, "condition.field", "one field is counted; an alias of several is none")
            }
            valueField = field
        }
        for field in groupBy {
            for id in ids { try check(field.names[id] ?? field.name, of: id, line: source.line) }
        }
        for id in ids {
            if let valueField { try check(valueField, of: id, line: source.valueField?.line ?? source.line) }
        }
        let countsRules = source.kind == .temporal || source.kind == .temporalOrdered
        for bound in source.bounds where countsRules && bound.count > Int64(ids.count) {
            throw CorrelationSource.problem(
                source.line, "condition", "\(bound.count) rules never match where there are \(ids.count)")
        }
        return DraftCorrelation(
            metadata: metadata, kind: source.kind, rules: ids, groupBy: groupBy,
            timespanSeconds: source.timespanSeconds, bounds: source.bounds, valueField: valueField,
            reportsRules: source.reportsRules)
    }

    /// Looks whether the events of a rule have a field, where the sensor says which there are.
    private func check(_ field: String, of id: String, line: Int) throws(RuleProblem) {
        guard schema == .sensor, case .rule(let index) = targets[id], let kind = rules[index].source.kind,
            !kind.fields.contains(where: { $0.name == field })
        else { return }
        let names = kind.fields.map(\.name).sorted().joined(separator: ", ")
        throw RuleProblem(
            .fieldUnknown, line: line, subject: field, message: "\(kind.category) has no such field; it has \(names)")
    }

    private func groupField(
        _ field: CorrelationSource.Reference, _ source: CorrelationSource, _ ids: [String]
    ) throws(RuleProblem) -> DraftCorrelation.GroupField {
        guard let alias = source.aliases.first(where: { $0.name == field.text }) else {
            return DraftCorrelation.GroupField(name: field.text)
        }
        var names: [String: String] = [:]
        for (rule, name) in alias.fields {
            guard let id = known(rule), ids.contains(id) else {
                throw problem(rule, "the alias is for a rule that the correlation does not have; correct it")
            }
            if name != field.text { names[id] = name }
        }
        return DraftCorrelation.GroupField(name: field.text, names: names)
    }

    /// The id that a reference means, if it means one.
    private func known(_ reference: CorrelationSource.Reference) -> String? {
        switch targets[reference.text] ?? targets[reference.text.lowercased()] {
        case .rule(let index): rules[index].draft.metadata.id
        case .correlation(let index): sources[index].metadata.id
        case .several, nil: nil
        }
    }

    private mutating func id(
        of reference: CorrelationSource.Reference, depth: Int
    ) throws(RuleProblem) -> (String, RuleLevel) {
        switch targets[reference.text] ?? targets[reference.text.lowercased()] {
        case .rule(let index):
            let metadata = rules[index].draft.metadata
            return (metadata.id, metadata.level)
        case .correlation(let index):
            guard case .compiled(let level) = resolve(index, depth: depth + 1) else {
                throw problem(reference, "that correlation was refused, or leads back to this one; correct it first")
            }
            return (sources[index].metadata.id, level)
        case .several: throw problem(reference, "several rules have this name; refer to one by its id")
        case nil:
            throw problem(reference, "no rule that compiled has this id or name; add one, or correct the reference")
        }
    }

    private func problem(_ reference: CorrelationSource.Reference, _ message: String) -> RuleProblem {
        RuleProblem(.referenceInvalid, line: reference.line, subject: reference.text, message: message)
    }
}
