import FleetModel
import Foundation
import SwiftProtobuf

extension ServerReply {
    /// OpAMP's ServerCapabilities: AcceptsStatus, OffersRemoteConfig, OffersPackages, AcceptsPackagesStatus,
    /// OffersConnectionSettings.
    static let serverCapabilities: UInt64 = 1 | 2 | 8 | 16 | 32

    /// Reads the body of a reply. An agent keeps what it has when this throws: a reply that it cannot read changes
    /// nothing (fail static).
    package init(decoding bytes: [UInt8]) throws(ControlWireError) {
        let message = try WireValue.message(
            OpAMPServerToAgent.self, from: bytes, bytesMax: ControlWireLimit.replyBytesMax, subject: "server_to_agent")
        guard let endpoint = EndpointID(instanceUID: message.instanceUid) else {
            throw ControlWireError(
                message.instanceUid.isEmpty ? .missing : .invalidValue, subject: "instance_uid",
                message: "\(message.instanceUid.count) bytes; an instance_uid has 16")
        }
        self.init(
            endpoint: endpoint,
            failure: message.hasErrorResponse ? ReplyFailure(message.errorResponse) : nil,
            policy: message.hasRemoteConfig ? try Self.policy(in: message.remoteConfig) : nil,
            credential: message.hasConnectionSettings ? try Self.credential(in: message.connectionSettings) : nil,
            offers: message.hasPackagesAvailable ? try Self.offers(in: message.packagesAvailable) : nil,
            wantsFullState: message.flags & 1 != 0,
            directive: message.hasCustomMessage ? try Self.directive(in: message.customMessage) : nil)
    }

    /// The body of a reply.
    package func encoded() throws(ControlWireError) -> [UInt8] {
        var message = OpAMPServerToAgent()
        message.instanceUid = Data(endpoint.instanceUID)
        message.capabilities = Self.serverCapabilities
        message.flags = wantsFullState ? 1 : 0
        if let failure { message.errorResponse = failure.opamp }
        if let policy {
            var file = OpAMPAgentConfigFile()
            file.body = Data(policy.body)
            file.contentType = Routes.MediaType.json
            message.remoteConfig.config.configMap[EndpointPolicy.configName] = file
            message.remoteConfig.configHash = Data(policy.hash.bytes)
        }
        if let credential {
            var header = OpAMPHeader()
            header.key = Self.authorization
            header.value = AgentAuthorization.credential(credential).header
            message.connectionSettings.opamp.headers.headers = [header]
        }
        if let offers {
            try WireValue.requireCount(offers.count, atMost: ControlWireLimit.packageCountMax, "packages_available")
            for offer in offers { message.packagesAvailable.packages[offer.release.pack.text] = offer.opamp }
            message.packagesAvailable.allPackagesHash = Data(Self.hash(of: offers))
        }
        if let directive {
            message.customCapabilities.capabilities = [CustomCapability.name]
            message.customMessage.capability = CustomCapability.name
            message.customMessage.type = CustomCapability.directive
            message.customMessage.data = Data(try directive.encoded())
        }
        return try WireValue.bytes(message, subject: "server_to_agent")
    }

    /// What names a set of offers: their digests in the order of their packs. OpAMP asks for bytes that change when an
    /// offer does; an agent gives them back and does not look into them.
    package static func hash(of offers: [PackOffer]) -> [UInt8] {
        offers.sorted { $0.release < $1.release }.flatMap(\.digest.bytes)
    }

    private static let authorization = "Authorization"

    /// Nil when the configuration is for others than us.
    private static func policy(in message: OpAMPAgentRemoteConfig) throws(ControlWireError) -> PolicyOffer? {
        try WireValue.requireCount(
            message.config.configMap.count, atMost: ControlWireLimit.packageCountMax, "remote_config.config_map")
        guard let file = message.config.configMap[EndpointPolicy.configName] else { return nil }
        try WireValue.requireLength(
            file.body.count, atMost: ControlWireLimit.policyBytesMax, "remote_config.config_map.firebreak")
        return PolicyOffer(
            body: [UInt8](file.body), hash: try WireValue.digest(message.configHash, "remote_config.config_hash"))
    }

