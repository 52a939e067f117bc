package import CanonicalCoding
package import FleetModel

/// What the gate says, with everything that it was said from: the same inputs give the same verdict on any machine.
package struct Verdict: Hashable, Sendable, Codable {
    package var rollout: RolloutID
    package var release: ReleaseID
    package var at: Moment
    package var decision: Decision
    package var phase: RolloutPhase
    /// Every reason that holds, not the first.
    package var reasons: [Reason]
    package var inputs: Inputs
    /// The cohort that was halted alone, where the verdict is about one.
    package var cohort: String?

    package enum Decision: String, Hashable, Sendable, Codable {
        case expand, hold, halt, complete
    }

    /// The numbers of the decision.
    package struct Inputs: Hashable, Sendable, Codable {
        package var counts: ExposureCounts
        package var waiting: Int
        package var cap: Int
        /// Upper bound on the failure rate, at the policy's confidence.
        package var rateUpperBound: Double
        /// Natural logarithm of the e-value against the release, and what it must reach to halt: ln(1/alpha).
        package var lnEvidence: Double
        package var lnEvidenceToHalt: Double
        /// Refusals that an operator has resumed in spite of.
        package var refusalsAccepted: Int
        /// What the operator gave as the reason for a hold or a recall; empty when there is none.
        package var operatorReason: String
        /// The rollout has been complete once.
        package var wasComplete: Bool
        /// What the tests against concurrent control stand at: a restarted server goes on from here.
        package var tests: TestStake?
    }

    /// The stakes of the concurrent tests (``ConcurrentTest``), of the whole and of cohorts.
    package struct TestStake: Hashable, Sendable, Codable {
        package var lnEvidence: Double
        package var expected: Double
        package var variance: Double
        package var lnWatchEvidence: Double
        /// How many endpoints times how many bakes the watch has seen.
        package var watchedBakes: Double
        /// Cohorts by number in the machine, and by name in a verdict; at most ``Verdict/strataCountMax``.
        package var strata: [Stratum]

        package struct Stratum: Hashable, Sendable, Codable {
            package var cohort: String
            package var lnEvidence: Double
            package var expected: Double
            package var variance: Double
            package var lnWatchEvidence: Double
        }
    }

    /// Cohorts whose evidence is kept in one verdict, those with the most: a verdict stays below 32 KiB.
    package static let strataCountMax = 64

    /// One reason: a stable code for machines and a sentence for people.
    package struct Reason: Hashable, Sendable, Codable {
        package var code: Code
        package var text: String

        package enum Code: String, Hashable, Sendable, Codable, CaseIterable {
            case roomBelowCap = "room_below_cap"
            case capReached = "cap_reached"
            case nobodyWaiting = "nobody_waiting"
            case heldByOperator = "held_by_operator"
            case recalledByOperator = "recalled_by_operator"
            case refusedByEndpoints = "refused_by_endpoints"
            case harmProven = "harm_proven"
            case everyoneSettled = "everyone_settled"
            case policyInvalid = "policy_invalid"
        }
    }

    /// The verdict as canonical JSON (RFC 8785).
    ///
    /// - Throws: ``JSONError`` for a count beyond 2^53, which no fleet has.
    package func canonicalJSON() throws(JSONError) -> [UInt8] { try CodableJSON.encode(self, keys: .snakeCase) }
}
