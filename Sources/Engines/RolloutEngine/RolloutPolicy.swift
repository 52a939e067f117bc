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
    /// The attributes that make a cohort: `os`, `os_version`, `kernel`, `agent_version`, `model`, `tag.NAME`. None: the
    /// whole fleet is one cohort. More attributes find a defect in a smaller corner, and need more bakes to get there.
    package var cohortBy: [String] = []
    /// Endpoints of a cohort that are exposed before it has any proof of its own: it does not ride on others' evidence.
    package var cohortFirstStep = 3
    /// Cohorts that are halted alone before the release is condemned as a whole.
    package var cohortHaltsMax = 3
    /// The fastest growth: endpoints let in for each that is proven, whatever the evidence says.
    package var growthMax = 20.0
    /// How alpha is split between the tests.
    package var alphaShares = AlphaShares()
    /// How long the watch goes on after everyone has settled: others' updates, reboots and clocks are triggers too.
    package var watch = Moment.Span.hours(24)
    /// What must have happened on an endpoint within its bake. Empty: time alone.
    package var bakeConditions: [BakeCondition] = []
    /// How long somebody must have used the endpoint, where the bake asks for use.
    package var bakeUse = Moment.Span.zero
    /// What is different in the urgent lane; nil: there is none.
    package var urgent: UrgentLane?
    /// What the release lab must have said of a release for it to be published and rolled out.
    package var labResult = LabRequirement.notFailed
    /// Steps that a pack's program may take for one event, by its own statement, which the worker checks. A step is about
    /// a nanosecond: a worker that needs longer for the worst event than a tenth of a second falls behind its host.
    package var programStepsMax = 100_000_000
    /// The largest bound that a policy may set: an hour for one event is no bound.
    package static let programStepsLimit = 1_000_000_000_000
    /// The lane that these numbers are for.
    package var lane = Lane.normal

    /// What fraction of alpha each test may use. Together at most 1.
    package struct AlphaShares: Codable, Hashable, Sendable {
        /// All exposed against all of the control.
        package var concurrent = 0.8
        /// All exposed against the noise ceiling: works without a control, in the smallest fleet.
        package var ceiling = 0.08
        /// Each cohort against its own control, this share divided evenly among ``RolloutPolicy/cohortCountMax``.
        package var cohorts = 0.07
        /// Those already proven, for as long as the watch goes on.
        package var watch = 0.05

        package init(concurrent: Double = 0.8, ceiling: Double = 0.08, cohorts: Double = 0.07, watch: Double = 0.05) {
            self.concurrent = concurrent
            self.ceiling = ceiling
            self.cohorts = cohorts
            self.watch = watch
        }

        package var total: Double { concurrent + ceiling + cohorts + watch }
    }

    /// Something that may set off a latent failure.
    package enum BakeCondition: String, Codable, Hashable, Sendable, CaseIterable {
        case reboot
        case fullScan = "full_scan"
        /// Used by somebody for ``RolloutPolicy/bakeUse``.
        case use

        var bit: UInt8 {
            switch self {
            case .reboot: 1
            case .fullScan: 2
            case .use: 4
            }
        }
    }

    package enum Lane: String, Codable, Hashable, Sendable, CaseIterable {
        case normal, urgent
    }

    /// The numbers of the urgent lane: a larger budget and a shorter bake, for content whose absence harms too. The cap
    /// holds here as anywhere; only its budget is another.
    package struct UrgentLane: Codable, Hashable, Sendable {
        /// Endpoints that may be lost in expectation; at most ``budgetFactorMax`` times the policy's own.
        package var lossBudget: Int
        /// Not above the policy's own.
        package var bake: Moment.Span
        package var silenceDeadline: Moment.Span

        /// More than ten times the budget is no lane, it is another policy.
        package static let budgetFactorMax = 10

        package enum CodingKeys: String, CodingKey {
            case lossBudget = "loss_budget"
            case bake = "bake_ms"
            case silenceDeadline = "silence_deadline_ms"
        }

        package init(lossBudget: Int, bake: Moment.Span, silenceDeadline: Moment.Span) {
            self.lossBudget = lossBudget
            self.bake = bake
            self.silenceDeadline = silenceDeadline
        }
    }

    /// The policy with the urgent lane's numbers; nil where it has no urgent lane.
    package var urgentPolicy: RolloutPolicy? {
        guard let urgent else { return nil }
        var policy = self
        policy.lossBudget = urgent.lossBudget
        policy.bake = urgent.bake
        policy.silenceDeadline = urgent.silenceDeadline
        policy.lane = .urgent
        return policy
    }

    /// Cohorts of one rollout. Endpoints beyond share one last cohort: more cohorts than this have too few members to
    /// tell anything, and each costs 400 bytes and its part of alpha.
    package static let cohortCountMax = 1024

    package enum CodingKeys: String, CodingKey {
        case name, confidence, alpha
        case lossBudget = "loss_budget"
        case bake = "bake_ms"
        case silenceDeadline = "silence_deadline_ms"
        case settleDeadline = "settle_deadline_ms"
        case pollInterval = "poll_interval_ms"
        case noiseCeiling = "noise_ceiling"
        case refusalCountMax = "refusal_count_max"
        case cohortBy = "cohort_by"
        case cohortFirstStep = "cohort_first_step"
        case cohortHaltsMax = "cohort_halts_max"
        case growthMax = "growth_max"
        case alphaShares = "alpha_shares"
        case watch = "watch_ms"
        case bakeConditions = "bake_conditions"
        case bakeUse = "bake_use_ms"
        case labResult = "lab_result"
        case programStepsMax = "program_steps_max"
        case urgent, lane
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

    /// Reads a policy. Members that were added later take their defaults, so that a stored policy stays readable.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            lossBudget: try container.decode(Int.self, forKey: .lossBudget),
            confidence: try container.decode(Double.self, forKey: .confidence),
            bake: try container.decode(Moment.Span.self, forKey: .bake),
            silenceDeadline: try container.decode(Moment.Span.self, forKey: .silenceDeadline),
            settleDeadline: try container.decode(Moment.Span.self, forKey: .settleDeadline),
            pollInterval: try container.decode(Moment.Span.self, forKey: .pollInterval),
            noiseCeiling: try container.decode(Double.self, forKey: .noiseCeiling),
            alpha: try container.decode(Double.self, forKey: .alpha),
            refusalCountMax: try container.decode(Int.self, forKey: .refusalCountMax))
        func read<T: Decodable>(_ key: CodingKeys, _ path: WritableKeyPath<Self, T>) throws {
            if let value = try container.decodeIfPresent(T.self, forKey: key) { self[keyPath: path] = value }
        }
        try read(.cohortBy, \.cohortBy)
        try read(.cohortFirstStep, \.cohortFirstStep)
        try read(.cohortHaltsMax, \.cohortHaltsMax)
        try read(.growthMax, \.growthMax)
        try read(.alphaShares, \.alphaShares)
        try read(.watch, \.watch)
        try read(.bakeConditions, \.bakeConditions)
        try read(.bakeUse, \.bakeUse)
        try read(.labResult, \.labResult)
        try read(.programStepsMax, \.programStepsMax)
        if let lane = try container.decodeIfPresent(UrgentLane.self, forKey: .urgent) { urgent = lane }
        try read(.lane, \.lane)
    }

    /// Machines of people, which sleep: an hour's bake, and silence weighed against the silence of those without the
    /// release.
    package static let laptopFleet: RolloutPolicy = {
        var policy = RolloutPolicy(
            name: "laptop-fleet", lossBudget: 50, confidence: 0.99, bake: .minutes(60), silenceDeadline: .minutes(60),
            settleDeadline: .hours(24), pollInterval: .minutes(30), noiseCeiling: 0.05, alpha: 0.001,
            refusalCountMax: 10)
        policy.cohortBy = ["os", "os_version", "kernel", "agent_version", "model"]
        policy.urgent = UrgentLane(lossBudget: 200, bake: .minutes(45), silenceDeadline: .minutes(60))
        return policy
    }()

    /// Machines that are always on: silence is rare and tells much.
    package static let serverFleet: RolloutPolicy = {
        var policy = RolloutPolicy(
            name: "server-fleet", lossBudget: 20, confidence: 0.99, bake: .minutes(30), silenceDeadline: .minutes(20),
            settleDeadline: .hours(2), pollInterval: .minutes(5), noiseCeiling: 0.002, alpha: 0.001,
            refusalCountMax: 10)
        policy.cohortBy = ["os", "os_version", "kernel", "agent_version"]
        policy.urgent = UrgentLane(lossBudget: 60, bake: .minutes(10), silenceDeadline: .minutes(12))
        return policy
    }()

    /// Forty processes on one machine, for people who watch: seconds instead of hours. Too few for a control, so most
    /// of alpha goes to the noise ceiling.
    package static let demo: RolloutPolicy = {
        var policy = RolloutPolicy(
            name: "demo", lossBudget: 4, confidence: 0.99, bake: .seconds(6), silenceDeadline: .seconds(6),
            settleDeadline: .seconds(60), pollInterval: .seconds(2), noiseCeiling: 0.01, alpha: 0.001,
            refusalCountMax: 3)
        policy.alphaShares = AlphaShares(concurrent: 0.1, ceiling: 0.8, cohorts: 0.05, watch: 0.05)
        return policy
    }()
}