    /// Nil when the connection settings carry no credential.
    private static func credential(in message: OpAMPConnectionSettingsOffers) throws(ControlWireError) -> String? {
        let headers = message.opamp.headers.headers
        try WireValue.requireCount(
            headers.count, atMost: ControlWireLimit.packageCountMax, "connection_settings.opamp.headers")
        guard let header = headers.first(where: { $0.key.lowercased() == authorization.lowercased() }) else {
            return nil
        }
        guard case .credential(let credential)? = AgentAuthorization(header: header.value) else {
            throw ControlWireError(
                .invalidValue, subject: "connection_settings.opamp.headers.Authorization",
                message: "not \"Bearer\" and a credential of visible ASCII, at most "
                    + "\(ControlWireLimit.secretBytesMax) bytes")
        }
        return credential
    }

    /// Sorted by pack. Other than in a check-in, a name or version that is not ours is refused: the server offers our
    /// releases only.
    private static func offers(in message: OpAMPPackagesAvailable) throws(ControlWireError) -> [PackOffer] {
        try WireValue.requireCount(
            message.packages.count, atMost: ControlWireLimit.packageCountMax, "packages_available")
        var offers: [PackOffer] = []
        for (name, package) in message.packages.sorted(by: { $0.key < $1.key }) {
            let subject = "packages_available[\(name.cut(toBytes: 80))]"
            try WireValue.requireLength(
                package.file.signature.count, atMost: ControlWireLimit.signatureBytesMax, "\(subject).signature")
            offers.append(
                PackOffer(
                    release: ReleaseID(
                        pack: try WireValue.identifier(name, subject),
                        version: try WireValue.identifier(package.version, "\(subject).version")),
                    digest: try WireValue.digest(package.file.contentHash, "\(subject).content_hash"),
                    signature: [UInt8](package.file.signature)))
        }
        return offers
    }

    private static func directive(in message: OpAMPCustomMessage) throws(ControlWireError) -> Directive? {
        guard message.capability == CustomCapability.name else { return nil }
        guard message.type == CustomCapability.directive else {
            throw ControlWireError(
                .invalidValue, subject: "custom_message.type",
                message: "\"\(message.type.cut(toBytes: 80))\" is not \(CustomCapability.directive)")
        }
        return try Directive(decoding: [UInt8](message.data))
    }
}

extension PackOffer {
    fileprivate var opamp: OpAMPPackageAvailable {
        var available = OpAMPPackageAvailable()
        available.type = .topLevel
        available.version = release.version.text
        available.file.downloadURL = Routes.pack(digest)
        available.file.contentHash = Data(digest.bytes)
        available.file.signature = Data(signature)
        available.hash = Data(digest.bytes)
        return available
    }
}

extension ReplyFailure {
    private static let nanosecondsInMillisecond: UInt64 = 1_000_000

    fileprivate init(_ message: OpAMPServerErrorResponse) {
        kind =
            switch message.type {
            case .badRequest: .badRequest
            case .unavailable: .unavailable
            case .unknown, .UNRECOGNIZED: .unknown
            }
        self.message = message.errorMessage.cut(toBytes: ControlWireLimit.messageBytesMax)
        if case .retryInfo(let info)? = message.details {
            retryAfter = .milliseconds(Int64(info.retryAfterNanoseconds / Self.nanosecondsInMillisecond))
        }
    }

    fileprivate var opamp: OpAMPServerErrorResponse {
        var response = OpAMPServerErrorResponse()
        response.type =
            switch kind {
            case .unknown: .unknown
            case .badRequest: .badRequest
            case .unavailable: .unavailable
            }
        response.errorMessage = message.cut(toBytes: ControlWireLimit.messageBytesMax)
        if let retryAfter {
            response.retryInfo.retryAfterNanoseconds = Moment(milliseconds: retryAfter.milliseconds).nanoseconds
        }
        return response
    }
}
