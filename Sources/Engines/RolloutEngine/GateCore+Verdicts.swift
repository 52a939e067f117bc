package import FleetModel

/// What was last recorded, so that the ledger gets a verdict when one says something new.
struct VerdictRecorder: Sendable, Hashable {
    var latest: Verdict.Decision?
    var codes: [Verdict.Reason.Code] = []
    var counts = ExposureCounts()
    var tick: UInt32 = 0
    /// When a verdict that differs in numbers only may be recorded again.
    var nextTick: UInt32 = 0
    var phase: RolloutPhase?
    var stake: Verdict.TestStake?
    var wasComplete = false
}

extension GateCore {
    package var inputs: Verdict.Inputs {
        Verdict.Inputs(
            counts: counts, waiting: waiting, cap: cap.value, rateUpperBound: cap.rateUpperBound,
            lnEvidence: lnEvidence(), lnEvidenceToHalt: terms.thresholds.halt, refusalsAccepted: refusalsAccepted,
            operatorReason: operatorReason, wasComplete: wasComplete, tests: stake)
    }

    /// Judges, and records the verdict when it says something new.
    mutating func evaluate(
        at tick: UInt32, on occasion: VerdictEvidence.Occasion = .look, _ effects: inout [GateEffect]
    ) {
        isChanged = false
        nextLook = saturating(tick, plus: max(1, spans.verdict / 16))
        var isCondemned = !phase.isFinal && judgeHarm(on: occasion, &effects)
        if isCondemned { phase = .halted }
        let isDue = isDue(reading.codes, tick)
        // A verdict is said of all the evidence, so that its evidence alone gives it again.
        if isDue, !phase.isFinal, judgeHarm(isAll: true, on: occasion, &effects) {
            isCondemned = true
            phase = .halted
        }
        if isDue { record(tick, on: occasion, &effects) }
        if isCondemned { effects.append(.recall(reading.text(of: .harmProven))) }
    }

    /// Whether a verdict with these reasons says something new.
    private func isDue(_ codes: [Verdict.Reason.Code], _ tick: UInt32) -> Bool {
        guard codes != recorder.codes || phase != recorder.phase else {
            return tick >= recorder.nextTick && recorder.counts != counts
        }
        // Between room and no room the gate goes to and fro with each offer; that is told by the numbers.
        let isRoutine =
            recorder.latest != nil && phase == recorder.phase && codes.allSatisfy(\.isRoutine)
            && recorder.codes.allSatisfy(\.isRoutine)
        return !isRoutine || tick >= recorder.nextTick
    }

    private mutating func record(
        _ tick: UInt32, on occasion: VerdictEvidence.Occasion, _ effects: inout [GateEffect]
    ) {
        let reading = reading
        let codes = reading.codes
        let decision = reading.decision(for: codes)
        let inputs = inputs
        let evidence = evidence(on: occasion)
        recorder = VerdictRecorder(
            latest: decision, codes: codes, counts: counts, tick: tick,
            nextTick: saturating(tick, plus: spans.verdict), phase: phase, wasComplete: wasComplete)
        rest(on: inputs.tests)
        effects.append(.record(decision, phase, reading.reasons(for: codes), inputs, evidence))
    }

    /// The numbers that a verdict's words are chosen by, now.
    private var reading: GateReading {
        GateReading(
            terms: terms, phase: phase, counts: counts, waiting: waiting, weighed: weighed, cap: cap.value,
            refusalsAccepted: refusalsAccepted, operatorReason: operatorReason, expected: test.expected)
    }

    /// Completes the rollout when nobody who still speaks is left out.
    ///
    /// Not before every live endpoint must have been heard once: a silence deadline after the start.
    mutating func completeIfDone(at tick: UInt32, _ effects: inout [GateEffect]) {
        guard phase == .ramping, !isShut, counts.open == 0, counts.proven + holders > 0,
            tick >= saturating(spans.bake, plus: spans.silence), isNobodyLiveWaiting(at: tick)
        else { return }
        phase = .complete
        wasComplete = true
        completedAt = tick
        evaluate(at: tick, on: .done, &effects)
        if phase == .complete { effects.append(.complete) }
    }

    /// Nobody who speaks waits for an offer, by the gate's cap or by its customer's window or turn. A window or a turn is
    /// waited for as long as an exposure has to settle, and no longer: one customer's week must not keep the next release
    /// from all others, and whom it lets in later is still served. Whoever is held is not waited for at all.
    private func isNobodyLiveWaiting(at tick: UInt32) -> Bool {
        let isPatient = tick < saturating(lastOfferAt, plus: spans.settle)
        guard waiting > 0 || reserved > 0 && isPatient else { return true }
        return !(0..<endpoints.count).contains { index in
            let isWaiting =
                endpoints[index].standing == .waiting
                || isPatient && endpoints[index].standing == .reserved
                    && endpoints[index].unwell & EndpointTable.deferredBit != 0
            return isWaiting && !endpoints.isMute(index) && !cohorts[Int(endpoints[index].cohort)].isHalted
        }
    }
}

// MARK: - Operators

extension GateCore {
    package mutating func hold(_ reason: String, at now: Moment, _ effects: inout [GateEffect]) {
        guard !phase.isFinal else { return }
        phase = .held
        operatorReason = reason
        evaluate(at: clock.ticks(at: now), on: .hold, &effects)
    }

    package mutating func resume(at now: Moment, _ effects: inout [GateEffect]) {
        guard !phase.isFinal else { return }
        if phase == .held { phase = wasComplete ? .complete : .ramping }
        operatorReason = ""
        // What was accepted must stand in the ledger, also where the reasons stay the same.
        if refusalsAccepted != counts.refused {
            recorder.codes = []
            recorder.nextTick = 0
            refusalsAccepted = counts.refused
        }
        evaluate(at: clock.ticks(at: now), on: .resume, &effects)
    }

    package mutating func recall(_ reason: String, at now: Moment, _ effects: inout [GateEffect]) {
        guard !phase.isFinal else { return }
        phase = .recalled
        operatorReason = reason
        evaluate(at: clock.ticks(at: now), on: .recall, &effects)
        effects.append(.recall(reason))
    }
}

extension Verdict.Reason.Code {
    /// Comes and goes with every offer, and is told by the numbers.
    var isRoutine: Bool { self == .roomBelowCap || self == .capReached || self == .nobodyWaiting }
}

extension GateCore {
    /// Judges and records everything anew, whatever was known before: the most that one verdict can cost.
    package mutating func evaluateAll(at now: Moment, _ effects: inout [GateEffect]) {
        judge = Judge()
        judge.harmed = -1
        judge.pending = Array(cohorts.indices)
        recorder.latest = nil
        recorder.codes = []
        recorder.nextTick = 0
        age(to: clock.ticks(at: now))
        evaluate(at: clock.ticks(at: now), &effects)
    }
}
