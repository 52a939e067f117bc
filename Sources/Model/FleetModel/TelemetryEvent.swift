/// One thing that happened on an endpoint.
///
/// An event names the fields that it carries, so a count that does not match the schema cannot be expressed.
package struct TelemetryEvent: Hashable, Sendable {
    package var kind: EventKind
    /// When it happened, by the endpoint's clock.
    package var at: Moment
    /// Fields in ascending order of their number, each at most once.
    package private(set) var fields: [Field]
    /// The process and its ancestors, nearest first, at most `lineageCountMax`. Not evaluated by rules: it goes
    /// with the alert.
    package var lineage: [ProcessNode]

    /// Ancestors kept: real trees are below 12 deep, and each costs up to 1 KiB in an alert.
    package static let lineageCountMax = 16
    /// Room that an event has from the start: no kind that a sensor makes carries more.
    private static let usualFieldCount = 10

    package struct Field: Hashable, Sendable {
        package let field: EventField
        package let value: FieldValue
    }

    package init(kind: EventKind, at: Moment, lineage: [ProcessNode] = []) {
        self.kind = kind
        self.at = at
        fields = []
        fields.reserveCapacity(Self.usualFieldCount)
        self.lineage = lineage.count <= Self.lineageCountMax ? lineage : Array(lineage.prefix(Self.lineageCountMax))
    }

    /// The value of a field; nil when absent. Setting nil makes it absent.
    package subscript(field: EventField) -> FieldValue? {
        get { fields.first { $0.field == field }?.value }
        set {
            let index = fields.firstIndex { $0.field.rawValue >= field.rawValue } ?? fields.endIndex
            let isPresent = index < fields.endIndex && fields[index].field == field
            switch (newValue, isPresent) {
            case (let value?, true): fields[index] = Field(field: field, value: value)
            case (let value?, false): fields.insert(Field(field: field, value: value), at: index)
            case (nil, true): fields.remove(at: index)
            case (nil, false): break
            }
        }
    }
}

/// One process in the tree that led to an event.
package struct ProcessNode: Hashable, Sendable, Codable {
    package var processId: Int32
    package var parentProcessId: Int32
    package var image: String
    package var commandLine: String
    package var user: String
    /// Nil when the kernel no longer knew.
    package var startedAt: Moment?

    package init(
        processId: Int32, parentProcessId: Int32, image: String, commandLine: String, user: String, startedAt: Moment?
    ) {
        self.processId = processId
        self.parentProcessId = parentProcessId
        self.image = image
        self.commandLine = commandLine
        self.user = user
        self.startedAt = startedAt
    }
}
