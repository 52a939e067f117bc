/// Clopper and Pearson's exact bounds on the rate of failures behind a count (Biometrika 26, 1934).
///
/// They hold for every rate and every count, which the normal approximation does not where it matters here: at no
/// failure at all, the usual case.
package enum BinomialBound {
    /// The largest rate under which at most `failures` of `trials` still has probability 1 - `confidence`.
    ///
    /// - Returns: 1 where nothing is known: no trial, or all of them failed.
    package static func upper(failures: Int, trials: Int, confidence: Double) -> Double {
        guard trials > 0, failures < trials else { return 1 }
        if failures <= 0 {
            // (1 - rate)^trials = 1 - confidence, solved.
            return -expMinusOne(DecisionMath.ln(1 - confidence) / Double(trials))
        }
        return root(near: Double(failures + 1) / Double(trials)) { rate in
            cumulative(failures: failures, trials: trials, rate: rate) <= 1 - confidence
        }
    }

    /// The smallest rate under which at least `failures` of `trials` still has probability 1 - `confidence`; 0 where
    /// nothing failed.
    package static func lower(failures: Int, trials: Int, confidence: Double) -> Double {
        guard trials > 0, failures > 0 else { return 0 }
        guard failures < trials else { return DecisionMath.exp(DecisionMath.ln(1 - confidence) / Double(trials)) }
        return root(near: Double(failures) / Double(trials)) { rate in
            1 - cumulative(failures: failures - 1, trials: trials, rate: rate) >= 1 - confidence
        }
    }

    /// The probability of at most `failures` failures in `trials` trials that each fail at `rate`.
    package static func cumulative(failures: Int, trials: Int, rate: Double) -> Double {
        guard failures < trials else { return 1 }
        guard failures >= 0 else { return 0 }
        return 1 - incompleteBeta(rate, a: Double(failures + 1), b: Double(trials - failures))
    }

    /// The least rate at which `isBeyond` holds, to 12 digits, by halving a bracket that grows from a first guess.
    private static func root(near guess: Double, isBeyond: (Double) -> Bool) -> Double {
        var low = 0.0
        var high = min(1, guess * 2)
        while high < 1, !isBeyond(high) {
            low = high
            high = min(1, high * 2)
        }
        // 52 halvings: the bracket is then below the distance of two doubles of its size.
        for _ in 0..<52 {
            let middle = (low + high) / 2
            if isBeyond(middle) { high = middle } else { low = middle }
            if high - low <= high * 1e-12 { break }
        }
        return high
    }

    private static func expMinusOne(_ x: Double) -> Double {
        guard x > -0.01, x < 0.01 else { return DecisionMath.exp(x) - 1 }
        return x * (1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5 * (1 + x / 6)))))
    }

    /// The regularised incomplete beta function I_x(a, b) by its continued fraction (Abramowitz and Stegun 26.5.8),
    /// evaluated by Lentz's method.
    static func incompleteBeta(_ x: Double, a: Double, b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        let lnFront =
            DecisionMath.lnGamma(a + b) - DecisionMath.lnGamma(a) - DecisionMath.lnGamma(b)
            + a * DecisionMath.ln(x) + b * DecisionMath.ln1p(-x)
        let front = DecisionMath.exp(lnFront)
        if x < (a + 1) / (a + b + 2) {
            return front * betaFraction(x, a: a, b: b) / a
        }
        return 1 - front * betaFraction(1 - x, a: b, b: a) / b
    }

    private static func betaFraction(_ x: Double, a: Double, b: Double) -> Double {
        let tiny = 1e-300
        func guarded(_ value: Double) -> Double { value.magnitude < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / guarded(1 - (a + b) * x / (a + 1))
        var result = d
        // The count of steps grows with the root of the larger parameter: about 3,000 at 10 million trials.
        for step in 1...20_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / guarded(1 + even * d)
            c = guarded(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / guarded(1 + odd * d)
            c = guarded(1 + odd / c)
            let change = d * c
            result *= change
            if (change - 1).magnitude < 1e-14 { break }
        }
        return result
    }
}
