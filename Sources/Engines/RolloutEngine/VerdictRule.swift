import FleetModel

/// What a verdict says: the part of it that follows from policy and evidence.
package struct VerdictOutcome: Hashable, Sendable, Codable {
    package var decision: Verdict.Decision
    package var phase: RolloutPhase
    package var reasons: [Verdict.Reason]
    package var cap: Int
    package var rateUpperBound: Double
    package var lnEvidence: Double
    package var lnEvidenceToHalt: Double
    package var wasComplete: Bool
    package var refusalsAccepted: Int
    /// What the next verdict's cap must rest on.
    package var rest: VerdictEvidence.ControlRest
    /// The cohort that is halted alone; nil: the verdict is about the whole.
    package var cohort: String?
}

/// From a policy and published evidence to the verdict: what the live gate says is said by this function, and whoever
/// has the evidence can ask it again.
package struct VerdictRule: Sendable {
    let terms: GateTerms

    /// Complexity: solves for one quantile of the normal distribution; make one for each policy, not for each verdict.
    package init(_ policy: RolloutPolicy) { terms = GateTerms(policy) }

    init(_ terms: GateTerms) { self.terms = terms }

    /// The verdict that this evidence gives.
    ///
    /// Evidence about a cohort that does not halt it gives a verdict about the whole, and evidence about the whole that
    /// condemns a cohort first gives that cohort's: either way another verdict than the one that was published.
    ///
    /// - Throws: ``VerdictEvidence/Defect`` for numbers that no gate has. Total for all others.
    package func outcome(of evidence: VerdictEvidence) throws(VerdictEvidence.Defect) -> VerdictOutcome {
        let tests = try evidence.checked()
        var phase = try phase(after: evidence)
        var cap = terms.firstCap
        cap.forget()
        cap.update(evidence.capEvidence)
        cap.update(evidence.wholeEvidence)
        let lnWhole = lnWhole(evidence, tests)
        var condemned: VerdictEvidence.Suspect?
        if !phase.isFinal {
            condemned = try cohortToHalt(evidence, tests, lnWhole: lnWhole)
            let tooMany = evidence.haltedCohortCount > terms.policy.cohortHaltsMax
            if condemned == nil, lnWhole >= terms.thresholds.halt || tooMany { phase = .halted }
        }
        if evidence.occasion == .done, phase != .halted { try requireDone(evidence, cap: cap.value) }
        let reading = GateReading(
            terms: terms, phase: phase, counts: evidence.counts, waiting: evidence.waiting,
            weighed: evidence.counts.exposed + evidence.unripe, cap: cap.value,
            refusalsAccepted: evidence.refusalsAccepted, operatorReason: evidence.operatorReason,
            expected: evidence.test.expected)
        let codes = reading.codes
        var outcome = VerdictOutcome(
            decision: reading.decision(for: codes), phase: phase, reasons: reading.reasons(for: codes),
            cap: cap.value, rateUpperBound: cap.rateUpperBound, lnEvidence: lnWhole,
            lnEvidenceToHalt: terms.thresholds.halt,
            wasComplete: evidence.wasCompleteBefore || phase == .complete,
            refusalsAccepted: evidence.refusalsAccepted,
            rest: .init(expected: evidence.test.expected, variance: evidence.test.variance))
        if let condemned { outcome.halt(condemned, tests.of(condemned, among: evidence), whole: tests.whole) }
        return outcome
    }

    private func phase(after evidence: VerdictEvidence) throws(VerdictEvidence.Defect) -> RolloutPhase {
        let before = evidence.phaseBefore
        switch evidence.occasion {
        case .look: return before
        case .hold where !before.isFinal: return .held
        case .resume where before == .held: return evidence.wasCompleteBefore ? .complete : .ramping
        case .resume where !before.isFinal: return before
        case .recall where !before.isFinal: return .recalled
        case .done where before == .ramping: return .complete
        case .hold, .resume, .recall, .done:
            throw .init(member: "occasion", rule: "\(evidence.occasion.rawValue) does not follow \(before.rawValue)")
        }
    }

    private func lnWhole(_ evidence: VerdictEvidence, _ tests: VerdictEvidence.Tests) -> Double {
        let counts = evidence.counts
        let excluded = evidence.excluded
        return terms.lnWhole(
            test: tests.whole.test, watchTest: tests.whole.watchTest, harmed: counts.harmed - excluded.harmed,
            offered: counts.offered - counts.withdrawn - excluded.offered + excluded.withdrawn,
            relapsed: counts.relapsed - excluded.relapsed, watchedBakes: evidence.watchedBakes)
    }

    private func lnEvidence(of suspect: VerdictEvidence.Suspect) -> Double {
        terms.lnCohort(
            test: suspect.lnEvidence, harmed: suspect.harmed, offered: suspect.offered - suspect.withdrawn)
    }

    /// The cohort that must be halted alone before anything is said of the whole; nil: none.
    private func cohortToHalt(
        _ evidence: VerdictEvidence, _ tests: VerdictEvidence.Tests, lnWhole: Double
    ) throws(VerdictEvidence.Defect) -> VerdictEvidence.Suspect? {
        let known = evidence.suspects.map { (suspect: $0, ln: lnEvidence(of: $0)) }
        for (left, right) in zip(known, known.dropFirst()) where left.ln < right.ln {
            throw .init(member: "suspects", rule: "the most suspected must come first")
        }
        let condemned = known.filter { $0.ln >= terms.thresholds.halt }.map(\.suspect)
        if let named = condemned.first(where: { $0.cohort == evidence.cohort }) ?? condemned.first { return named }
        guard lnWhole >= terms.thresholds.halt, let worst = evidence.suspects.first else { return nil }
        let unhalted = evidence.counts.offered - evidence.excluded.offered
        guard
            terms.mayBlame(
                harmed: worst.harmed, offered: worst.offered, ofOffered: unhalted,
                haltedCount: evidence.haltedCohortCount)
        else { return nil }
        var rest = tests.whole
        guard let own = tests.of(worst, among: evidence) else {
            throw .init(member: "suspects", rule: "the first must bring its tests")
        }
        rest.take(own)
        let lnWithout = terms.lnWhole(
            test: rest.test, watchTest: rest.watchTest,
            harmed: evidence.counts.harmed - evidence.excluded.harmed - worst.harmed,
            offered: unhalted - evidence.counts.withdrawn + evidence.excluded.withdrawn - worst.offered
                + worst.withdrawn,
            relapsed: evidence.counts.relapsed - evidence.excluded.relapsed, watchedBakes: evidence.watchedBakes)
        return terms.isClean(lnWithout: lnWithout) ? worst : nil
    }

    /// The numbers without which no rollout is complete.
    private func requireDone(_ evidence: VerdictEvidence, cap: Int) throws(VerdictEvidence.Defect) {
        let reading = GateReading(
            terms: terms, phase: .ramping, counts: evidence.counts, waiting: evidence.waiting, weighed: 0, cap: cap,
            refusalsAccepted: evidence.refusalsAccepted, operatorReason: "", expected: 0)
        let tick = GateClock(startedAt: evidence.startedAt).ticks(at: evidence.at)
        guard !reading.isShut, evidence.counts.open == 0, evidence.counts.proven + evidence.holders > 0,
            tick >= saturating(terms.spans.bake, plus: terms.spans.silence)
        else { throw .init(member: "occasion", rule: "done before everyone has settled") }
    }
}

extension VerdictOutcome {
    /// Makes it the verdict that one cohort is halted alone.
    fileprivate mutating func halt(
        _ suspect: VerdictEvidence.Suspect, _ own: VerdictEvidence.Tests.Pair?, whole: VerdictEvidence.Tests.Pair
    ) {
        var left = whole
        if let own { left.take(own) }
        decision = .halt
        cohort = suspect.cohort
        rest = .init(expected: left.test.expected, variance: left.test.variance)
        let text = GateReading.cohortText(harmed: suspect.harmed, offered: suspect.offered - suspect.withdrawn)
        reasons = [Verdict.Reason(code: .harmProven, text: text)]
    }
}
