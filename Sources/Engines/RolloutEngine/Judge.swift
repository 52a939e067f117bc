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
    var watchHarmed = 0
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
            return thresholds.joined(
                concurrent: test.lnEvidence, ceiling: ceilingTest.lnEvidence(failures: harmed, offered: offered),
                watch: watchTest.lnEvidence)
        }
        let own = cohorts[cohort]
        var rest = test
        rest.add(own.test, sign: -1)
        var restWatch = watchTest
        restWatch.add(own.watchTest, sign: -1)
        harmed -= own.counts.harmed
        offered -= own.counts.offered - own.counts.withdrawn
        return thresholds.joined(
            concurrent: rest.lnEvidence, ceiling: ceilingTest.lnEvidence(failures: harmed, offered: offered),
            watch: restWatch.lnEvidence)
    }

    /// The evidence against one cohort, weighed by its part of alpha.
    func lnEvidence(of cohort: Int) -> Double {
        let own = cohorts[cohort]
        let ceiling = ceilingTest.lnEvidence(
            failures: own.counts.harmed, offered: own.counts.offered - own.counts.withdrawn)
        return thresholds.cohort + DecisionMath.lnSumExp([own.test.lnEvidence, ceiling]) - DecisionMath.ln(2)
    }

    /// Evidence left without the worst cohort below which the worst cohort is to blame alone: a tenth of the weight
    /// that would be left by chance in one rollout of ten.
    static let lnBlame = 2.3

    /// Condemns cohorts, or the release, on new harm.
    ///
    /// - Returns: Whether the release as a whole is condemned.
    mutating func judgeHarm(_ effects: inout [GateEffect]) -> Bool {
        guard counts.harmed > judge.harmed || watchHarmed > judge.watchHarmed else { return false }
        judge.harmed = counts.harmed
        judge.watchHarmed = watchHarmed
        if hasCohorts {
            let condemned = judge.pending.filter { !cohorts[$0].isHalted && lnEvidence(of: $0) >= thresholds.halt }
            for cohort in Set(condemned).sorted() { haltAlone(cohort, &effects) }
        }
        judge.pending.removeAll(keepingCapacity: true)
        judge.lnEvidence = lnEvidence()
        while judge.lnEvidence >= thresholds.halt {
            guard let cohort = cohortToBlame else { return true }
            haltAlone(cohort, &effects)
            judge.lnEvidence = lnEvidence()
        }
        return haltedCohorts.count > policy.cohortHaltsMax
    }

    /// The one cohort whose share of the evidence is all of it: without it nothing speaks against the release, and at
    /// least as many endpoints were exposed outside as in it.
    private var cohortToBlame: Int? {
        guard hasCohorts, haltedCohorts.count < policy.cohortHaltsMax else { return nil }
        let suspects = cohorts.indices.filter { !cohorts[$0].isHalted && cohorts[$0].counts.harmed > 0 }
        guard let worst = suspects.max(by: { lnEvidence(of: $0) < lnEvidence(of: $1) }) else { return nil }
        let inside = cohorts[worst].counts.offered
        guard counts.offered - excluded.offered >= 2 * inside else { return nil }
        return lnEvidence(without: worst) < Self.lnBlame ? worst : nil
    }

    mutating func haltAlone(_ cohort: Int, _ effects: inout [GateEffect]) {
        guard !cohorts[cohort].isHalted else { return }
        cohorts[cohort].isHalted = true
        haltedCohorts.append(cohort)
        if cohorts[cohort].counts.offered == 0, cohorts[cohort].waiting > 0 { uncovered -= 1 }
        waiting -= cohorts[cohort].waiting
        sumExcluded()
        test.add(cohorts[cohort].test, sign: -1)
        watchTest.add(cohorts[cohort].watchTest, sign: -1)
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

    mutating func updateCap() {
        var evidence = GateCap.Evidence()
        evidence.proven = counts.proven - excluded.proven
        evidence.settled = counts.settled - excluded.settled
        evidence.harmed = counts.harmed - excluded.harmed
        evidence.expected = test.expected
        evidence.variance = test.variance
        cap.update(evidence)
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
    }
}
