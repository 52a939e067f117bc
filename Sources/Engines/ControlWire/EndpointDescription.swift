package import FleetModel
import SwiftProtobuf

/// Who an endpoint is, as it describes itself (OpAMP AgentDescription), in OpenTelemetry's names.
package struct EndpointDescription: Hashable, Sendable {
    /// OpenTelemetry `service.name`: `firebreak-agent` for ours, another name for a third-party agent.
    package var service: String
    /// OpenTelemetry `host.name`.
    package var hostName: String
    package var cohort: CohortAttributes

    /// The name of our own agent, which no other may claim to be without behaving like it.
    package static let agentService = "firebreak-agent"

    package init(service: String = agentService, hostName: String, cohort: CohortAttributes) {
        self.service = service
        self.hostName = hostName
        self.cohort = cohort
    }
}

/// The attribute names that stand for cohort attributes, on the wire and in the management API.
private enum AttributeName {
    static let instance = "service.instance.id"
    static let service = "service.name"
    static let agentVersion = "service.version"
    static let os = "os.type"
    static let osVersion = "os.version"
    static let kernel = "os.build_id"
    static let hostName = "host.name"
    static let model = "host.type"
    static let tagPrefix = "tag."
}

extension CohortAttributes {
    /// The attributes by their OpenTelemetry names, the customer's tags under `tag.`.
    package var attributes: [String: String] {
        var named = [
            AttributeName.os: os, AttributeName.osVersion: osVersion, AttributeName.kernel: kernel,
            AttributeName.agentVersion: agentVersion, AttributeName.model: model,
        ]
        for (name, value) in tags { named[AttributeName.tagPrefix + name] = value }
        return named
    }

    /// From attributes by their OpenTelemetry names. What is absent is the empty text; longer texts are cut, and of
    /// too many tags the first by name are kept, as `CohortAttributes` says.
    package init(attributes named: [String: String]) {
        func text(_ name: String) -> String { (named[name] ?? "").cut(toBytes: Self.textBytesMax) }
        var tags: [String: String] = [:]
        let tagNames = named.keys.filter {
            $0.hasPrefix(AttributeName.tagPrefix) && $0.utf8.count > AttributeName.tagPrefix.utf8.count
        }
        for name in tagNames.sorted() where tags.count < Self.tagCountMax {
            let tag = String(name.dropFirst(AttributeName.tagPrefix.count)).cut(toBytes: Self.textBytesMax)
            tags[tag] = tags[tag] ?? text(name)
        }
        self.init(
            os: text(AttributeName.os), osVersion: text(AttributeName.osVersion), kernel: text(AttributeName.kernel),
            agentVersion: text(AttributeName.agentVersion), model: text(AttributeName.model), tags: tags)
    }
}

// MARK: - OpAMP

extension EndpointDescription {
    /// Reads OpAMP's description. Of an attribute given twice the first counts; attributes that are no texts are
    /// passed over, since none of ours is.
    init(_ message: OpAMPAgentDescription) throws(ControlWireError) {
        var named: [String: String] = [:]
        for (list, pairs) in [
            ("identifying_attributes", message.identifyingAttributes),
            ("non_identifying_attributes", message.nonIdentifyingAttributes),
        ] {
            guard pairs.count <= ControlWireLimit.attributeCountMax else {
                throw ControlWireError(
                    .tooMany, subject: "agent_description.\(list)",
                    message: "\(pairs.count) attributes; at most \(ControlWireLimit.attributeCountMax) are read")
            }
            for pair in pairs {
                guard case .stringValue(let text)? = pair.value.value, named[pair.key] == nil else { continue }
                named[pair.key] = text
            }
        }
        guard let service = named[AttributeName.service], !service.isEmpty else {
            throw ControlWireError(
                .missing, subject: "agent_description.identifying_attributes",
                message: "service.name is missing; it says which agent this is")
        }
        self.init(
            service: service.cut(toBytes: CohortAttributes.textBytesMax),
            hostName: (named[AttributeName.hostName] ?? "").cut(toBytes: CohortAttributes.textBytesMax),
            cohort: CohortAttributes(attributes: named))
    }

    /// OpAMP's form, attributes sorted by name.
    func opamp(endpoint: EndpointID) -> OpAMPAgentDescription {
        var description = OpAMPAgentDescription()
        description.identifyingAttributes = [
            Self.attribute(AttributeName.instance, endpoint.text),
            Self.attribute(AttributeName.service, service),
            Self.attribute(AttributeName.agentVersion, cohort.agentVersion),
        ]
        var others = cohort.attributes
        others[AttributeName.agentVersion] = nil
        others[AttributeName.hostName] = hostName
        description.nonIdentifyingAttributes = others.sorted { $0.key < $1.key }.map(Self.attribute)
        return description
    }

    private static func attribute(_ name: String, _ value: String) -> OpAMPKeyValue {
        var pair = OpAMPKeyValue()
        pair.key = name
        pair.value.stringValue = value.cut(toBytes: CohortAttributes.textBytesMax)
        return pair
    }
}
