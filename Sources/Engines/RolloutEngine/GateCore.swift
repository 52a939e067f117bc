import FleetModel

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
/// costs 13 bytes and a check-in constant time.
struct GateCore: Sendable {
    let policy: RolloutPolicy
    let problems: [PolicyProblem]
    let clock: GateClock
    let harmTest: HarmTest
    let lnEvidenceToHalt: Double
    let spans: Spans

    var endpoints = EndpointTable()
    var wheel: DeadlineWheel
    var counts = ExposureCounts()
    var waiting = 0
    var holders = 0
    var phase = RolloutPhase.ramping
    var cap: GateCap
    var maxExposed = 0
    var capAtMaxExposed = 0
    /// Refusals that an operator has seen, and resumed in spite of.
    var refusalsAccepted = 0
    var operatorReason = ""
    var wasComplete = false
    var recorder = VerdictRecorder()

    /// The policy's spans in ticks.
    struct Spans: Sendable, Hashable {
        let bake: UInt32
        let silence: UInt32
        let settle: UInt32
        let poll: UInt32
        /// Verdicts that differ in numbers only are recorded this far apart: a bake has about eight.
        let verdict: UInt32

        init(_ policy: RolloutPolicy) {
            bake = GateClock.ticks(of: policy.bake)
            silence = GateClock.ticks(of: policy.silenceDeadline)
            settle = GateClock.ticks(of: policy.settleDeadline)
            poll = GateClock.ticks(of: policy.pollInterval)
            verdict = max(1, bake / 8)
        }
    }

    init(policy: RolloutPolicy, seed: UInt64, startedAt: Moment) {
        self.policy = policy
        problems = policy.problems()
        clock = GateClock(startedAt: startedAt)
        // A policy with problems never opens the gate; its numbers are then not used, and must only not trap.
        let usable = problems.isEmpty ? policy : .serverFleet
        harmTest = HarmTest(noiseCeiling: usable.noiseCeiling)
        lnEvidenceToHalt = -DecisionMath.ln(usable.alpha)
        spans = Spans(usable)
        wheel = DeadlineWheel(horizon: spans.silence)
        cap = GateCap(lossBudget: usable.lossBudget, confidence: usable.confidence)
    }

    /// Nothing may be offered while any of these holds.
    var isShut: Bool {
        !problems.isEmpty || phase == .held || phase.isFinal || isRefusedByEndpoints
    }

    /// More endpoints than the policy allows refused the bytes, and they are not one in ten of the proven: a few
    /// machines with a broken disk must not hold a fleet of millions.
    var isRefusedByEndpoints: Bool {
        let refused = counts.refused - refusalsAccepted
        return refused > policy.refusalCountMax && refused * 10 > counts.proven
    }

    var lnEvidence: Double {
        harmTest.lnEvidence(failures: counts.harmed, offered: counts.offered - counts.withdrawn)
    }
}

/// What the gate wants done, by endpoint number. ``RolloutAction`` with names.
enum GateEffect: Sendable {
    case offer(Int)
    case settle(Int, ExposureOutcome)
    case record(Verdict.Decision, [Verdict.Reason], Verdict.Inputs)
    case recall(String)
    case complete
}

/// The endpoints, one array a member: a fleet of millions is then read in the order of memory.
struct EndpointTable: Sendable {
    private(set) var standing: [Standing] = []
    /// Components that were unwell before the offer, a bit each: they cannot be lost again. The high bit marks that one
    /// has been lost since, and that `wellSince` tells since when.
    var unwell: [UInt8] = []
    /// When the exposure's clocks began: at the offer, or at the end of the last outage.
    var offeredAt: [UInt32] = []
    var lastWord: [UInt32] = []
    /// Since when the release is active and all is well.
    var wellSince: [UInt32] = []

    static let lostBit: UInt8 = 0x80

    var count: Int { standing.count }

    mutating func append() -> Int {
        standing.append(.unknown)
        unwell.append(0)
        offeredAt.append(GateClock.never)
        lastWord.append(GateClock.never)
        wellSince.append(GateClock.never)
        return standing.count - 1
    }

    mutating func set(_ index: Int, _ value: Standing) { standing[index] = value }

    /// Begins the clocks of an exposure at `tick`.
    mutating func startClocks(_ index: Int, at tick: UInt32) {
        offeredAt[index] = tick
        lastWord[index] = tick
        wellSince[index] = GateClock.never
        unwell[index] &= ~Self.lostBit
    }
}

/// The cap, from the settled exposures.
struct GateCap: Sendable, Hashable {
    let lossBudget: Int
    let confidence: Double
    private(set) var value: Int
    private(set) var rateUpperBound = 1.0
    private var settledBefore = 0
    private var harmedBefore = 0

    init(lossBudget: Int, confidence: Double) {
        self.lossBudget = lossBudget
        self.confidence = confidence
        value = lossBudget
    }

    /// Takes in the counts. With the same harm, the bound is computed anew only when the evidence has grown by a 64th:
    /// until then the cap stands on less evidence than there is, and is only lower for it.
    ///
    /// Invariant: the cap is never below the loss budget, since no bound is above 1, and never above what the counts
    /// allow.
    mutating func update(settled: Int, harmed: Int) {
        if harmed == harmedBefore, settled >= settledBefore, settled < settledBefore + max(1, settledBefore / 64) {
            return
        }
        settledBefore = settled
        harmedBefore = harmed
        rateUpperBound = BinomialBound.upper(failures: harmed, trials: settled, confidence: confidence)
        // At a billion endpoints the cap is no limit any more, and still an Int.
        value = Int(min(1e9, (Double(lossBudget) / max(rateUpperBound, 1e-9)).rounded(.down)))
    }
}
