package import FleetModel
import Foundation
import SwiftProtobuf

/// One check-in of an endpoint, read and checked: OpAMP's AgentToServer, without what Firebreak has no use for.
///
/// Nil means "as I last said" (OpAMP, "status compression"): a server that does not know what was last said asks for
/// the full state with ``ServerReply/wantsFullState``.
package struct AgentCheckIn: Hashable, Sendable {
    package var endpoint: EndpointID
    /// Goes up by one with each message since the agent started. A gap tells the server that it missed one.
    package var sequence: UInt64
    package var capabilities: AgentCapabilities
    package var description: EndpointDescription?
    package var health: EndpointHealth?
    package var policyReport: PolicyReport?
    /// Outcomes of offered packages. Our own agent's ``report`` says the same more exactly and goes first.
    package var packages: [PackageReport]?
    /// The hash of the offers that ``packages`` answers, as the server gave it.
    package var offersHash: [UInt8]
    /// Nil from a third-party agent.
    package var report: CheckInReport?
    /// True when the agent stops in good order. It is then expected to be silent, and still owes its word.
    package var isDisconnecting: Bool

    package init(
        endpoint: EndpointID, sequence: UInt64, capabilities: AgentCapabilities = .firebreakAgent,
        description: EndpointDescription? = nil, health: EndpointHealth? = nil, policyReport: PolicyReport? = nil,
        packages: [PackageReport]? = nil, offersHash: [UInt8] = [], report: CheckInReport? = nil,
        isDisconnecting: Bool = false
    ) {
        self.endpoint = endpoint
        self.sequence = sequence
        self.capabilities = capabilities
        self.description = description
        self.health = health
        self.policyReport = policyReport
        self.packages = packages
        self.offersHash = offersHash
        self.report = report
        self.isDisconnecting = isDisconnecting
    }
}

/// What an agent can do: the bits of OpAMP's AgentCapabilities that Firebreak heeds. Others are kept and not heeded.
package struct AgentCapabilities: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let reportsStatus = AgentCapabilities(rawValue: 1)
    package static let acceptsRemoteConfig = AgentCapabilities(rawValue: 2)
    package static let acceptsPackages = AgentCapabilities(rawValue: 8)
    package static let reportsPackageStatuses = AgentCapabilities(rawValue: 16)
    package static let acceptsConnectionSettings = AgentCapabilities(rawValue: 256)
    package static let reportsHealth = AgentCapabilities(rawValue: 2048)
    package static let reportsRemoteConfig = AgentCapabilities(rawValue: 4096)
    package static let reportsHeartbeat = AgentCapabilities(rawValue: 8192)

    /// What our own agent can do: all of these.
    package static let firebreakAgent: AgentCapabilities = [
        .reportsStatus, .acceptsRemoteConfig, .acceptsPackages, .reportsPackageStatuses, .acceptsConnectionSettings,
        .reportsHealth, .reportsRemoteConfig, .reportsHeartbeat,
    ]
}

/// What became of a policy that was sent (OpAMP RemoteConfigStatus).
package struct PolicyReport: Hashable, Sendable {
    package enum Standing: Hashable, Sendable, CaseIterable {
        /// None was received yet.
        case none
        case applied
        case applying
        /// Refused; the endpoint keeps what it had.
        case failed
    }

    /// The hash of the policy that is meant, as the server gave it; empty when there is none.
    package var hash: [UInt8]
    package var standing: Standing
    /// Why it was refused.
    package var message: String

    package init(hash: [UInt8], standing: Standing, message: String = "") {
        self.hash = hash
        self.standing = standing
        self.message = message
    }
}

/// What became of an offer, in OpAMP's words (PackageStatus).
package struct PackageReport: Hashable, Sendable {
    package var pack: PackName
    /// What the endpoint runs; nil when it runs none, or a version that is no ``ReleaseVersion``.
    package var heldVersion: ReleaseVersion?
    package var heldDigest: Digest?
    package var offeredVersion: ReleaseVersion?
    package var offeredDigest: Digest?
    /// The stage that OpAMP's status stands for. Shadow arrives as trial and refused as reverted: OpAMP has one word
    /// for either pair.
    package var stage: ReleaseStage
    package var message: String

    package init(
        pack: PackName, heldVersion: ReleaseVersion? = nil, heldDigest: Digest? = nil,
        offeredVersion: ReleaseVersion? = nil, offeredDigest: Digest? = nil, stage: ReleaseStage, message: String = ""
    ) {
        self.pack = pack
        self.heldVersion = heldVersion
        self.heldDigest = heldDigest
        self.offeredVersion = offeredVersion
        self.offeredDigest = offeredDigest
        self.stage = stage
        self.message = message
    }
}
