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

extension RolloutPolicy {
    /// The policy that simulations use unless they say otherwise: the laptop fleet's numbers, cohorts as drawn, and
    /// endpoints that poll every half hour.
    package static let simulated: RolloutPolicy = {
        var policy = RolloutPolicy.laptopFleet
        policy.name = "simulated"
        policy.pollInterval = .minutes(30)
        policy.silenceDeadline = .minutes(65)
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

/// What came out: the members of `firebreak simulate --json`.
package struct SimulationReport: Sendable, Codable, Hashable {
    package var fleet = 0
    package var policy = ""
    package var seed: UInt64 = 0
    package var offered = 0
    /// Endpoints that the fault struck. Natural failures are not among them.
    package var broken = 0
    /// Of the broken, those that only a person can mend.
    package var hands = 0
    package var halted = false
    /// Bakes until everyone who was there had been offered the release, or until the halt.
    package var rounds = 0
    package var minutesToHalt: Double?
    package var minutesToP99Coverage: Double?
    package var maxExposed = 0
    package var capViolations = 0
    package var wallSeconds = 0.0
    package var peakMemoryBytes = 0
    /// Cohorts that were halted alone.
    package var haltedCohorts = 0
    package var proven = 0
    /// Events that were handled.
    package var events = 0

    package init() {}

    package enum CodingKeys: String, CodingKey {
        case fleet, policy, seed, offered, broken, hands, halted, rounds, proven, events
        case minutesToHalt = "minutes_to_halt"
        case minutesToP99Coverage = "minutes_to_p99_coverage"
        case maxExposed = "max_exposed"
        case capViolations = "cap_violations"
        case wallSeconds = "wall_seconds"
        case peakMemoryBytes = "peak_memory_bytes"
        case haltedCohorts = "halted_cohorts"
    }
}
