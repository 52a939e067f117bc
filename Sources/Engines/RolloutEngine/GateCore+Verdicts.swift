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
}

extension GateCore {
    package var inputs: Verdict.Inputs {
        Verdict.Inputs(
            counts: counts, waiting: waiting, cap: cap.value, rateUpperBound: cap.rateUpperBound,
            lnEvidence: lnEvidence(), lnEvidenceToHalt: terms.thresholds.halt, refusalsAccepted: refusalsAccepted,
            operatorReason: operatorReason, wasComplete: wasComplete, tests: stake)
    }

    /// Judges, and records the verdict when it says something new.
    mutating func evaluate(at tick: UInt32, _ effects: inout [GateEffect]) {
        isChanged = false
        nextLook = saturating(tick, plus: max(1, spans.verdict / 16))
        let isCondemned = !phase.isFinal && judgeHarm(&effects)
        if isCondemned { phase = .halted }
        let codes = reasonCodes
        if codes != recorder.codes || phase != recorder.phase {
            // Between room and no room the gate goes to and fro with each offer; that is told by the numbers.
            let isRoutine =
                recorder.latest != nil && phase == recorder.phase && codes.allSatisfy(\.isRoutine)
                && recorder.codes.allSatisfy(\.isRoutine)
            if !isRoutine || tick >= recorder.nextTick { record(codes, tick, &effects) }
        } else if tick >= recorder.nextTick, recorder.counts != counts {
            record(codes, tick, &effects)
        }
        if isCondemned { effects.append(.recall(text(of: .harmProven))) }
    }

    private mutating func record(_ codes: [Verdict.Reason.Code], _ tick: UInt32, _ effects: inout [GateEffect]) {
        let decision = decision(for: codes)
        let inputs = inputs
        recorder = VerdictRecorder(
            latest: decision, codes: codes, counts: counts, tick: tick,
            nextTick: saturating(tick, plus: spans.verdict), phase: phase)
        rest(on: inputs.tests)
        let reasons = codes.map { Verdict.Reason(code: $0, text: text(of: $0)) }
        effects.append(.record(decision, reasons, inputs))
    }

    /// Every reason that holds, most important first.
    private var reasonCodes: [Verdict.Reason.Code] {
        var codes: [Verdict.Reason.Code] = []
        if !terms.problems.isEmpty { codes.append(.policyInvalid) }
        if phase == .halted { codes.append(.harmProven) }
        if phase == .recalled { codes.append(.recalledByOperator) }
        if phase == .held { codes.append(.heldByOperator) }
        if phase == .complete, counts.open == 0, waiting == 0 { codes.append(.everyoneSettled) }
        if isRefusedByEndpoints, !phase.isFinal { codes.append(.refusedByEndpoints) }
        guard codes.isEmpty else { return codes }
        if waiting == 0 { return [.nobodyWaiting] }
        return [weighed < cap.value ? .roomBelowCap : .capReached]
    }

    private func decision(for codes: [Verdict.Reason.Code]) -> Verdict.Decision {
        if phase.isFinal { return .halt }
        if codes.contains(.everyoneSettled) { return codes.count == 1 ? .complete : .hold }
        return codes.contains(.roomBelowCap) ? .expand : .hold
    }

    private func text(of code: Verdict.Reason.Code) -> String {
        switch code {
        case .roomBelowCap:
            "\(counts.exposed) of at most \(cap.value) exposed, \(waiting) waiting"
        case .capReached:
            "\(counts.exposed) exposed, the cap is \(cap.value): waits for \(counts.open) open exposures to prove"
        case .nobodyWaiting:
            "\(counts.open) exposures open, and no endpoint that was heard of waits for an offer"
        case .heldByOperator: "held by an operator: \(operatorReason)"
        case .recalledByOperator: "recalled by an operator: \(operatorReason)"
        case .refusedByEndpoints:
            "\(counts.refused) endpoints refused the release, more than \(terms.policy.refusalCountMax): look at what they "
                + "report, then resume or recall"
        case .harmProven:
            "\(counts.harmed) of \(counts.offered - counts.withdrawn) failed or went silent; the control let expect "
                + "\((test.expected * 10).rounded() / 10), the policy at most a share of \(terms.policy.noiseCeiling)"
        case .everyoneSettled:
            "\(counts.proven) of \(counts.offered) offered are proven, and nobody that was heard of is left out"
        case .policyInvalid: terms.problems.map(\.description).joined(separator: "; ")
        }
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
        evaluate(at: tick, &effects)
        effects.append(.complete)
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
        evaluate(at: clock.ticks(at: now), &effects)
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
        evaluate(at: clock.ticks(at: now), &effects)
    }

    package mutating func recall(_ reason: String, at now: Moment, _ effects: inout [GateEffect]) {
        guard !phase.isFinal else { return }
        phase = .recalled
        operatorReason = reason
        evaluate(at: clock.ticks(at: now), &effects)
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
