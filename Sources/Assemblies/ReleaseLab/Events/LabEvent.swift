package import FleetModel

/// One event that the lab sends, encoded, and what it is called in a finding.
package struct LabEvent: Hashable, Sendable {
    package var encoded: [UInt8]
    package var name: String

    package init(encoded: [UInt8], name: String) {
        self.encoded = encoded
        self.name = name
    }

    package init(_ event: TelemetryEvent, name: String) {
        self.init(encoded: EventCoding.encode(event), name: name)
    }
}

/// Events by number. Each is made when it is asked for, and again when it is asked for again: a run holds a batch of
/// them at a time, and a death is looked into by sending the same ones once more.
package struct LabBattery: Sendable {
    /// What the worker must do with every event.
    package enum Expectation: Hashable, Sendable {
        /// Whatever the fields hold, it is an event.
        case evaluated
        /// The bytes are no event: counted as refused, and nothing else.
        case refused
    }

    package let count: Int
    package let expectation: Expectation
    /// The event with a number in `0..<count`.
    package let event: @Sendable (Int) -> LabEvent

    package init(count: Int, expectation: Expectation = .evaluated, event: @escaping @Sendable (Int) -> LabEvent) {
        self.count = count
        self.expectation = expectation
        self.event = event
    }

    package init(_ events: [LabEvent], expectation: Expectation = .evaluated) {
        self.init(count: events.count, expectation: expectation) { events[$0] }
    }
}
