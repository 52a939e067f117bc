/// The cap of one group of endpoints, from what has settled in it: loss budget over an upper bound of the excess rate,
/// and no faster than the policy's growth.
package struct GateCap: Sendable, Hashable {
    let lossBudget: Int
    /// The cap when nothing is proven.
    let firstStep: Int
    let growthMax: Double
    let bound: ExcessBound
    package private(set) var value: Int
    package private(set) var rateUpperBound = 1.0
    /// A group that is suspected (not yet condemned) grows by its first step instead of the loss budget.
    var isSuspected = false
    /// What the value was computed from; nil: it must be computed anew.
    private var before: Evidence? = Evidence()

    /// The bound is computed anew when the evidence has grown by this share: until then the cap stands on less
    /// evidence than there is, and is only lower for it.
    static let growthPerUpdate = 32

    /// What a cap is computed from. Counts are endpoints.
    package struct Evidence: Sendable, Hashable, Codable {
        package var proven = 0
        package var settled = 0
        package var harmed = 0
        /// Of both, those that are open and should have settled.
        package var overdue = 0
        /// Harm that the control lets expect among the exposed, and its variance.
        package var expected = 0.0
        package var variance = 0.0

        package init() {}

        /// Of everything outside halted cohorts, as a live gate and whoever has its evidence both compute it.
        ///
        /// - Parameters:
        ///   - excluded: Of `counts`, those in cohorts that were halted alone.
        ///   - overdue: Open exposures outside that should have settled.
        ///   - unripe: Proofs outside that do not count yet.
        @inline(__always)
        init(
            _ counts: ExposureCounts, without excluded: ExposureCounts, overdue: Int, unripe: Int, expected: Double,
            variance: Double
        ) {
            proven = max(0, counts.proven - excluded.proven - unripe)
            settled = counts.settled - excluded.settled - unripe
            harmed = counts.harmed - excluded.harmed
            addOverdue(overdue)
            self.expected = expected
            self.variance = variance
        }

        var wells: Int { settled - harmed }

        /// Open exposures that should have settled: harmed until they are heard of.
        mutating func addOverdue(_ count: Int) {
            settled += count
            harmed += count
            overdue += count
        }
    }

    package init(lossBudget: Int, firstStep: Int, growthMax: Double, confidence: Double) {
        self.lossBudget = lossBudget
        self.firstStep = firstStep
        self.growthMax = growthMax
        bound = ExcessBound(confidence: confidence)
        value = firstStep
    }

    /// What the value was computed from.
    var base: Evidence { before ?? Evidence() }

    /// Computes the bound anew at the next evidence, however little has changed.
    mutating func forget() { before = nil }

    /// Takes in the evidence.
    ///
    /// Invariant: with nothing proven the cap is the first step; it never exceeds loss budget / bound.
    package mutating func update(_ now: Evidence, isSuspected: Bool = false) {
        // Less harm among more settled only raises the cap, so it may wait.
        if let before, now.harmed <= before.harmed, now.wells >= before.wells, isSuspected == self.isSuspected {
            let isMuchBetter =
                now.wells - before.wells >= max(1, before.settled / Self.growthPerUpdate)
                || before.harmed - now.harmed > before.harmed / 4
            if !isMuchBetter { return }
        }
        before = now
        self.isSuspected = isSuspected
        let upper = bound.upper(now)
        // A bound that cannot be computed is no bound: everything may fail.
        rateUpperBound = upper >= 0 && upper <= 1 ? upper : 1
        let budget = isSuspected ? min(firstStep, lossBudget) : lossBudget
        let byEvidence = Double(budget) / max(rateUpperBound, 1e-9)
        let byGrowth = Double(firstStep) + growthMax * Double(now.proven)
        // At a billion endpoints the cap is no limit any more, and still an Int.
        value = Int(min(1e9, byEvidence, byGrowth).rounded(.down))
    }
}

/// An upper bound on how much more often exposed endpoints fail than they would without the release.
///
/// The exposed's own bound is Clopper and Pearson's. The control's expectation is subtracted with its own bound, and
/// the two distances are joined as the root of the sum of squares (MOVER; Zou and Donner, Statistics in Medicine 27,
/// 2008). An excess below zero counts as zero, and the bound is never below that of as many endpoints of which none
/// failed: neither a release that seems to heal nor a control that fails often earns a larger cap.
struct ExcessBound: Sendable, Hashable {
    let confidence: Double
    /// The standard normal quantile of the confidence.
    let quantile: Double

    /// Control failures, in effect, below which the control is not subtracted: in a small fleet chance would decide.
    static let controlFailuresMin = 20.0
    /// Failures from which on Wilson and Hilferty's cube replaces the exact bound: it is then within 0.1% of it, is
    /// enlarged by as much, and costs a thousandth.
    static let exactFailuresMax = 40

    init(confidence: Double) {
        self.confidence = confidence
        quantile = Self.normalQuantile(confidence)
    }

    func upper(_ evidence: GateCap.Evidence) -> Double {
        let trials = Double(evidence.settled)
        guard evidence.settled > 0 else { return 1 }
        let exposed = exposedUpper(evidence)
        let effective = evidence.variance > 0 ? evidence.expected * evidence.expected / evidence.variance : 0
        guard effective >= Self.controlFailuresMin else { return exposed }
        let rate = Double(evidence.harmed) / trials
        let controlLower = evidence.expected * cube(effective, -quantile) / effective
        let controlDistance = (evidence.expected - controlLower) / trials
        let exposedDistance = exposed - rate
        let excess = max(0, rate - evidence.expected / trials)
        let joined = excess + (exposedDistance * exposedDistance + controlDistance * controlDistance).squareRoot()
        let faultless = BinomialBound.upper(
            failures: 0, trials: evidence.settled - evidence.overdue, confidence: confidence)
        return min(1, max(joined, faultless))
    }

    private func exposedUpper(_ evidence: GateCap.Evidence) -> Double {
        if evidence.harmed > Self.exactFailuresMax, evidence.harmed * 10 < evidence.settled {
            return 1.001 * cube(Double(evidence.harmed + 1), quantile) / Double(evidence.settled)
        }
        return BinomialBound.upper(failures: evidence.harmed, trials: evidence.settled, confidence: confidence)
    }

    /// The quantile of a gamma distribution of shape `count` (Wilson and Hilferty, 1931), which bounds a Poisson mean.
    private func cube(_ count: Double, _ quantile: Double) -> Double {
        let root = 1 - 1 / (9 * count) + quantile / (3 * count.squareRoot())
        return count * root * root * root
    }

    /// By halving on the normal distribution's tail, written as a regularised gamma series (Abramowitz and Stegun
    /// 26.2.11). Once a policy.
    private static func normalQuantile(_ confidence: Double) -> Double {
        guard confidence > 0.5, confidence < 1 else { return 0 }
        func cumulative(_ x: Double) -> Double {
            var term = x
            var sum = x
            var divisor = 3.0
            while term > 1e-17 * sum {
                term *= x * x / divisor
                sum += term
                divisor += 2
            }
            return 0.5 + sum * DecisionMath.exp(-x * x / 2 - 0.918_938_533_204_672_7)
        }
        var low = 1e-9
        var high = 8.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if cumulative(middle) < confidence { low = middle } else { high = middle }
        }
        return high
    }
}
