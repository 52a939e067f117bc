import Foundation

/// The exposure that evidence allows, by this room's own arithmetic.
///
/// The gate has its own; the two share a definition and no code, so that a mistake in one is a disagreement. The
/// definition: allowed = floor(loss budget / u), where u is the upper end of the Clopper-Pearson interval, at the
/// policy's one-sided confidence, for the failure rate of `failures` in `trials`.
enum ExposureBound {
    /// Halvings of the bracket around u: 60 leave less than 1e-18.
    private static let halvings = 60

    /// The largest exposure that is allowed when `failures` of `trials` settled exposures went wrong.
    ///
    /// Rounding is in the gate's favour by one part in 1e9: the checker must accuse nobody for the last bit of a
    /// floating-point number, and no violation that matters is that small.
    static func allowedExposure(lossBudget: Int, confidence: Double, failures: Int, trials: Int) -> Int {
        let rate = failureRateBelow(confidence: confidence, failures: failures, trials: trials)
        let allowed = Double(lossBudget) / rate * (1 + 1e-9)
        return allowed < Double(Int32.max) ? Int(allowed) : Int(Int32.max)
    }

    /// The rate p at which `failures` or fewer in `trials` have the probability 1 - confidence: found by halving,
    /// since that probability falls as p grows. 1 when nothing is known, or when everything failed.
    static func failureRateBelow(confidence: Double, failures: Int, trials: Int) -> Double {
        guard failures < trials else { return 1 }
        var low = 0.0
        var high = 1.0
        for _ in 0..<halvings {
            let middle = (low + high) / 2
            if probability(ofAtMost: failures, in: trials, rate: middle) > 1 - confidence {
                low = middle
            } else {
                high = middle
            }
        }
        return high
    }

    /// The binomial sum: the probability of `failures` or fewer in `trials` at `rate`, term by term.
    static func probability(ofAtMost failures: Int, in trials: Int, rate: Double) -> Double {
        guard rate > 0 else { return 1 }
        guard rate < 1 else { return failures >= trials ? 1 : 0 }
        var sum = 0.0
        // The logarithm of the number of ways to choose `count` of `trials`, carried from term to term.
        var ways = 0.0
        for count in 0...failures {
            if count > 0 { ways += log(Double(trials - count + 1)) - log(Double(count)) }
            sum += exp(ways + Double(count) * log(rate) + Double(trials - count) * log1p(-rate))
        }
        return min(sum, 1)
    }
}
