/// The evidence that each test must reach, as natural logarithms of e-values, and how alpha is split.
struct Thresholds: Sendable, Hashable {
    /// ln(1 / alpha).
    let halt: Double
    let concurrent: Double
    let ceiling: Double
    let cohort: Double
    let watch: Double

    init(_ policy: RolloutPolicy) {
        halt = -DecisionMath.ln(policy.alpha)
        concurrent = DecisionMath.ln(policy.alphaShares.concurrent)
        ceiling = DecisionMath.ln(policy.alphaShares.ceiling)
        cohort = DecisionMath.ln(policy.alphaShares.cohorts / Double(RolloutPolicy.cohortCountMax))
        watch = DecisionMath.ln(policy.alphaShares.watch)
    }

    /// The evidence of everything but single cohorts, weighed: the sum of e-values with weights that sum to at most 1
    /// is an e-value, and its threshold is 1/alpha.
    func joined(concurrent: Double, ceiling: Double, watch: Double) -> Double {
        DecisionMath.lnSumExp([
            self.concurrent + concurrent, self.ceiling + ceiling, self.watch + watch,
        ])
    }
}

/// What has been judged already: e-values rise with harm only, so nothing is computed until there is more of it.
struct Judge: Sendable, Hashable {
    var harmed = 0
    /// Harm among the proven, of any age.
    var provenHarmed = 0
    var lnEvidence = 0.0
    /// Cohorts with harm that was not judged yet.
    var pending: [Int] = []
}

extension GateCore {
    /// What the whole is judged by: everything outside halted cohorts, and outside `without` where it is given.
    func lnEvidence(without cohort: Int? = nil) -> Double {
        var harmed = counts.harmed - excluded.harmed
        var offered = counts.offered - counts.withdrawn - excluded.offered + excluded.withdrawn
        guard let cohort else {
            return terms.thresholds.joined(
                concurrent: test.lnEvidence, ceiling: terms.ceilingTest.lnEvidence(failures: harmed, offered: offered),
                watch: lnWatchEvidence(watchTest))
        }
        let own = cohorts[cohort]
        var rest = test
        rest.add(own.test, sign: -1)
        var restWatch = watchTest
        restWatch.add(own.watchTest, sign: -1)
        harmed -= own.counts.harmed
        offered -= own.counts.offered - own.counts.withdrawn
        return terms.thresholds.joined(
            concurrent: rest.lnEvidence, ceiling: terms.ceilingTest.lnEvidence(failures: harmed, offered: offered),
            watch: lnWatchEvidence(restWatch))
    }

    /// The proven against the control, and, for when there is none left, relapses against the ceiling: each endpoint in
    /// each bake of the watch is one trial.
    private func lnWatchEvidence(_ concurrent: ConcurrentTest) -> Double {
        let ceiling = terms.ceilingTest.lnEvidence(
            failures: counts.relapsed - excluded.relapsed, offered: counts.relapsed + Int(watchedBakes))
        return DecisionMath.lnSumExp([concurrent.lnEvidence, ceiling]) - DecisionMath.ln(2)
    }

    /// The evidence against one cohort, weighed by its part of alpha.
    func lnEvidence(of cohort: Int) -> Double {
        let own = cohorts[cohort]
        let ceiling = terms.ceilingTest.lnEvidence(
            failures: own.counts.harmed, offered: own.counts.offered - own.counts.withdrawn)
        return terms.thresholds.cohort + DecisionMath.lnSumExp([own.test.lnEvidence, ceiling]) - DecisionMath.ln(2)
    }

    /// Evidence left without the worst cohort below which the worst cohort is to blame alone: a tenth of the weight
    /// that would be left by chance in one rollout of ten.
    static let lnBlame = 2.3

    /// Condemns cohorts, or the release, on new harm.
    ///
    /// - Returns: Whether the release as a whole is condemned.
    mutating func judgeHarm(_ effects: inout [GateEffect]) -> Bool {
        guard counts.harmed > judge.harmed || provenHarmed > judge.provenHarmed else { return false }
        judge.harmed = counts.harmed
        judge.provenHarmed = provenHarmed
        if hasCohorts {
            let condemned = judge.pending.filter {
                !cohorts[$0].isHalted && lnEvidence(of: $0) >= terms.thresholds.halt
            }
            for cohort in Set(condemned).sorted() { haltAlone(cohort, &effects) }
        }
        judge.pending.removeAll(keepingCapacity: true)
        judge.lnEvidence = lnEvidence()
        while judge.lnEvidence >= terms.thresholds.halt {
            guard let cohort = cohortToBlame else { return true }
            haltAlone(cohort, &effects)
            judge.lnEvidence = lnEvidence()
        }
        return haltedCohorts.count > terms.policy.cohortHaltsMax
    }

    /// The one cohort whose share of the evidence is all of it: without it nothing speaks against the release, and most
    /// of the exposed are outside.
    private var cohortToBlame: Int? {
        guard hasCohorts, haltedCohorts.count < terms.policy.cohortHaltsMax else { return nil }
        let suspects = cohorts.indices.filter { !cohorts[$0].isHalted && cohorts[$0].counts.harmed > 0 }
        guard let worst = suspects.max(by: { lnEvidence(of: $0) < lnEvidence(of: $1) }) else { return nil }
        let inside = Double(cohorts[worst].counts.offered) / Double(max(1, counts.offered - excluded.offered))
        // The first failure of all may be a corner's: one cohort is given the benefit. After that, so many failures in
        // one cohort must be more than chance would put there if every cohort were struck alike.
        let byChance = Double(cohorts[worst].counts.harmed) * DecisionMath.ln(inside)
        guard inside <= 0.5, haltedCohorts.isEmpty || byChance <= -Self.lnBlame * 2 else { return nil }
        return lnEvidence(without: worst) < Self.lnBlame ? worst : nil
    }

