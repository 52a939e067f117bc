import FleetModel
import Foundation
import SwiftProtobuf

extension AgentCheckIn {
    /// Reads the body of a check-in.
    ///
    /// - Throws: ``ControlWireError``, whatever the bytes are. Never traps.
    package init(decoding bytes: [UInt8]) throws(ControlWireError) {
        let message = try WireValue.message(
            OpAMPAgentToServer.self, from: bytes, bytesMax: ControlWireLimit.requestBytesMax,
            subject: "agent_to_server")
        guard let endpoint = EndpointID(instanceUID: message.instanceUid) else {
            throw ControlWireError(
                message.instanceUid.isEmpty ? .missing : .invalidValue, subject: "instance_uid",
                message: "\(message.instanceUid.count) bytes; an instance_uid has 16")
        }
        let statuses = message.packageStatuses
        self.init(
            endpoint: endpoint, sequence: message.sequenceNum,
            capabilities: AgentCapabilities(rawValue: message.capabilities),
            description: message.hasAgentDescription ? try EndpointDescription(message.agentDescription) : nil,
            health: message.hasHealth ? try EndpointHealth(message.health) : nil,
            policyReport: message.hasRemoteConfigStatus ? try PolicyReport(message.remoteConfigStatus) : nil,
            packages: message.hasPackageStatuses ? try Self.packages(in: statuses) : nil,
            offersHash: [UInt8](statuses.serverProvidedAllPackagesHash),
            report: message.hasCustomMessage ? try Self.report(in: message.customMessage) : nil,
            isDisconnecting: message.hasAgentDisconnect)
        try WireValue.requireLength(
            offersHash.count, atMost: ControlWireLimit.signatureBytesMax,
            "package_statuses.server_provided_all_packages_hash")
    }

    /// The body of a check-in.
    ///
    /// - Throws: ``ControlWireError`` with `.oversized` when it would be refused for its size: send fewer alerts.
    package func encoded() throws(ControlWireError) -> [UInt8] {
        var message = OpAMPAgentToServer()
        message.instanceUid = Data(endpoint.instanceUID)
        message.sequenceNum = sequence
        message.capabilities = capabilities.rawValue
        if let description { message.agentDescription = description.opamp(endpoint: endpoint) }
        if let health { message.health = health.opamp }
        if let policyReport { message.remoteConfigStatus = policyReport.opamp }
        if let packages {
            message.packageStatuses.serverProvidedAllPackagesHash = Data(offersHash)
            for package in packages { message.packageStatuses.packages[package.pack.text] = package.opamp }
        }
        if let report {
            message.customCapabilities.capabilities = [CustomCapability.name]
            message.customMessage.capability = CustomCapability.name
            message.customMessage.type = CustomCapability.checkIn
            message.customMessage.data = Data(try report.encoded())
        }
        if isDisconnecting { message.agentDisconnect = OpAMPAgentDisconnect() }
        let bytes = try WireValue.bytes(message, subject: "agent_to_server")
        guard bytes.count <= ControlWireLimit.requestBytesMax else {
            throw ControlWireError(
                .oversized, subject: "agent_to_server",
                message:
                    "\(bytes.count) bytes; at most \(ControlWireLimit.requestBytesMax) are taken: send fewer alerts")
        }
        return bytes
    }

    /// Another capability's message is a third-party agent's own affair and passed over; ours with a type that we do
    /// not know is refused, for it was meant to be heeded.
    private static func report(in message: OpAMPCustomMessage) throws(ControlWireError) -> CheckInReport? {
        guard message.capability == CustomCapability.name else { return nil }
        guard message.type == CustomCapability.checkIn else {
            throw ControlWireError(
                .invalidValue, subject: "custom_message.type",
                message: "\"\(message.type.cut(toBytes: 80))\" is not \(CustomCapability.checkIn)")
        }
        return try CheckInReport(decoding: [UInt8](message.data))
    }

    /// Packages whose name is no pack's are a third-party agent's own and passed over. Sorted by name.
    private static func packages(in message: OpAMPPackageStatuses) throws(ControlWireError) -> [PackageReport] {
        try WireValue.requireCount(
            message.packages.count, atMost: ControlWireLimit.packageCountMax, "package_statuses.packages")
        var reports: [PackageReport] = []
        for (name, status) in message.packages.sorted(by: { $0.key < $1.key }) {
            guard let pack = PackName(name), let stage = ReleaseStage(status.status) else { continue }
            reports.append(PackageReport(pack: pack, stage: stage, status: status))
        }
        return reports
    }
}

extension PackageReport {
    fileprivate init(pack: PackName, stage: ReleaseStage, status: OpAMPPackageStatus) {
        self.init(
            pack: pack, heldVersion: ReleaseVersion(status.agentHasVersion),
            heldDigest: Digest(bytes: status.agentHasHash), offeredVersion: ReleaseVersion(status.serverOfferedVersion),
            offeredDigest: Digest(bytes: status.serverOfferedHash), stage: stage,
            message: status.errorMessage.cut(toBytes: ControlWireLimit.messageBytesMax))
    }

    fileprivate var opamp: OpAMPPackageStatus {
        var status = OpAMPPackageStatus()
        status.name = pack.text
        status.agentHasVersion = heldVersion?.text ?? ""
        status.agentHasHash = Data(heldDigest?.bytes ?? [])
        status.serverOfferedVersion = offeredVersion?.text ?? ""
        status.serverOfferedHash = Data(offeredDigest?.bytes ?? [])
        status.status = stage.packageStatus
        status.errorMessage = message.cut(toBytes: ControlWireLimit.messageBytesMax)
        return status
    }
}

extension PolicyReport {
    fileprivate init(_ message: OpAMPRemoteConfigStatus) throws(ControlWireError) {
        hash = [UInt8](message.lastRemoteConfigHash)
        try WireValue.requireLength(
            hash.count, atMost: ControlWireLimit.signatureBytesMax, "remote_config_status.last_remote_config_hash")
        standing =
            switch message.status {
            case .unset: .none
            case .applied: .applied
            case .applying: .applying
            // A status that OpAMP does not have yet is no proof that the policy holds.
            case .failed, .UNRECOGNIZED: .failed
            }
        self.message = message.errorMessage.cut(toBytes: ControlWireLimit.messageBytesMax)
    }

    fileprivate var opamp: OpAMPRemoteConfigStatus {
        var status = OpAMPRemoteConfigStatus()
        status.lastRemoteConfigHash = Data(hash)
        status.status =
            switch standing {
            case .none: .unset
            case .applied: .applied
            case .applying: .applying
            case .failed: .failed
            }
        status.errorMessage = message.cut(toBytes: ControlWireLimit.messageBytesMax)
        return status
    }
}
