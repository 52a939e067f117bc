package import FleetModel
import Foundation
import SwiftProtobuf

/// Where an endpoint stands with one release, as its agent reports it: in a check-in, and in the management API.
package struct ReleaseReport: Codable, Hashable, Sendable {
    package var release: ReleaseID
    package var digest: Digest
    package var stage: ReleaseStage
    /// Whether this is the release that evaluates the endpoint's events now. Of one pack's releases at most one is.
    package var isActive: Bool
    /// By the endpoint's clock.
    package var stageEnteredAt: Moment
    /// Events that the release has evaluated on this endpoint.
    package var eventsEvaluated: UInt64
    /// How it failed. Only with the stage ``ReleaseStage/reverted``; nil with it when the release was recalled: going back
    /// is then obedience, and no evidence.
    package var failure: FailureKind?
    /// What happened and what to do, for a person. Cut to ``ControlWireLimit/messageBytesMax`` on the wire.
    package var message: String
    /// Whether the machine has started anew since the release became active here; nil: not that the agent knows.
    package var rebooted: Bool?
    /// Whether everything on the machine was scanned since then; nil: not that the agent knows.
    package var fullScan: Bool?
    /// How long it was active since then while the agent ran, in seconds; nil: for none.
    package var usedSeconds: UInt64?

    package enum CodingKeys: String, CodingKey {
        case release, digest, stage, failure, message, rebooted
        case fullScan = "full_scan"
        case usedSeconds = "used_seconds"
        case isActive = "active"
        case stageEnteredAt = "stage_entered_ms"
        case eventsEvaluated = "events_evaluated"
    }

    package init(
        release: ReleaseID, digest: Digest, stage: ReleaseStage, isActive: Bool = false, stageEnteredAt: Moment,
        eventsEvaluated: UInt64 = 0, failure: FailureKind? = nil, message: String = "", rebooted: Bool? = nil,
        fullScan: Bool? = nil, usedSeconds: UInt64? = nil
    ) {
        self.rebooted = rebooted
        self.fullScan = fullScan
        self.usedSeconds = usedSeconds
        self.release = release
        self.digest = digest
        self.stage = stage
        self.isActive = isActive
        self.stageEnteredAt = stageEnteredAt
        self.eventsEvaluated = eventsEvaluated
        self.failure = failure
        self.message = message
    }
}

// MARK: - Wire

extension ReleaseReport {
    init(_ wire: WireReleaseReport, subject: String) throws(ControlWireError) {
        release = ReleaseID(
            pack: try WireValue.identifier(wire.pack, "\(subject).pack"),
            version: try WireValue.identifier(wire.version, "\(subject).version"))
        digest = try WireValue.digest(wire.digest, "\(subject).digest")
        stage = try WireValue.word(wire.stage, "\(subject).stage")
        stageEnteredAt = try WireValue.moment(wire.stageEnteredUnixMs, "\(subject).stage_entered_unix_ms")
        isActive = wire.active
        eventsEvaluated = wire.eventsEvaluated
        failure = wire.failure.isEmpty ? nil : try WireValue.word(wire.failure, "\(subject).failure")
        message = wire.message.cut(toBytes: ControlWireLimit.messageBytesMax)
        rebooted = wire.rebooted ? true : nil
        fullScan = wire.fullScan ? true : nil
        usedSeconds = wire.usedSeconds > 0 ? wire.usedSeconds : nil
        guard failure == nil || stage == .reverted else {
            throw ControlWireError(
                .invalidValue, subject: "\(subject).failure",
                message: "a failure goes with the stage reverted only")
        }
    }

    var wire: WireReleaseReport {
        var wire = WireReleaseReport()
        wire.pack = release.pack.text
        wire.version = release.version.text
        wire.digest = Data(digest.bytes)
        wire.stage = stage.rawValue
        wire.stageEnteredUnixMs = UInt64(max(0, stageEnteredAt.milliseconds))
        wire.active = isActive
        wire.eventsEvaluated = eventsEvaluated
        wire.failure = failure?.rawValue ?? ""
        wire.message = message.cut(toBytes: ControlWireLimit.messageBytesMax)
        wire.rebooted = rebooted ?? false
        wire.fullScan = fullScan ?? false
        wire.usedSeconds = usedSeconds ?? 0
        return wire
    }
}

// MARK: - OpAMP

extension ReleaseStage {
    /// OpAMP's nearest status: installing during shadow and trial, installed only when committed.
    var packageStatus: OpAMPPackageStatusEnum {
        switch self {
        case .downloading: .downloading
        case .staged: .installPending
        case .shadow, .trial: .installing
        case .committed: .installed
        case .reverted, .refused: .installFailed
        }
    }

    /// The stage that a third-party agent's status stands for; nil for a status that OpAMP does not have.
    ///
    /// A failed installation counts as reverted, which is evidence against the release, and not as refused, which is
    /// none: OpAMP does not tell the two apart, and the doubt goes against the release.
    init?(_ status: OpAMPPackageStatusEnum) {
        switch status {
        case .downloading: self = .downloading
        case .installPending: self = .staged
        case .installing: self = .trial
        case .installed: self = .committed
        case .installFailed: self = .reverted
        case .UNRECOGNIZED: return nil
        }
    }
}
