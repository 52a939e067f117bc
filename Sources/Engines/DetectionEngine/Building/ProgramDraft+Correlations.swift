extension ProgramDraft {
    /// Names that events give their moment; the first that an event has counts.
    static let timeFields = [
        "@timestamp", "UtcTime", "TimeCreated", "SystemTime", "timestamp", "eventTime", "EventTime",
    ]

    func writeCorrelations(
        _ groups: [DraftGroup], _ fieldNumbers: [String: UInt32], to writer: inout ProgramWriter
    ) throws(ProgramError) {
        var numbers: [String: UInt32] = [:]
        var next = UInt32(groups.reduce(0) { $0 + $1.routes.count })
        for group in groups {
            for rule in group.rules {
                numbers[rule.metadata.id] = next
                next += 1
            }
        }
        let silent = Set(correlations.filter { !$0.reportsRules }.flatMap(\.rules))
        for (index, correlation) in try ordered(numbers).enumerated() {
            try check(correlation)
            let metadata = correlation.metadata
            let texts = [metadata.id, metadata.title, metadata.author].flatMap { writer.reference(Array($0.utf8)) }
            let flags = RuleFlags(
                level: metadata.level, response: metadata.response, isReported: !silent.contains(metadata.id),
                upper: UInt32(correlation.kind.rawValue))
            let tagStart = writer.count(.tags)
            for tag in metadata.tags { writer.append(writer.reference(Array(tag.utf8)), to: .tags) }
            var words = texts + [flags.word, tagStart, UInt32(metadata.tags.count)]
            words.append(UInt32(correlation.rules.count))
            words += correlation.rules.map { numbers[$0] ?? 0 }
            words.append(UInt32(correlation.groupBy.count))
            for rule in correlation.rules {
                words += correlation.groupBy.map { fieldNumbers[$0.names[rule] ?? $0.name] ?? 0 }
            }
            words += DetectionNumber.integer(correlation.timespanSeconds).words.dropFirst()
            words.append(UInt32(correlation.bounds.count))
            for bound in correlation.bounds {
                words += [UInt32(bound.order.rawValue)] + DetectionNumber.integer(bound.count).words.dropFirst()
            }
            words.append(correlation.valueField.map { fieldNumbers[$0] ?? 0 } ?? DetectionProgram.anyValue)
            writer.append(words, to: .correlations)
            numbers[metadata.id] = DetectionProgram.Correlation.correlationFlag | UInt32(index)
        }
    }

    /// The correlations, each after those that it looks at.
    private func ordered(_ rules: [String: UInt32]) throws(ProgramError) -> [DraftCorrelation] {
        var known = Set(rules.keys)
        var rest = correlations.sorted { $0.metadata.id.utf8.lexicographicallyPrecedes($1.metadata.id.utf8) }
        var ordered: [DraftCorrelation] = []
        while !rest.isEmpty {
            let ready = rest.filter { known.isSuperset(of: $0.rules) }
            guard !ready.isEmpty else {
                throw ProgramError(
                    .malformed, subject: "correlation \(rest[0].metadata.id)",
                    message: "it looks at rules that are not there, or at itself; give ids of rules of this set")
            }
            ordered += ready
            known.formUnion(ready.map(\.metadata.id))
            rest.removeAll { known.contains($0.metadata.id) }
        }
        return ordered
    }

    private func check(_ correlation: DraftCorrelation) throws(ProgramError) {
        func refusal(_ what: String) -> ProgramError {
            ProgramError(.malformed, subject: "correlation \(correlation.metadata.id)", message: what)
        }
        let hasLowerBound = correlation.bounds.contains { $0.order != .less && $0.order != .lessOrEqual }
        let isTemporal = correlation.kind == .temporal || correlation.kind == .temporalOrdered
        guard isTemporal || hasLowerBound else {
            throw refusal(
                "a count that is only bounded from above holds when nothing happens, which no event tells; "
                    + "give gt, gte or eq")
        }
        guard correlation.bounds.allSatisfy({ (0...CorrelationLimit.boundMax).contains($0.count) }) else {
            throw refusal("counts go from 0 to \(CorrelationLimit.boundMax); give a smaller one")
        }
    }
}
