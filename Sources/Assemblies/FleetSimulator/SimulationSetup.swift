import FleetModel
package import RolloutEngine

/// What is simulated.
package struct SimulationSetup: Sendable {
    package var fleet: Int
    package var fault: FaultSignature
    /// The probability that an endpoint fails by nature within one bake.
    package var noise: Double
    package var policy: PolicyKind
    package var terms: RolloutPolicy
    package var seed: UInt64
    package var draw = FleetDraw()
    /// The share of endpoints that are away at the first offer, and come back one after another.
    package var awayShare = 0.05
    /// Within this many seconds.
    package var awaySeconds: UInt32 = 6 * 3_600
    /// How much nature's rate swings over a day: 0.5 is from half to one and a half times.
    package var noiseSwing = 0.0
    /// Simulated time after the rollout is complete (elsewhere: after the last offer) during which strikes still count.
    package var afterSeconds: UInt32 = 0
    /// The loss budget that the checker holds the gate to; nil is the policy's. Another one proves that it bites.
    package var checkedLossBudget: Int?
    /// Endpoints that wait are alike and are drawn from their number, instead of each checking in by itself: the gate
    /// sees the same, and a rollout that halts early costs milliseconds. Off: every endpoint, event by event.
    package var isPooled = false
    /// The gate is not told of cohorts: for comparison.
    package var isBlind = false
    /// When the other policies count an update as done.
    package var successAt = SuccessMoment.bake
    /// Is told how the rollout stands, at most ``FleetTrace/pointCountMax`` times and a few.
    package var watch: (@Sendable (TracePoint) -> Void)?

    package init(
        fleet: Int, fault: FaultSignature, noise: Double, policy: PolicyKind = .firebreak,
        terms: RolloutPolicy = .simulated, seed: UInt64
    ) {
        self.fleet = fleet
        self.fault = fault
        self.noise = noise
        self.policy = policy
        self.terms = terms
        self.seed = seed
    }
}

extension SimulationSetup {
    /// How long the end of a rollout is watched unless somebody says otherwise: what sleeps until the next restart gets
    /// two means to wake, whoever let it in; a pooled run would else end before the last have baked.
    package var afterSecondsNeeded: UInt32 {
        if fault.rate > 0 { return fault.onset.isLatent ? 2 * 86_400 : 6 * 3_600 }
        return isPooled ? UInt32((terms.bake.milliseconds * 2 + terms.pollInterval.milliseconds) / 1000) : 0
    }
}

extension RolloutPolicy {
    /// The policy that simulations use unless they say otherwise: the laptop fleet's, with cohorts as drawn.
    package static let simulated: RolloutPolicy = {
        var policy = RolloutPolicy.laptopFleet
        policy.name = "simulated"
        return policy
    }()
}

/// How a fleet is updated.
package enum PolicyKind: String, Sendable, CaseIterable, Codable {
    case firebreak
    case pushToAll = "push-to-all"
    case fixedRings = "fixed-rings"
    case hawkbit
    case iotJobs = "iot-jobs"
    case phased
}