    mutating func haltAlone(_ cohort: Int, _ effects: inout [GateEffect]) {
        guard !cohorts[cohort].isHalted else { return }
        cohorts[cohort].isHalted = true
        haltedCohorts.append(cohort)
        if cohorts[cohort].counts.offered == 0, cohorts[cohort].waiting > 0 { uncovered -= 1 }
        waiting -= cohorts[cohort].waiting
        sumExcluded()
        overdue -= cohorts[cohort].ages.overdue(of: cohorts[cohort].counts.open - cohorts[cohort].resting)
        unripe -= cohorts[cohort].ages.unripe
        test.add(cohorts[cohort].test, sign: -1)
        watchTest.add(cohorts[cohort].watchTest, sign: -1)
        // The verdict that follows carries these stakes, and from here on the cap rests on them.
        recorder.stake = stake
        cap.forget()
        updateCap()
        let own = cohorts[cohort].counts
        effects.append(
            .haltCohort(
                cohort, "\(own.harmed) of \(own.offered - own.withdrawn) failed or went silent in this cohort alone"))
    }

    mutating func sumExcluded() {
        excluded = ExposureCounts()
        for cohort in haltedCohorts { excluded.add(cohorts[cohort].counts) }
    }

    /// What the cap of the whole stands on: everything outside halted cohorts. What the control lets expect is taken
    /// from the last verdict in the ledger, not from what was heard since: so whoever reads the ledger can compute every
    /// cap (PRODUCT invariant 8).
    var wholeEvidence: GateCap.Evidence {
        var evidence = GateCap.Evidence()
        evidence.proven = max(0, counts.proven - excluded.proven - unripe)
        evidence.settled = counts.settled - excluded.settled - unripe
        evidence.harmed = counts.harmed - excluded.harmed
        evidence.addOverdue(overdue)
        evidence.expected = recorder.stake?.expected ?? 0
        evidence.variance = recorder.stake?.variance ?? 0
        return evidence
    }

    @inline(__always)
    mutating func updateCap() { cap.update(wholeEvidence) }

    /// Lets exposures grow older. With each part of a bake some may be overdue, which lowers caps.
    mutating func age(to tick: UInt32) {
        guard tick >= nextAging else { return }
        let width = ExposureAges.width(ofWave: spans.wave)
        nextAging = saturating(tick / width * width, plus: width)
        overdue = 0
        unripe = 0
        for cohort in cohorts.indices where cohorts[cohort].counts.offered > 0 {
            _ = cohorts[cohort].ages.advance(to: tick)
            cohorts[cohort].history.record(cohorts[cohort].risk, part: tick / width)
            updateCap(of: cohort)
            if !cohorts[cohort].isHalted {
                unripe += cohorts[cohort].ages.unripe
                overdue += cohorts[cohort].ages.overdue(of: cohorts[cohort].counts.open - cohorts[cohort].resting)
            }
        }
        updateCap()
    }

    mutating func updateCap(of cohort: Int) {
        guard hasCohorts else { return }
        let isSuspected =
            cohorts[cohort].counts.harmed > 0
            && lnEvidence(of: cohort) - terms.thresholds.cohort
                >= Self.lnSuspicion + DecisionMath.ln(Double(cohorts.count))
        cohorts[cohort].cap.update(cohorts[cohort].evidence, isSuspected: isSuspected)
    }

    /// Keeps the count of overdue exposures while one ends.
    mutating func closeAge(_ index: Int, isProven: Bool) {
        let cohort = Int(endpoints[index].cohort)
        let openedAt = endpoints[index].offeredAt
        if endpoints[index].unwell & EndpointTable.restBit != 0 {
            endpoints[index].unwell &= ~EndpointTable.restBit
            cohorts[cohort].resting -= 1
            if isProven { changeAges(of: cohort) { $0.addProven(openedAt: openedAt) } }
            return
        }
        let before = cohorts[cohort].ages.overdue(of: cohorts[cohort].counts.open - cohorts[cohort].resting)
        changeAges(of: cohort) { $0.close(openedAt: openedAt, isProven: isProven) }
        let after = cohorts[cohort].ages.overdue(of: cohorts[cohort].counts.open - 1 - cohorts[cohort].resting)
        guard !cohorts[cohort].isHalted else { return }
        overdue += after - before
    }

    /// Changes the ages of a cohort's exposures, and with them how many proofs do not count yet outside halted cohorts.
    mutating func changeAges(of cohort: Int, _ change: (inout ExposureAges) -> Void) {
        let before = cohorts[cohort].ages.unripe
        change(&cohorts[cohort].ages)
        if !cohorts[cohort].isHalted { unripe += cohorts[cohort].ages.unripe - before }
    }
}

extension ExposureCounts {
    mutating func add(_ other: ExposureCounts) {
        offered += other.offered
        proven += other.proven
        failed += other.failed
        silent += other.silent
        withdrawn += other.withdrawn
        refused += other.refused
        late += other.late
        relapsed += other.relapsed
    }
}
