import FleetModel
import Foundation
import SwiftProtobuf

/// What our own agent tells beside OpAMP's fields: the custom message `check_in` of ``CustomCapability/name``.
package struct CheckInReport: Hashable, Sendable {
    /// Every release that the endpoint holds or has just left, at most ``ControlWireLimit/releaseCountMax``, each once.
    package var releases: [ReleaseReport]
    /// Ascending by sequence, at most ``ControlWireLimit/alertCountMax``.
    package var alerts: [AlertReport]
    /// Events that sensor or worker lost since the agent started.
    package var eventsLost: UInt64
    /// Events evaluated since the agent started.
    package var eventsEvaluated: UInt64
    /// True when events come from this machine's kernel, false when a recording is replayed.
    package var hasLiveSensor: Bool
    /// The revision of the recall list that the agent has acted on.
    package var recallRevision: UInt64
    /// The measured state; nil from an agent that does not measure.
    package var state: StateReport?

    package init(
        releases: [ReleaseReport] = [], alerts: [AlertReport] = [], eventsLost: UInt64 = 0,
        eventsEvaluated: UInt64 = 0, hasLiveSensor: Bool = false, recallRevision: UInt64 = 0,
        state: StateReport? = nil
    ) {
        self.state = state
        self.releases = releases
        self.alerts = alerts
        self.eventsLost = eventsLost
        self.eventsEvaluated = eventsEvaluated
        self.hasLiveSensor = hasLiveSensor
        self.recallRevision = recallRevision
    }
}

/// One alert on its way from an endpoint.
package struct AlertReport: Hashable, Sendable {
    /// Unique on the endpoint and ascending: the server answers with the highest that it holds durably.
    package var sequence: UInt64
    /// An OCSF Detection Finding, JSON in UTF-8, at most ``ControlWireLimit/findingBytesMax``. Not yet checked: see
    /// ``FindingOutline``.
    package var finding: [UInt8]

    package init(sequence: UInt64, finding: [UInt8]) {
        self.sequence = sequence
        self.finding = finding
    }
}

/// Firebreak's own messages inside OpAMP's CustomMessage.
package enum CustomCapability {
    package static let name = "io.firebreak.checkin.v1"
    /// From the agent: a ``CheckInReport``.
    package static let checkIn = "check_in"
    /// From the control plane: a ``Directive``.
    package static let directive = "directive"
}

// MARK: - Wire

extension CheckInReport {
    init(decoding bytes: [UInt8]) throws(ControlWireError) {
        let wire = try WireValue.message(
            WireCheckIn.self, from: bytes, bytesMax: ControlWireLimit.requestBytesMax, subject: "check_in")
        try WireValue.requireCount(
            wire.releases.count, atMost: ControlWireLimit.releaseCountMax, "check_in.releases")
        try WireValue.requireCount(wire.alerts.count, atMost: ControlWireLimit.alertCountMax, "check_in.alerts")
        releases = []
        for (index, release) in wire.releases.enumerated() {
            let report = try ReleaseReport(release, subject: "check_in.releases[\(index)]")
            guard !releases.contains(where: { $0.digest == report.digest && $0.release == report.release }) else {
                throw ControlWireError(
                    .invalidValue, subject: "check_in.releases[\(index)]",
                    message: "\(report.release) is reported twice; an endpoint has one stage with a release")
            }
            releases.append(report)
        }
        alerts = []
        for (index, alert) in wire.alerts.enumerated() {
            let subject = "check_in.alerts[\(index)]"
            try WireValue.requireLength(
                alert.detectionFinding.count, atMost: ControlWireLimit.findingBytesMax, "\(subject).detection_finding")
            if let last = alerts.last, alert.sequence <= last.sequence {
                throw ControlWireError(
                    .invalidValue, subject: "\(subject).sequence",
                    message: "\(alert.sequence) after \(last.sequence); sequences ascend")
            }
            alerts.append(AlertReport(sequence: alert.sequence, finding: [UInt8](alert.detectionFinding)))
        }
        eventsLost = wire.eventsLost
        eventsEvaluated = wire.eventsEvaluated
        hasLiveSensor = wire.liveSensor
        recallRevision = wire.recallRevision
        state = wire.hasState ? try StateReport(wire.state) : nil
    }

    /// The message's bytes. What is above a bound is refused here, before it leaves, and not at the server.
    func encoded() throws(ControlWireError) -> [UInt8] {
        try WireValue.requireCount(releases.count, atMost: ControlWireLimit.releaseCountMax, "check_in.releases")
        try WireValue.requireCount(alerts.count, atMost: ControlWireLimit.alertCountMax, "check_in.alerts")
        var wire = WireCheckIn()
        wire.releases = releases.map(\.wire)
        for alert in alerts {
            try WireValue.requireLength(
                alert.finding.count, atMost: ControlWireLimit.findingBytesMax, "check_in.alerts.detection_finding")
            var row = WireAlert()
            row.sequence = alert.sequence
            row.detectionFinding = Data(alert.finding)
            wire.alerts.append(row)
        }
        wire.eventsLost = eventsLost
        wire.eventsEvaluated = eventsEvaluated
        wire.liveSensor = hasLiveSensor
        wire.recallRevision = recallRevision
        if let state { wire.state = try state.wire() }
        return try WireValue.bytes(wire, subject: "check_in")
    }
}
