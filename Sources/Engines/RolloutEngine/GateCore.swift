package import FleetModel

/// Where one endpoint stands in one rollout.
package enum Standing: UInt8, Hashable, Sendable, CaseIterable {
    /// Never heard of since the rollout, or the last outage, began.
    case unknown
    /// Heard of, may be offered the release.
    case waiting
    /// Heard of, and its customer lets nothing in.
    case reserved
    /// Had the release before this rollout offered it.
    case holder
    /// Offered; not settled.
    case open
    case proven
    case failed
    case silent
    case withdrawn
}

/// The gate over endpoints that are numbered from zero: every decision of a rollout, without names.
///
/// ``RolloutMachine`` gives it names; a simulation of millions calls it directly, so both run one gate. An endpoint
/// costs 16 bytes, and 4 more in the wheel; a check-in costs constant time.
package struct GateCore: Sendable {
    /// Behind one pointer, so that handing a gate around copies none of it.
    let terms: GateTerms
    let clock: GateClock
    let spans: Spans
    /// Whether the policy has no problems. Read at every check-in.
    private let isUsable: Bool

    var endpoints = EndpointTable()
    var cohorts: [CohortGate] = []
    var wheel: DeadlineWheel
    package var counts = ExposureCounts()
    /// Of `counts`, those in cohorts that were halted alone: they condemn their cohort and nothing else.
    var excluded = ExposureCounts()
    /// The concurrent tests of all cohorts that are not halted, joined.
    var test = ConcurrentTest()
    var watchTest = ConcurrentTest()
    package var waiting = 0
    package var holders = 0
    /// Heard of, and kept from the release by their customers.
    var reserved = 0
    package var phase = RolloutPhase.ramping
    package var cap: GateCap
    package var maxExposed = 0
    package var capAtMaxExposed = 0
    /// Harm among the proven, of any age.
    var provenHarmed = 0
    /// How many endpoints times how many bakes the watch has seen.
    var watchedBakes = 0.0
    var watchedUntil: UInt32 = 0
    /// Open exposures outside halted cohorts that should have settled (``ExposureAges``).
    var overdue = 0
    /// Proofs outside halted cohorts that do not count in the cap yet.
    var unripe = 0
    var nextAging: UInt32 = 0
    /// Something changed that a verdict tells of at once.
    var isChanged = false
    /// When the numbers are looked at anew though nothing like that has happened.
    var nextLook: UInt32 = 0
    /// Cohorts with a waiting endpoint and no exposure yet.
    var uncovered = 0
    var haltedCohorts: [Int] = []
    /// Refusals that an operator has seen, and resumed in spite of.
    var refusalsAccepted = 0
    var operatorReason = ""
    var wasComplete = false
    var completedAt: UInt32?
    /// When the last outage ended: who has not spoken since is silent for not having been heard of, and by then the
    /// control that would be as silent is forgotten.
    var resumedAt: UInt32?
    /// When the last offer was made.
    var lastOfferAt: UInt32 = 0
    /// Endpoints that were chosen to be the first; 0: none were, and whoever covers something new is taken.
    var canaryCount = 0
    var recorder = VerdictRecorder()
    var judge = Judge()

    var policy: RolloutPolicy { terms.policy }
    var problems: [PolicyProblem] { terms.problems }
    var ceilingTest: HarmTest { terms.ceilingTest }
    var thresholds: Thresholds { terms.thresholds }

    /// The policy's spans in ticks.
    struct Spans: Sendable, Hashable {
        let bake: UInt32
        let silence: UInt32
        let settle: UInt32
        let poll: UInt32
        let watch: UInt32
        /// What a wave is given before it is judged: a bake, or the deadline of silence, whichever is longer, and a
        /// fifth of a bake, and a little, for the download and a late report.
        let wave: UInt32
        /// Verdicts that differ in numbers only are recorded this far apart: a bake has about eight.
        let verdict: UInt32

        init(_ policy: RolloutPolicy) {
            bake = GateClock.ticks(of: policy.bake)
            silence = GateClock.ticks(of: policy.silenceDeadline)
            settle = GateClock.ticks(of: policy.settleDeadline)
            poll = GateClock.ticks(of: policy.pollInterval)
            watch = GateClock.ticks(of: policy.watch)
            wave = saturating(max(bake, silence), plus: bake / 32 * 7)
            verdict = max(1, bake / 8)
        }
    }

    package init(policy: RolloutPolicy, seed: UInt64, startedAt: Moment) {
        terms = GateTerms(policy)
        isUsable = terms.problems.isEmpty
        clock = GateClock(startedAt: startedAt)
        spans = terms.spans
        wheel = DeadlineWheel(horizon: spans.silence)
        cap = terms.firstCap
    }

    /// Nothing may be offered while any of these holds.
    @inline(__always)
    var isShut: Bool {
        !isUsable || phase == .held || phase.isFinal || isRefusedByEndpoints
    }

    /// Refusals wait for a person (``GateReading/isRefused(_:accepted:by:)``).
    @inline(__always)
    var isRefusedByEndpoints: Bool { GateReading.isRefused(counts, accepted: refusalsAccepted, by: terms.policy) }

    /// What is held against the cap: the exposed, and the proven whose wave has not had its time. The survivors of a wave
    /// must not make room before its silent have been heard out.
    @inline(__always)
    var weighed: Int { counts.exposed + unripe }

    /// With one cohort there is nothing to keep apart.
    @inline(__always)
    var hasCohorts: Bool { cohorts.count > 1 }

    /// Where endpoints may be offered the release: everywhere but in halted cohorts.
    package func isHalted(cohort: Int) -> Bool { cohorts[cohort].isHalted }

    package var endpointCount: Int { endpoints.count }
    package var cohortCount: Int { cohorts.count }
    package func standing(_ index: Int) -> Standing { endpoints[index].standing }
    package func cohort(of index: Int) -> Int { Int(endpoints[index].cohort) }

    package mutating func reserve(endpoints count: Int) { endpoints.reserve(count) }

    package mutating func appendEndpoint() -> Int { endpoints.append() }

    /// Counts endpoints as control that check in elsewhere: a simulation of endpoints that are alike draws the failures
    /// of those that wait from their number, and gives a number of its own only to those that are offered the release.
    package mutating func countControl(in cohort: Int, by change: Int) { cohorts[cohort].control += change }

    /// A failure among them.
    ///
    /// - Parameter moment: When it happened, where it was a silence and is heard of only now.
    package mutating func noteControlFailure(in cohort: Int, at moment: Moment? = nil) {
        failControl(in: cohort, at: moment.map { clock.ticks(at: $0) })
    }

    /// Whether the whole has room for one more exposure, in some cohort.
    package var isRoom: Bool { !isShut && weighed < cap.value }

    package mutating func appendCohort() -> Int {
        cohorts.append(
            CohortGate(
                cap: GateCap(
                    lossBudget: cap.lossBudget, firstStep: min(terms.policy.cohortFirstStep, cap.lossBudget),
                    growthMax: cap.growthMax, confidence: cap.bound.confidence),
                ages: ExposureAges(wave: spans.wave)))
        return cohorts.count - 1
    }

    /// Whether one more endpoint of the cohort may be exposed now.
    ///
    /// Invariant: true only while the exposed, the new one included, stay within the cap of the whole and of the cohort.
    @inline(__always)
    func hasRoom(for index: Int, at tick: UInt32) -> Bool {
        let cohort = Int(endpoints[index].cohort)
        guard weighed < cap.value, !cohorts[cohort].isHalted else { return false }
        if canaryCount > 0, isChoosing(at: tick) {
            // One of each cohort first, and of those who were chosen the one that comes first.
            return endpoints[index].unwell & EndpointTable.canaryBit != 0
                && (!hasCohorts || cohorts[cohort].counts.offered == 0
                    || uncovered == 0 && cohorts[cohort].weighed < cohorts[cohort].cap.value)
        }
        guard hasCohorts else { return true }
        guard cohorts[cohort].weighed < cohorts[cohort].cap.value else { return false }
        guard cohorts[cohort].counts.offered > 0 else { return true }
        // Coverage first: where no canaries were chosen, they are one of each cohort until every live endpoint must have
        // spoken once, and after that an eighth of the room is kept for cohorts that have had none.
        if isChoosing(at: tick) { return false }
        return uncovered == 0 || weighed < cap.value - cap.value / 8
    }

    /// The canaries have not all come yet: every live endpoint speaks within a poll.
    @inline(__always)
    func isChoosing(at tick: UInt32) -> Bool { counts.proven == 0 && tick < spans.poll }
}

/// What the gate wants done, by endpoint number. ``RolloutAction`` with names.
package enum GateEffect: Sendable {
    case offer(Int)
    case settle(Int, ExposureOutcome)
    /// The evidence gives the verdict again (``VerdictRule``); cohorts in it are numbers.
    case record(Verdict.Decision, RolloutPhase, [Verdict.Reason], Verdict.Inputs, VerdictEvidence)
    case recall(String)
    case complete
    /// A cohort was condemned alone, as the verdict says.
    case haltCohort(Int, String, RolloutPhase, Verdict.Inputs, VerdictEvidence)
}
