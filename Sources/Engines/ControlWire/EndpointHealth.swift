package import FleetModel

/// How an endpoint is, as it says itself (OpAMP ComponentHealth).
package struct EndpointHealth: Codable, Hashable, Sendable {
    /// One part of an endpoint.
    package struct Component: Codable, Hashable, Sendable {
        package var isHealthy: Bool
        /// What is wrong and what is being done about it; empty when nothing is.
        package var message: String
        /// Since when it has been so, by the endpoint's clock.
        package var since: Moment

        package enum CodingKeys: String, CodingKey {
            case isHealthy = "healthy"
            case message
            case since = "since_ms"
        }

        package init(isHealthy: Bool, message: String, since: Moment) {
            self.isHealthy = isHealthy
            self.message = message
            self.since = since
        }
    }

    /// The endpoint's own summary. False is never explained away by healthy components.
    package var isHealthy: Bool
    /// The endpoint's own words about its worst trouble; empty when there is none.
    package var message: String
    /// The components that the endpoint reports. Third-party agents report none of ours.
    package var components: [EndpointComponent: Component]

    package enum CodingKeys: String, CodingKey {
        case isHealthy = "healthy"
        case message, components
    }

    package init(isHealthy: Bool, message: String, components: [EndpointComponent: Component]) {
        self.isHealthy = isHealthy
        self.message = message
        self.components = components
    }

    /// The health of an endpoint whose components are these: healthy when all are, and explained by the first that is
    /// not, in the order of `EndpointComponent`.
    package init(components: [EndpointComponent: Component]) {
        let worst = EndpointComponent.allCases.first { components[$0]?.isHealthy == false }
        self.init(
            isHealthy: worst == nil, message: worst.flatMap { components[$0]?.message } ?? "", components: components)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        isHealthy = try container.decode(Bool.self, forKey: .isHealthy)
        message = try container.decode(String.self, forKey: .message)
        components = [:]
        for (name, component) in try container.decode([String: Component].self, forKey: .components) {
            // A component that a newer server knows is no reason not to show the others.
            if let known = EndpointComponent(rawValue: name) { components[known] = component }
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(isHealthy, forKey: .isHealthy)
        try container.encode(message, forKey: .message)
        let named = components.map { ($0.key.rawValue, $0.value) }
        try container.encode(Dictionary(uniqueKeysWithValues: named), forKey: .components)
    }
}
