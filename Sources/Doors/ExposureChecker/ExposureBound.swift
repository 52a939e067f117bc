import Foundation

/// The exposure that evidence allows, by this room's own arithmetic.
///
/// The gate has its own; the two share a definition and no code, so that a mistake in one is a disagreement. The
/// definition: allowed = floor(loss budget / u), where u bounds the failure rate that the release adds.
///
/// Without a control, u is the upper end of the Clopper-Pearson interval, at the policy's one-sided confidence, for the
/// rate of `failures` in `trials`. With one that has seen at least twenty failures in effect, its expectation is taken
/// off: u = max(0, p - q) + sqrt((u_p - p)^2 + (q - l_q)^2), where p is the exposed's rate and u_p its upper end, q is
/// `expected` / `trials`, and l_q its lower end (MOVER; Zou and Donner, Statistics in Medicine 27, 2008). The lower end
/// of a count is Wilson and Hilferty's (Proceedings of the National Academy of Sciences 17, 1931).
enum ExposureBound {
    /// Halvings of the bracket around u: 60 leave less than 1e-18.
    private static let halvings = 60
    /// Fewer control failures than this, in effect, explain nothing.
    static let controlFailuresMin = 20.0

    /// What settled exposures show, and what the control lets expect of them.
    struct Evidence: Equatable {
        /// Settled exposures that went wrong.
        var failures = 0
        var trials = 0
        /// Failures that the control's let expect among the exposed, and the variance of that number.
        var expected = 0.0
        var variance = 0.0
    }

    /// The largest exposure that is allowed when the failure rate that the release adds is below `rate`.
    ///
    /// Rounding is in the gate's favour by one part in 1e9: the checker must accuse nobody for the last bit of a
    /// floating-point number, and no violation that matters is that small.
    static func allowedExposure(lossBudget: Int, rate: Double) -> Int {
        let allowed = Double(lossBudget) / rate * (1 + 1e-9)
        return allowed < Double(Int32.max) ? Int(allowed) : Int(Int32.max)
    }

    /// The bound u.
    static func excessRateBelow(confidence: Double, _ evidence: Evidence) -> Double {
        let upper = failureRateBelow(confidence: confidence, failures: evidence.failures, trials: evidence.trials)
        let count = evidence.variance > 0 ? evidence.expected * evidence.expected / evidence.variance : 0
        guard evidence.trials > 0, count >= controlFailuresMin else { return upper }
        let trials = Double(evidence.trials)
        let own = Double(evidence.failures) / trials
        let natural = evidence.expected / trials
        // A Poisson count that was scaled: the lower end of the count, scaled alike.
        let root = 1 - 1 / (9 * count) - normalQuantile(confidence) / (3 * count.squareRoot())
        let naturalLower = natural * root * root * root
        return min(1, max(0, own - natural) + hypot(upper - own, natural - naturalLower))
    }

    /// The x below which a standard normal variable lies with the probability `confidence`, found by halving.
    static func normalQuantile(_ confidence: Double) -> Double {
        var low = -40.0
        var high = 40.0
        for _ in 0..<(2 * halvings) {
            let middle = (low + high) / 2
            if erfc(-middle / 2.0.squareRoot()) / 2 < confidence { low = middle } else { high = middle }
        }
        return high
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
