package import FleetModel

/// An operator's numbers for one rollout. Checked by ``problems()``; a machine with a policy that has any stays shut.
package struct RolloutPolicy: Codable, Hashable, Sendable {
    /// For people: which policy this is.
    package var name: String
    /// Endpoints that may be lost in expectation. It is the first cap, since nothing is known then: the larger it is,
    /// the faster a rollout, and the more a release breaks that breaks everything.
    package var lossBudget: Int
    /// Confidence of the upper bound on the failure rate. A lower one lets a ramp grow faster than its evidence.
    package var confidence: Double
    /// How long an endpoint must stay well with the release active before it counts as proven. Shorter misses the
    /// failures that take longer to show.
    package var bake: Moment.Span
    /// Without a word for this long after the offer or the last word, whichever is later, an exposure is silent.
    /// Shorter than a few poll intervals, and a lost packet looks like a dead machine.
    package var silenceDeadline: Moment.Span
    /// An exposure that is not settled this long after its offer is silent, even if the endpoint still speaks: an
    /// endpoint that never gets to trying the release tells nothing, and must not hold the ramp for ever.
    package var settleDeadline: Moment.Span
    /// The longest that a well endpoint goes between two check-ins. The deadlines are measured against it.
    package var pollInterval: Moment.Span
    /// The largest share of endpoints that fails within a bake without any release. Lower, and an unlucky day halts a
    /// clean rollout; higher, and a defect of that rate is called weather.
    package var noiseCeiling: Double
    /// The probability, at most, that a clean release is halted, however often one looks.
    package var alpha: Double
    /// Refusals by endpoints (signature, digest, schema) after which the gate holds and asks a person. More would send
    /// a release that nobody accepts to everyone.
    package var refusalCountMax: Int

    package enum CodingKeys: String, CodingKey {
        case name, confidence, alpha
        case lossBudget = "loss_budget"
        case bake = "bake_ms"
        case silenceDeadline = "silence_deadline_ms"
        case settleDeadline = "settle_deadline_ms"
        case pollInterval = "poll_interval_ms"
        case noiseCeiling = "noise_ceiling"
        case refusalCountMax = "refusal_count_max"
    }

    package init(
        name: String, lossBudget: Int, confidence: Double, bake: Moment.Span, silenceDeadline: Moment.Span,
        settleDeadline: Moment.Span, pollInterval: Moment.Span, noiseCeiling: Double, alpha: Double,
        refusalCountMax: Int
    ) {
        self.name = name
        self.lossBudget = lossBudget
        self.confidence = confidence
        self.bake = bake
        self.silenceDeadline = silenceDeadline
        self.settleDeadline = settleDeadline
        self.pollInterval = pollInterval
        self.noiseCeiling = noiseCeiling
        self.alpha = alpha
        self.refusalCountMax = refusalCountMax
    }

    /// Machines of people, asleep half of the day: an hour's bake while they are awake.
    package static let laptopFleet = RolloutPolicy(
        name: "laptop-fleet", lossBudget: 50, confidence: 0.99, bake: .minutes(60), silenceDeadline: .minutes(90),
        settleDeadline: .hours(12), pollInterval: .minutes(15), noiseCeiling: 0.02, alpha: 0.001, refusalCountMax: 10)

    /// Machines that are always on: silence is rare and tells much.
    package static let serverFleet = RolloutPolicy(
        name: "server-fleet", lossBudget: 20, confidence: 0.99, bake: .minutes(30), silenceDeadline: .minutes(20),
        settleDeadline: .hours(2), pollInterval: .minutes(5), noiseCeiling: 0.002, alpha: 0.001, refusalCountMax: 10)

    /// Forty processes on one machine, for people who watch: seconds instead of hours.
    package static let demo = RolloutPolicy(
        name: "demo", lossBudget: 4, confidence: 0.99, bake: .seconds(6), silenceDeadline: .seconds(6),
        settleDeadline: .seconds(60), pollInterval: .seconds(2), noiseCeiling: 0.01, alpha: 0.001, refusalCountMax: 3)
}
