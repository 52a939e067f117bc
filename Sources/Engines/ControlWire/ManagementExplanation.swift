package import FleetModel

/// Why a rollout's gate stands where it stands: GET /api/v1/rollouts/ID/explain. For people, and for their tools.
package struct GateExplanation: Codable, Hashable, Sendable {
    package var id: RolloutID
    package var release: ReleaseID
    package var phase: String
    package var lane: String
    /// One sentence: what happens now, and why.
    package var headline: String
    package var counts: RolloutCounts
    package var waiting: Int
    /// Endpoints that their customers keep out now.
    package var keptOut: Int
    package var cap: Cap
    package var evidence: Evidence
    /// What must happen before the next offers, a sentence each; empty when they are made now, or never again.
    package var waitsFor: [String]
    /// Cohorts that wait, those with the longest way first, at most twenty.
    package var cohorts: [Cohort]
    package var haltedCohorts: [String]
    /// Rings that are shut, with every reason.
    package var shutRings: [Ring]
    /// Who has said no: operators, endpoints that refused, customers.
    package var holds: [String]
    package var now: Moment

    package enum CodingKeys: String, CodingKey {
        case id, release, phase, lane, headline, counts, waiting, cap, evidence, cohorts, holds
        case waitsFor = "waits_for"
        case keptOut = "kept_out"
        case haltedCohorts = "halted_cohorts"
        case shutRings = "shut_rings"
        case now = "now_ms"
    }

    package init(
        id: RolloutID, release: ReleaseID, phase: String, lane: String, headline: String, counts: RolloutCounts,
        waiting: Int, keptOut: Int, cap: Cap, evidence: Evidence, waitsFor: [String], cohorts: [Cohort],
        haltedCohorts: [String],
        shutRings: [Ring], holds: [String], now: Moment
    ) {
        self.id = id
        self.release = release
        self.phase = phase
        self.lane = lane
        self.headline = headline
        self.counts = counts
        self.waiting = waiting
        self.keptOut = keptOut
        self.cap = cap
        self.evidence = evidence
        self.waitsFor = waitsFor
        self.cohorts = cohorts
        self.haltedCohorts = haltedCohorts
        self.shutRings = shutRings
        self.holds = holds
        self.now = now
    }

    /// How many may be exposed, and why not more.
    package struct Cap: Codable, Hashable, Sendable {
        package var value: Int
        /// What is held against it: the exposed, and the proven whose wave has not had its time.
        package var weighed: Int
        package var lossBudget: Int
        /// Upper bound of the failure rate that the release adds, from 0 to 1, and the confidence that it is one.
        package var rateUpperBound: Double
        package var confidence: Double
        /// What keeps it from being larger: `evidence` or `growth`.
        package var limit: String

        package enum CodingKeys: String, CodingKey {
            case value, weighed, confidence, limit
            case lossBudget = "loss_budget"
            case rateUpperBound = "rate_upper_bound"
        }

        package init(
            value: Int, weighed: Int, lossBudget: Int, rateUpperBound: Double, confidence: Double, limit: String
        ) {
            self.value = value
            self.weighed = weighed
            self.lossBudget = lossBudget
            self.rateUpperBound = rateUpperBound
            self.confidence = confidence
            self.limit = limit
        }
    }

    /// What speaks against the release: an e-value, of which 1 says nothing.
    package struct Evidence: Codable, Hashable, Sendable {
        package var value: Double
        /// What it must reach to halt: 1/alpha.
        package var toHalt: Double
        /// Both as natural logarithms: the way from nothing to a halt is even in them.
        package var ln: Double
        package var lnToHalt: Double
        /// Failures and silences among the exposed, and what the control lets expect of them.
        package var harmed: Int
        package var expected: Double

        package enum CodingKeys: String, CodingKey {
            case value, ln, harmed, expected
            case toHalt = "to_halt"
            case lnToHalt = "ln_to_halt"
        }

        package init(value: Double, toHalt: Double, ln: Double, lnToHalt: Double, harmed: Int, expected: Double) {
            self.value = value
            self.toHalt = toHalt
            self.ln = ln
            self.lnToHalt = lnToHalt
            self.harmed = harmed
            self.expected = expected
        }
    }

    package struct Cohort: Codable, Hashable, Sendable {
        package var cohort: String
        package var waiting: Int
        package var exposed: Int
        package var cap: Int
        /// Endpoints that must prove well before the next offer in it.
        package var needed: Int
        /// Bakes until all of it has been offered the release.
        package var bakes: Int
        /// There is evidence against it, not enough to halt.
        package var isSuspected: Bool

        package enum CodingKeys: String, CodingKey {
            case cohort, waiting, exposed, cap, needed, bakes
            case isSuspected = "suspected"
        }

        package init(
            cohort: String, waiting: Int, exposed: Int, cap: Int, needed: Int, bakes: Int, isSuspected: Bool
        ) {
            self.cohort = cohort
            self.waiting = waiting
            self.exposed = exposed
            self.cap = cap
            self.needed = needed
            self.bakes = bakes
            self.isSuspected = isSuspected
        }
    }

    package struct Ring: Codable, Hashable, Sendable {
        /// Empty: endpoints that name no customer.
        package var customer: String
        package var ring: String
        package var reasons: [String]

        package init(customer: String, ring: String, reasons: [String]) {
            self.customer = customer
            self.ring = ring
            self.reasons = reasons
        }
    }
}
