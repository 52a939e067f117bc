package import ControlWire
import FleetModel
package import RolloutEngine

/// What endpoints are told and what rollouts begin with, where nobody says otherwise. The two belong together: a
/// rollout's silence deadline means something only for endpoints that poll often enough.
package struct ControlPreset: Sendable {
    package var endpoints: EndpointPolicy
    package var rollouts: RolloutPolicy

    package init(endpoints: EndpointPolicy, rollouts: RolloutPolicy) {
        self.endpoints = endpoints
        self.rollouts = rollouts
    }

    /// Machines that are always on.
    package static let serverFleet = ControlPreset(endpoints: .standard, rollouts: .serverFleet)
    /// Machines of people.
    package static let laptopFleet = ControlPreset(endpoints: .standard, rollouts: .laptopFleet)
    /// Processes on one machine, for people who watch: a poll each second, and seconds instead of minutes.
    package static let demo: ControlPreset = {
        var endpoints = EndpointPolicy.standard
        endpoints.pollInterval = .seconds(1)
        endpoints.shadow = .seconds(1)
        endpoints.trial = .seconds(2)
        return ControlPreset(endpoints: endpoints, rollouts: .demo)
    }()

    /// By the name of its rollout policy.
    package static let named: [String: ControlPreset] = [
        RolloutPolicy.serverFleet.name: .serverFleet, RolloutPolicy.laptopFleet.name: .laptopFleet,
        RolloutPolicy.demo.name: .demo,
    ]
}
