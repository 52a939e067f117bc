package import FleetModel

extension RolloutPolicy {
    /// The name of the cohort: the policy's attributes in its order, as in `os=linux kernel=6.1.0`. The whole fleet
    /// is `all` when the policy names no attribute.
    package func cohort(of attributes: CohortAttributes) -> String {
        guard !cohortBy.isEmpty else { return "all" }
        return zip(cohortBy, values(of: attributes)).map { "\($0)=\($1)" }.joined(separator: " ")
    }

    /// The values of the policy's attributes, in its order.
    func values(of attributes: CohortAttributes) -> [String] { cohortBy.map { Self.value(of: $0, in: attributes) } }

    private static func value(of name: String, in attributes: CohortAttributes) -> String {
        switch name {
        case "os": attributes.os
        case "os_version": attributes.osVersion
        case "kernel": attributes.kernel
        case "agent_version": attributes.agentVersion
        case "model": attributes.model
        default: attributes.tags[String(name.dropFirst("tag.".count))] ?? ""
        }
    }
}
