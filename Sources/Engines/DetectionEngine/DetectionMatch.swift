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
            rule: program.metadata(ofRule: rule),
            fields: fields.sorted().compactMap { field in
                record.value(Int(field)).map { DetectionMatch.Field(name: program.fieldName(Int(field)), value: $0) }
            })
    }
}
