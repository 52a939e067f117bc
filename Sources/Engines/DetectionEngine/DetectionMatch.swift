package import FleetModel

/// A rule that matched an event.
package struct DetectionMatch: Hashable, Sendable {
    package let rule: RuleMetadata
    /// The fields whose tests held on the way to the match, with their values, ascending by number. Empty for a rule
    /// that says only what an event is not.
    package let fields: [Field]

    package struct Field: Hashable, Sendable {
        package let field: EventField
        package let value: FieldValue

        package init(field: EventField, value: FieldValue) {
            self.field = field
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
    /// Steps taken, at most the program's `costBound`.
    package var steps: UInt64 = 0
    /// Why the event was not evaluated; nil when it was.
    package var refusal: EventCodingError?

    package init() {}
}
