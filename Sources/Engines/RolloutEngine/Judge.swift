import FleetModel

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
        var rest = test
        var restWatch = watchTest
        if let cohort {
            let own = cohorts[cohort]
            rest.add(own.test, sign: -1)
            restWatch.add(own.watchTest, sign: -1)
            harmed -= own.counts.harmed
            offered -= own.counts.offered - own.counts.withdrawn
        }
        return terms.lnWhole(
            test: rest, watchTest: restWatch, harmed: harmed, offered: offered,
            relapsed: counts.relapsed - excluded.relapsed, watchedBakes: watchedBakes)
    }

    /// The evidence against one cohort, weighed by its part of alpha.
    func lnEvidence(of cohort: Int) -> Double {
        let own = cohorts[cohort]
        return terms.lnCohort(
            test: own.test.lnEvidence, harmed: own.counts.harmed, offered: own.counts.offered - own.counts.withdrawn)
    }

    /// Condemns cohorts, or the release, on new harm.
    ///
    /// - Parameter isAll: Everything is judged, new or not: whoever has a verdict's evidence can then tell by it alone
    ///   that nothing was condemned but what the verdict says.
    /// - Returns: Whether the release as a whole is condemned.
    mutating func judgeHarm(isAll: Bool = false, on occasion: VerdictEvidence.Occasion, _ effects: inout [GateEffect])
        -> Bool
    {
        guard isAll || counts.harmed > judge.harmed || provenHarmed > judge.provenHarmed else { return false }
        judge.harmed = counts.harmed
        judge.provenHarmed = provenHarmed
        if hasCohorts {
            let condemned = (isAll ? suspects : judge.pending).filter {
                !cohorts[$0].isHalted && lnEvidence(of: $0) >= terms.thresholds.halt
            }
            for cohort in Set(condemned).sorted() { haltAlone(cohort, on: occasion, &effects) }
        }
        judge.pending.removeAll(keepingCapacity: true)
        judge.lnEvidence = lnEvidence()
        while judge.lnEvidence >= terms.thresholds.halt {
            guard let cohort = cohortToBlame else { return true }
            haltAlone(cohort, on: occasion, &effects)
            judge.lnEvidence = lnEvidence()
        }
        return haltedCohorts.count > terms.policy.cohortHaltsMax
    }

    /// Cohorts with harm that are not halted.
    private var suspects: [Int] { cohorts.indices.filter { !cohorts[$0].isHalted && cohorts[$0].counts.harmed > 0 } }

    /// The one cohort whose share of the evidence is all of it: without it nothing speaks against the release, and most
    /// of the exposed are outside.
    private var cohortToBlame: Int? {
        guard hasCohorts, let worst = suspects.max(by: { lnEvidence(of: $0) < lnEvidence(of: $1) }),
            terms.mayBlame(
                harmed: cohorts[worst].counts.harmed, offered: cohorts[worst].counts.offered,
                ofOffered: counts.offered - excluded.offered, haltedCount: haltedCohorts.count)
        else { return nil }
        return terms.isClean(lnWithout: lnEvidence(without: worst)) ? worst : nil
    }

    mutating func haltAlone(
        _ cohort: Int, on occasion: VerdictEvidence.Occasion = .look, _ effects: inout [GateEffect]
    ) {
        guard !cohorts[cohort].isHalted else { return }
        let evidence = evidence(on: occasion, about: cohort)
        let inputs = inputs
        cohorts[cohort].isHalted = true
        haltedCohorts.append(cohort)
        if cohorts[cohort].counts.offered == 0, cohorts[cohort].waiting > 0 { uncovered -= 1 }
        waiting -= cohorts[cohort].waiting
        sumExcluded()
        overdue -= cohorts[cohort].ages.overdue(of: cohorts[cohort].counts.open - cohorts[cohort].resting)
        unripe -= cohorts[cohort].ages.unripe
        test.add(cohorts[cohort].test, sign: -1)
        watchTest.add(cohorts[cohort].watchTest, sign: -1)
        // The verdict carries these stakes, and from here on the cap rests on them.
        recorder.stake = stake
        cap.forget()
        updateCap()
        var said = inputs
        said.tests = recorder.stake
        let own = cohorts[cohort].counts
        let text = GateReading.cohortText(harmed: own.harmed, offered: own.offered - own.withdrawn)
        effects.append(.haltCohort(cohort, text, phase, said, evidence))
    }

    /// Everything that a verdict is said from now.
    func evidence(on occasion: VerdictEvidence.Occasion, about cohort: Int? = nil) -> VerdictEvidence {
        let known = hasCohorts ? suspects.map { (index: $0, ln: lnEvidence(of: $0)) } : []
        // Of two alike the later comes first, as in `max`.
        var told = Array(
            known.sorted { ($0.ln, $0.index) > ($1.ln, $1.index) }.prefix(VerdictEvidence.suspectCountMax))
        if let cohort, !told.contains(where: { $0.index == cohort }) {
            // Condemned with more than are told of, and not the worst: in its place it stands last.
            if told.count == VerdictEvidence.suspectCountMax { told.removeLast() }
            told += known.filter { $0.index == cohort }
        }
        let suspects = told.enumerated().map { position, each -> VerdictEvidence.Suspect in
            let own = cohorts[each.index]
            let isWhole = position == 0 || each.index == cohort
            return VerdictEvidence.Suspect(
                cohort: String(each.index), offered: own.counts.offered, withdrawn: own.counts.withdrawn,
                harmed: own.counts.harmed, lnEvidence: own.test.lnEvidence, test: isWhole ? own.test.state : nil,
                watchTest: isWhole ? own.watchTest.state : nil)
        }
        return VerdictEvidence(
            at: Moment(milliseconds: 0), startedAt: clock.startedAt, occasion: occasion,
            phaseBefore: recorder.phase ?? .ramping, wasCompleteBefore: recorder.wasComplete,
            operatorReason: operatorReason, refusalsAccepted: refusalsAccepted, counts: counts, excluded: excluded,
            waiting: waiting, holders: holders, overdue: overdue, unripe: unripe,
            rest: .init(expected: recorder.stake?.expected ?? 0, variance: recorder.stake?.variance ?? 0),
            capEvidence: cap.base, test: test.state, watchTest: watchTest.state, watchedBakes: watchedBakes,
            cohortCount: cohorts.count, haltedCohortCount: haltedCohorts.count, suspects: suspects,
            cohort: cohort.map(String.init))
    }

    mutating func sumExcluded() {
        excluded = ExposureCounts()
        for cohort in haltedCohorts { excluded.add(cohorts[cohort].counts) }
    }

    /// What the cap of the whole stands on: everything outside halted cohorts. What the control lets expect is taken
    /// from the last verdict in the ledger, not from what was heard since: so whoever reads the ledger can compute every
    /// cap (PRODUCT invariant 8).
    var wholeEvidence: GateCap.Evidence {
        GateCap.Evidence(
            counts, without: excluded, overdue: overdue, unripe: unripe, expected: recorder.stake?.expected ?? 0,
            variance: recorder.stake?.variance ?? 0)
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
