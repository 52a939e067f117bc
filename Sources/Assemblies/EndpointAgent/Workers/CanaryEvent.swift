import FleetModel

/// An event of which the answer is known: a program whose command line holds the harmless marker of the test rule.
///
/// Workers are asked about it with every ping. It is evaluated and counted nowhere, so no alert comes of it; a release
/// that no longer detects it, where a proven generation did, has lost protection.
enum CanaryEvent {
    static let marker = "firebreak-test-detection"

    static let encoded: [UInt8] = {
        var event = TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 0), lineage: [])
        event[.processId] = .integer(1)
        event[.image] = .text("/usr/bin/env")
        event[.commandLine] = .text("env true \(marker)")
        event[.user] = .text("root")
        return EventCoding.encode(event)
    }()
}
