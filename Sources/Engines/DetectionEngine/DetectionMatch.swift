package import FleetModel

/// A rule that matched an event.
package struct DetectionMatch: Hashable, Sendable {
    package let rule: RuleMetadata
    /// The fields whose tests held on the way to the match, with their values, ascending by name. Empty for a rule that
    /// says only what an event is not.
    package let fields: [Field]

    package struct Field: Hashable, Sendable {
        package let name: String
        package let value: FieldValue

        package init(name: String, value: FieldValue) {
            self.name = name
            self.value = value
        }
    }

    package init(rule: RuleMetadata, fields: [Field]) {
        self.rule = rule
        self.fields = fields
    }
}

/// What one evaluation came to.
package struct Evaluation: Equatable, Sendable {
    /// Rules that matched.
    package var matchCount = 0
    /// Steps taken, at most the program's `cost` for the bytes of the event.
    package var steps: UInt64 = 0
    /// Why the event was not evaluated; nil when it was.
    package var refusal: EventCodingError?

    package init() {}
}

extension ProgramInterpreter {
    /// The matches with the event in hand: rules, then correlations, each ascending by its place in the program.
    package mutating func matches() -> [DetectionMatch] {
        let rules = matchedRules.map { match(ofRule: $0) }
        return rules + matchedCorrelations.map { match(ofCorrelation: $0) }
    }

    /// What there is to say of a correlation: the values by which it told its matches apart.
    package mutating func match(ofCorrelation index: Int) -> DetectionMatch {
        let fields = Set(program.correlations[index].groupFields.joined()).sorted()
        return DetectionMatch(rule: program.metadata(ofCorrelation: index), fields: values(of: fields))
    }

    /// What there is to say of a rule of `matchedRules`: for alerts, which are rare.
    package mutating func match(ofRule rule: Int) -> DetectionMatch {
        var fields = Set<UInt32>()
        var place = Int32(truncatingIfNeeded: program.rules[rule].code.start)
        while place >= 0 {
            let instruction = program.instructions[Int(place)]
            // The way has been walked: every result is known, and none is tested again.
            let predicate = Int(instruction.predicate)
            let held = board.result(predicate) ?? false
            if held {
                let loaded = program.predicates[predicate]
                fields.insert(loaded.test == .found ? board.field(ofFind: predicate) : loaded.field)
            }
            place = held ? instruction.onTrue : instruction.onFalse
        }
        fields.remove(DetectionProgram.anyValue)
        return DetectionMatch(
            rule: program.metadata(ofRule: rule), fields: values(of: fields.sorted(), renames: renames(ofRule: rule)))
    }

    /// The names under which the rule of the event in hand found fields that the event calls otherwise.
    private func renames(ofRule rule: Int) -> ArraySlice<DetectionProgram.Rename> {
        guard let group = program.groups.firstIndex(where: { $0.rules.range.contains(rule) }) else { return [] }
        return program.renames[program.routes[routeOfGroup[group]].renames.range]
    }

    private mutating func values(
        of fields: [UInt32], renames: ArraySlice<DetectionProgram.Rename> = []
    ) -> [DetectionMatch.Field] {
        fields.compactMap { field in
            var value = record.value(Int(field))
            for rename in renames where value == nil && rename.field == field {
                value = record.value(Int(rename.source))
            }
            return value.map { DetectionMatch.Field(name: program.fieldName(Int(field)), value: $0) }
        }
    }
}
