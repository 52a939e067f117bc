/// Why a gate stands where it stands, and how far the way still is if nothing more goes wrong. For people.
package struct RolloutExplanation: Hashable, Sendable, Codable {
    /// Endpoints that must prove well before the next offers, and bakes until everyone has been offered the release.
    package var needed: Int
    package var bakes: Int
    /// The same for each cohort that waits, those with the longest way first, at most ``cohortCountMax``.
    package var cohorts: [Cohort]
    package var haltedCohorts: [String]
    /// The numbers that the gate stands on now, as its next verdict would give them.
    package var inputs: Verdict.Inputs
    /// Exposures that are held against the cap: the exposed, and the proven whose wave has not had its time.
    package var weighed: Int
    /// What keeps the cap from being larger.
    package var limit: Limit
    /// Endpoints that were heard of and that their customers keep out now: they are the control.
    package var reserved: Int

    package enum Limit: String, Hashable, Sendable, Codable, CaseIterable {
        /// The loss budget over the bound of the failure rate.
        case evidence
        /// The first step and the policy's growth for each proven.
        case growth
    }

    package struct Cohort: Hashable, Sendable, Codable {
        package var cohort: String
        package var waiting: Int
        package var exposed: Int
        package var cap: Int
        package var needed: Int
        package var bakes: Int
        /// There is evidence against it, not enough to halt: it grows by its first step.
        package var isSuspected: Bool

        /// One line: `needs 312 more proven in os=linux, about 2 bakes`.
        package var text: String {
            "needs \(needed) more proven in \(cohort), about \(bakes) \(bakes == 1 ? "bake" : "bakes")"
        }
    }

    /// Cohorts that are told of: a person reads no more.
    package static let cohortCountMax = 20
}

extension GateCap {
    /// How many bakes until `waiting` more endpoints have been offered the release, if everything from now on is well.
    ///
    /// - Returns: At most `bakesMax`, which stands for "too far to say".
    func bakes(from evidence: Evidence, exposed: Int, waiting: Int) -> Int {
        var evidence = evidence
        var left = waiting - max(0, value - exposed)
        var open = exposed
        var bakes = 0
        while left > 0, bakes < Self.bakesMax {
            bakes += 1
            evidence.proven += open
            evidence.settled += open
            var next = self
            next.update(evidence)
            open = min(left, max(1, next.value))
            left -= open
        }
        return bakes
    }

    static let bakesMax = 60

    /// Whether it is the policy's growth that limits the value, and not the bound.
    var isHeldByGrowth: Bool {
        Double(value + 1) * rateUpperBound <= Double(lossBudget)
    }
}

extension RolloutMachine {
    /// Why the gate stands where it stands.
    package var explanation: RolloutExplanation {
        let all = core.wholeEvidence
        let told = core.cohorts.indices.filter { core.cohorts[$0].waiting > 0 && !core.cohorts[$0].isHalted }
        var cohorts = told.map { index -> RolloutExplanation.Cohort in
            let own = core.cohorts[index]
            return RolloutExplanation.Cohort(
                cohort: cohortName(index), waiting: own.waiting, exposed: own.counts.exposed, cap: own.cap.value,
                needed: max(0, own.weighed - own.cap.value + 1),
                bakes: own.cap.bakes(from: own.evidence, exposed: own.weighed, waiting: own.waiting),
                isSuspected: own.cap.isSuspected)
        }
        cohorts.sort { ($1.bakes, $0.cohort) < ($0.bakes, $1.cohort) }
        return RolloutExplanation(
            needed: max(0, core.weighed - core.cap.value + 1),
            bakes: core.cap.bakes(from: all, exposed: core.weighed, waiting: core.waiting),
            cohorts: Array(cohorts.prefix(RolloutExplanation.cohortCountMax)),
            haltedCohorts: core.haltedCohorts.map { cohortName($0) }, inputs: core.inputs, weighed: core.weighed,
            limit: core.cap.isHeldByGrowth ? .growth : .evidence,
            reserved: core.reserved)
    }
}
