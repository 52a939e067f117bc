/// A rule, ready to be put into a program.
package struct DraftRule: Hashable, Sendable {
    package var metadata: RuleMetadata
    package var expression: RuleExpression

    package init(metadata: RuleMetadata, expression: RuleExpression) {
        self.metadata = metadata
        self.expression = expression
    }
}

/// The rules for one log source, and how to know its events.
package struct DraftGroup: Hashable, Sendable {
    /// The log source, for example `linux/process_creation/*`. No two groups of a program have the same.
    package var name: String
    /// Ways to know an event of the log source: one of them must hold. The first that holds counts.
    package var routes: [DraftRoute]
    package var rules: [DraftRule]

    package init(name: String, routes: [DraftRoute], rules: [DraftRule]) {
        self.name = name
        self.routes = routes
        self.rules = rules
    }
}

/// A way to know that an event comes from a log source, and how its fields are called there.
package struct DraftRoute: Hashable, Sendable {
    package var when: RuleExpression
    /// Fields that rules call `field` and events of this route call `source`. Applied when the event has no `field`.
    package var renames: [Rename]

    package struct Rename: Hashable, Sendable {
        package var field: String
        package var source: String

        package init(field: String, source: String) {
            self.field = field
            self.source = source
        }
    }

    package init(when: RuleExpression, renames: [Rename] = []) {
        self.when = when
        self.renames = renames
    }
}

/// The names under which an event carries the log source that its sensor gave it. No sensor's own field begins so.
package enum SourceTag {
    package static let product = "@product"
    package static let category = "@category"
    package static let service = "@service"
}

/// A rule about several matches (Sigma Correlation Rules Specification 2.1.0), ready to be put into a program.
package struct DraftCorrelation: Hashable, Sendable {
    package enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        /// So many matches of the rules.
        case eventCount = 0
        /// So many different values of a field in the matches.
        case valueCount = 1
        /// All rules match, in any order.
        case temporal = 2
        /// All rules match, in the order of the list.
        case temporalOrdered = 3
    }

    /// A bound of a count, as in `gte: 10`. Several bounds must all hold.
    package struct Bound: Hashable, Sendable {
        package var order: NumberOrder
        package var count: Int64

        package init(_ order: NumberOrder, _ count: Int64) {
            self.order = order
            self.count = count
        }
    }

    /// A field by which matches are told apart, and what it is called in the matches of each rule.
    package struct GroupField: Hashable, Sendable {
        package var name: String
        /// By rule id, only where it differs from `name`.
        package var names: [String: String]

        package init(name: String, names: [String: String] = [:]) {
            self.name = name
            self.names = names
        }
    }

    package var metadata: RuleMetadata
    package var kind: Kind
    /// Ids of the rules or correlations whose matches are counted, in the order of the source. Never empty.
    package var rules: [String]
    package var groupBy: [GroupField]
    /// Seconds, at least 1.
    package var timespanSeconds: Int64
    /// Bounds of the count; of `temporal` kinds, of the number of different rules. Empty for "all of them".
    package var bounds: [Bound]
    /// The field whose values are counted; nil unless `kind` is `valueCount`.
    package var valueField: String?
    /// Whether the matches of `rules` are also reported on their own (Sigma's `generate`).
    package var reportsRules: Bool

    package init(
        metadata: RuleMetadata, kind: Kind, rules: [String], groupBy: [GroupField], timespanSeconds: Int64,
        bounds: [Bound], valueField: String?, reportsRules: Bool
    ) {
        self.metadata = metadata
        self.kind = kind
        self.rules = rules
        self.groupBy = groupBy
        self.timespanSeconds = timespanSeconds
        self.bounds = bounds
        self.valueField = valueField
        self.reportsRules = reportsRules
    }
}

/// What a program is made of.
package struct ProgramDraft: Sendable {
    package var groups: [DraftGroup]
    package var correlations: [DraftCorrelation]
    /// Whether fields may have any name. Otherwise each must be one that `TelemetrySchema` gives to the events of a
    /// group that the sensor's own events reach, and the program names the schema's version.
    package var isOpen: Bool
    /// A fault to put into the program on purpose. Nil in every real program.
    package var chaos: ChaosMarker?

    package init(
        groups: [DraftGroup], correlations: [DraftCorrelation] = [], isOpen: Bool = false, chaos: ChaosMarker? = nil
    ) {
        self.groups = groups
        self.correlations = correlations
        self.isOpen = isOpen
        self.chaos = chaos
    }
}
