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

extension RolloutPolicy {
    /// The policy that an operator asks for: the one that `terms` name, else `standard`, changed by the terms.
    ///
    /// - Throws: ``ControlRefusal`` for a name that nobody knows, and for numbers out of their bounds, all of them.
    init(_ terms: RolloutTerms, standard: RolloutPolicy) throws(ControlRefusal) {
        self = standard
        if let name = terms.preset, name != standard.name {
            guard let preset = ControlPreset.named[name] else {
                throw ControlRefusal(
                    .policyUnknown, "no policy is called \"\(name.prefix(80))\"",
                    next: "Name one of \(ControlPreset.named.keys.sorted().joined(separator: ", ")).")
            }
            self = preset.rollouts
        }
        lossBudget = terms.lossBudget ?? lossBudget
        confidence = terms.confidence ?? confidence
        bake = terms.bake ?? bake
        silenceDeadline = terms.silenceDeadline ?? silenceDeadline
        settleDeadline = terms.settleDeadline ?? settleDeadline
        pollInterval = terms.pollInterval ?? pollInterval
        noiseCeiling = terms.noiseCeiling ?? noiseCeiling
        alpha = terms.alpha ?? alpha
        refusalCountMax = terms.refusalCountMax ?? refusalCountMax
        let problems = problems()
        guard problems.isEmpty else {
            throw ControlRefusal(
                .policyInvalid, problems.map(\.description).joined(separator: "; "),
                next: "Change the numbers that are named, or leave them out.")
        }
    }

    /// The policy as the management API shows it.
    var terms: RolloutTerms {
        RolloutTerms(
            preset: name, lossBudget: lossBudget, confidence: confidence, bake: bake, silenceDeadline: silenceDeadline,
            settleDeadline: settleDeadline, pollInterval: pollInterval, noiseCeiling: noiseCeiling, alpha: alpha,
            refusalCountMax: refusalCountMax)
    }
}
