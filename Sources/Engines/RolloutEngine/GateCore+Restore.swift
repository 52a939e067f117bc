import FleetModel

/// What a gate keeps in its verdicts, and takes from them after a restart.
extension GateCore {
    /// The stakes of the concurrent tests; nil while they have heard of no failure. Cohorts by number.
    var stake: Verdict.TestStake? {
        var strata = cohorts.indices.compactMap { index -> Verdict.TestStake.Stratum? in
            let own = cohorts[index]
            guard own.test.hasHeard || own.watchTest.hasHeard else { return nil }
            return Verdict.TestStake.Stratum(
                cohort: String(index), lnEvidence: own.test.lnEvidence, expected: own.test.expected,
                variance: own.test.variance, lnWatchEvidence: own.watchTest.lnEvidence)
        }
        guard !strata.isEmpty || watchedBakes > 0 || test.hasHeard else { return nil }
        if strata.count > Verdict.strataCountMax {
            strata.sort { ($0.lnEvidence, $0.cohort) > ($1.lnEvidence, $1.cohort) }
            strata.removeLast(strata.count - Verdict.strataCountMax)
        }
        return Verdict.TestStake(
            lnEvidence: test.lnEvidence, expected: test.expected, variance: test.variance,
            lnWatchEvidence: watchTest.lnEvidence, watchedBakes: watchedBakes, strata: strata)
    }

    /// Sets the concurrent tests to what the last recorded verdict says.
    mutating func restoreTests(at tick: UInt32) {
        for index in cohorts.indices {
            cohorts[index].test = ConcurrentTest()
            cohorts[index].watchTest = ConcurrentTest()
        }
        test = ConcurrentTest()
        watchTest = ConcurrentTest()
        watchedBakes = recorder.stake?.watchedBakes ?? 0
        watchedUntil = tick
        guard let stake = recorder.stake else { return }
        for stratum in stake.strata {
            guard let index = Int(stratum.cohort), cohorts.indices.contains(index) else { continue }
            cohorts[index].test.restart(
                lnEvidence: stratum.lnEvidence, expected: stratum.expected, variance: stratum.variance)
            cohorts[index].watchTest.restart(lnEvidence: stratum.lnWatchEvidence, expected: 0, variance: 0)
        }
        test.restart(lnEvidence: stake.lnEvidence, expected: stake.expected, variance: stake.variance)
        watchTest.restart(lnEvidence: stake.lnWatchEvidence, expected: 0, variance: 0)
    }

    /// Invariant: nothing leads out of a final phase, whatever the ledger says after it.
    mutating func restore(_ next: RolloutPhase, reason: String) {
        guard !phase.isFinal else { return }
        phase = next
        if next == .complete { wasComplete = true } else { operatorReason = reason }
    }

    /// - Parameter inputs: The verdict's, with cohorts by number.
    mutating func restore(_ verdict: Verdict, inputs: Verdict.Inputs) {
        if !phase.isFinal { phase = verdict.phase }
        refusalsAccepted = inputs.refusalsAccepted
        operatorReason = inputs.operatorReason
        wasComplete = inputs.wasComplete
        let tick = clock.ticks(at: verdict.at)
        if verdict.phase == .complete, completedAt == nil { completedAt = tick }
        recorder = VerdictRecorder(
            latest: verdict.decision, codes: verdict.reasons.map(\.code), counts: inputs.counts, tick: tick,
            nextTick: saturating(tick, plus: spans.verdict), phase: verdict.phase, wasComplete: inputs.wasComplete)
        rest(on: inputs.tests)
        judge.harmed = inputs.counts.harmed
    }

    /// From here on the cap rests on what this verdict says of the control. More that the control lets expect can lower
    /// it: where the excess is zero, the control's own uncertainty is what is left.
    mutating func rest(on stake: Verdict.TestStake?) {
        recorder.stake = stake
        cap.forget()
        updateCap()
    }
}

extension Standing {
    var isBeforeOffer: Bool { [.unknown, .waiting, .reserved, .holder].contains(self) }
}
