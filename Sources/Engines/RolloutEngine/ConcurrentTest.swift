/// A test of the release against endpoints that do not have it, at the same time: it needs no baseline, and a baseline
/// that drifts by the hour does it no harm.
///
/// At each failure, in whichever group, only one thing is asked: was it an exposed endpoint? With `exposed` and
/// `control` endpoints at risk at that moment, and a release that changes nothing, the answer is yes with probability
/// exposed / (exposed + control), whatever the hazard is just then. The e-value is a mixture of likelihood ratios of
/// that answer under hazard ratios above 1: the safe logrank test (ter Schure, Perez-Ortiz, Ly and Grünwald, 2020). By
/// Ville's inequality it ever exceeds 1/alpha with probability at most alpha.
///
/// Strata (cohorts) multiply: the sum of their logarithms at the same ratio is the test over all of them.
package struct ConcurrentTest: Hashable, Sendable {
    /// Logarithm of the likelihood ratio at each hazard ratio, without the mixture's weight.
    private(set) var lnRatios = [Double](repeating: 0, count: Self.grid.count)
    /// Natural logarithm of the e-value. Kept, since it is read far more often than a failure changes it.
    package private(set) var lnEvidence = 0.0
    /// Failures of exposed endpoints that the control's failures let expect, and the variance of that number.
    package private(set) var expected = 0.0
    package private(set) var variance = 0.0

    struct Alternative: Sendable {
        let ratio: Double
        let lnRatio: Double
        let lnWeight: Double
    }

    /// The hazard ratios and their weights. Near 1 for defects that hide in the noise, and need millions of endpoints
    /// to be seen at all; then by factors of two. Beyond 2,000 two failures decide at any ratio, so little weight is
    /// left there.
    static let grid: [Alternative] = {
        var ratios: [(Double, Double)] = [(1.03, 0.06), (1.06, 0.05), (1.12, 0.05), (1.25, 0.04), (1.5, 0.04)]
        ratios += [(2, 0.04), (4, 0.04), (8, 0.05), (16, 0.06), (32, 0.07), (64, 0.09), (128, 0.11), (256, 0.11)]
        ratios += [(512, 0.08), (1_024, 0.05), (2_048, 0.03), (32_768, 0.02), (1_048_576, 0.017)]
        let total = ratios.reduce(0) { $0 + $1.1 }
        return ratios.map {
            Alternative(ratio: $0.0, lnRatio: DecisionMath.ln($0.0), lnWeight: DecisionMath.ln($0.1 / total))
        }
    }()

    package init() {}

    /// A test that stands at these numbers; nil unless there is a finite ratio for each of the grid.
    init?(lnRatios: [Double], expected: Double, variance: Double) {
        guard lnRatios.count == Self.grid.count, lnRatios.allSatisfy(\.isFinite), expected.isFinite, variance.isFinite
        else { return nil }
        self.lnRatios = lnRatios
        self.expected = expected
        self.variance = variance
        weigh()
    }

    /// Takes in one failure.
    ///
    /// - Parameters:
    ///   - exposed: Exposed endpoints at risk just before it, the failed one included.
    ///   - control: Endpoints at risk without the release, the failed one included.
    package mutating func fail(isExposed: Bool, exposed: Int, control: Int) {
        guard exposed > 0 else { return }
        let share = Double(exposed) / Double(exposed + control)
        for index in lnRatios.indices {
            let alternative = Self.grid[index]
            lnRatios[index] -= DecisionMath.ln1p(share * (alternative.ratio - 1))
            if isExposed { lnRatios[index] += alternative.lnRatio }
        }
        weigh()
        if !isExposed, control > 0 {
            let odds = Double(exposed) / Double(control)
            expected += odds
            variance += odds * odds
        }
    }

    /// Whether any failure has told anything.
    var hasHeard: Bool { lnRatios[0] != 0 || expected != 0 }

    private mutating func weigh() {
        let grid = Self.grid
        var largest = -Double.infinity
        for index in lnRatios.indices { largest = max(largest, lnRatios[index] + grid[index].lnWeight) }
        var sum = 0.0
        for index in lnRatios.indices {
            let distance = lnRatios[index] + grid[index].lnWeight - largest
            if distance > -40 { sum += DecisionMath.exp(distance) }
        }
        lnEvidence = largest + DecisionMath.ln(sum)
    }

    /// Adds what another stratum has told, or takes it away.
    mutating func add(_ other: ConcurrentTest, sign: Double) {
        for index in lnRatios.indices { lnRatios[index] += sign * other.lnRatios[index] }
        expected += sign * other.expected
        variance += sign * other.variance
        weigh()
    }

    /// Begins anew with the evidence so far as the stake: still an e-process, for a mixture may be bet afresh at any
    /// time with what it has won. So a restart needs three numbers from the ledger, and not the whole grid.
    mutating func restart(lnEvidence: Double, expected: Double, variance: Double) {
        lnRatios = Array(repeating: lnEvidence, count: Self.grid.count)
        self.expected = expected
        self.variance = variance
        weigh()
    }
}
