package import FleetModel

/// Everything that one verdict was said from. With the rollout's policy it gives the verdict again
/// (``VerdictRule/outcome(of:)``), on any machine and without the fleet: endpoints are counts here, and no name of one.
///
/// Its size does not grow with the fleet: at most ``suspectCountMax`` cohorts, the worst, of the up to
/// ``RolloutPolicy/cohortCountMax`` there are. The ones that are left out have less evidence against them than any that is
/// in, so none of them could have been halted where those were not.
package struct VerdictEvidence: Hashable, Sendable, Codable {
    package var at: Moment
    package var startedAt: Moment
    package var occasion: Occasion
    /// The phase that the verdict before gave; of the first, `ramping`.
    package var phaseBefore: RolloutPhase
    package var wasCompleteBefore: Bool
    /// What an operator gave as the reason for a hold or a recall that is in force; empty when there is none.
    package var operatorReason: String
    /// Refusals by endpoints that an operator has resumed in spite of.
    package var refusalsAccepted: Int
    package var counts: ExposureCounts
    /// Of `counts`, those in cohorts that were halted alone.
    package var excluded: ExposureCounts
    package var waiting: Int
    package var holders: Int
    /// Open exposures outside halted cohorts that should have settled, and proofs there that do not count yet.
    package var overdue: Int
    package var unripe: Int
    /// What the verdict before said of the control: the cap rests on it.
    package var rest: ControlRest
    /// What the cap was last computed from: a cap stands until there is more evidence by a thirty-second.
    package var capEvidence: GateCap.Evidence
    package var test: TestState
    package var watchTest: TestState
    /// How many endpoints times how many bakes the watch has seen.
    package var watchedBakes: Double
    package var cohortCount: Int
    package var haltedCohortCount: Int
    /// Cohorts with harm that are not halted, the most suspected first.
    package var suspects: [Suspect]
    /// The cohort that the verdict halts alone, which is one of the suspects; nil: the verdict is about the whole.
    package var cohort: String?

    /// Why the gate looked at the evidence.
    package enum Occasion: String, Hashable, Sendable, Codable, CaseIterable {
        /// Time, or a word from an endpoint.
        case look
        case hold, resume, recall
        /// Of all that are heard of and wait, none speaks any more, and nobody is kept out by a window or a turn.
        case done
    }

    /// Failures that the control lets expect among the exposed, and the variance of that number.
    package struct ControlRest: Hashable, Sendable, Codable {
        package var expected = 0.0
        package var variance = 0.0

        package init(expected: Double = 0, variance: Double = 0) {
            self.expected = expected
            self.variance = variance
        }
    }

    /// A ``ConcurrentTest`` as it stands: logarithms of the likelihood ratios at each hazard ratio of its grid.
    package struct TestState: Hashable, Sendable, Codable {
        package var lnRatios: [Double]
        package var expected: Double
        package var variance: Double
    }

    package struct Suspect: Hashable, Sendable, Codable {
        /// By number in the gate, by name in the machine, by pseudonym in public.
        package var cohort: String
        package var offered: Int
        package var withdrawn: Int
        package var harmed: Int
        /// Natural logarithm of its concurrent test's e-value.
        package var lnEvidence: Double
        /// Its tests whole, of the first suspect and of the one that the verdict is about: what they told is taken out of
        /// the whole when a cohort is to blame alone.
        package var test: TestState?
        package var watchTest: TestState?
    }

    /// Suspects in one verdict: 32 at 150 bytes, and two with their tests at 1 KiB each, keep it below 16 KiB.
    package static let suspectCountMax = 32
}

extension ConcurrentTest {
    /// The state of a test as it was published; nil unless it has a ratio for each of the grid, all finite.
    init?(_ state: VerdictEvidence.TestState) {
        guard let test = ConcurrentTest(lnRatios: state.lnRatios, expected: state.expected, variance: state.variance)
        else { return nil }
        self = test
    }

    var state: VerdictEvidence.TestState {
        VerdictEvidence.TestState(lnRatios: lnRatios, expected: expected, variance: variance)
    }
}
