/// A test that may be looked at after every report: does the release fail more often than nature may?
///
/// The e-value is a mixture of likelihood ratios, each of one harmful rate against `noiseCeiling`. Under every rate up
/// to the ceiling its expectation is at most 1 at any time, so that it ever exceeds 1/alpha with probability at most
/// alpha (Ville's inequality), however often one looks. Only harmful rates are in the mixture: a release that is
/// better than nature is no reason to halt.
///
/// An exposure counts as well from its offer until it fails. Failures are heard before successes, and a test that
/// waited for the successes would condemn every release in its first minutes.
package struct HarmTest: Hashable, Sendable {
    /// The largest failure rate that is still nature's: above 0, below 1.
    package let noiseCeiling: Double
    private let perFailure: [Double]
    private let perWell: [Double]

    /// The least harmful rate of the mixture, as a multiple of the ceiling. Nearer to 1 would buy tests of differences
    /// that matter to nobody with the weight of those that matter.
    static let leastRatio = 1.25
    /// The ratio of neighbouring rates. At 1.3 the best rate of the grid is within 2% of the best of all in what it
    /// tells per exposure; a finer grid costs time and gains nothing.
    static let gridRatio = 1.3
    /// The largest rate of the mixture: a rate of 1 would be refuted by a single endpoint that stays well.
    static let largestRate = 0.97

    package init(noiseCeiling: Double) {
        self.noiseCeiling = noiseCeiling
        var rates: [Double] = []
        var rate = noiseCeiling * Self.leastRatio
        while rate < Self.largestRate {
            rates.append(rate)
            rate *= Self.gridRatio
        }
        rates.append(Self.largestRate)
        perFailure = rates.map { DecisionMath.ln($0 / noiseCeiling) }
        perWell = rates.map { DecisionMath.ln1p(-$0) - DecisionMath.ln1p(-noiseCeiling) }
    }

    /// The natural logarithm of the e-value after `failures` of `offered` exposures.
    package func lnEvidence(failures: Int, offered: Int) -> Double {
        guard failures > 0 else { return 0 }
        let wells = Double(max(0, offered - failures))
        let terms = zip(perFailure, perWell).map { Double(failures) * $0 + wells * $1 }
        return DecisionMath.lnSumExp(terms) - DecisionMath.ln(Double(terms.count))
    }
}
