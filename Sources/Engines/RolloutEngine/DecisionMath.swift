/// Logarithm, exponential and gamma function from additions, multiplications and divisions only.
///
/// IEEE 754 rounds those alike on every machine, while the C library's functions differ in their last bit between
/// versions. A verdict that anyone may recompute must not depend on which libm did it.
enum DecisionMath {
    private static let reciprocalFactorials: InlineArray<14, Double> = [
        1, 1, 1 / 2.0, 1 / 6.0, 1 / 24.0, 1 / 120.0, 1 / 720.0, 1 / 5_040.0, 1 / 40_320.0, 1 / 362_880.0,
        1 / 3_628_800.0, 1 / 39_916_800.0, 1 / 479_001_600.0, 1 / 6_227_020_800.0,
    ]
    private static let ln2 = 0.693_147_180_559_945_3

    /// The natural logarithm of `x`; minus infinity at zero, NaN below.
    static func ln(_ x: Double) -> Double {
        guard x > 0 else { return x == 0 ? -.infinity : .nan }
        guard x.isFinite else { return x }
        var significand = x.significand
        var exponent = Double(x.exponent)
        if significand > 1.414_213_562_373_095_1 {
            significand /= 2
            exponent += 1
        }
        // ln m = 2 artanh((m - 1) / (m + 1)); |s| is at most 0.172, so that s^23 is below the last bit.
        let s = (significand - 1) / (significand + 1)
        let square = s * s
        var term = s
        var sum = s
        var divisor = 3.0
        while divisor <= 23 {
            term *= square
            sum += term / divisor
            divisor += 2
        }
        return 2 * sum + exponent * ln2
    }

    /// ln(1 + x), exact where `x` is so small that 1 + x would lose it.
    static func ln1p(_ x: Double) -> Double {
        guard x > -0.01, x < 0.01 else { return ln(1 + x) }
        let s = x / (2 + x)
        let square = s * s
        // |s| is at most 0.00503: five terms reach the last bit.
        return 2 * s * (1 + square * (1 / 3.0 + square * (1 / 5.0 + square * (1 / 7.0 + square / 9))))
    }

    /// e to the power `x`; zero below -700, infinity above 709.
    static func exp(_ x: Double) -> Double {
        guard x > -700 else { return x.isNaN ? .nan : 0 }
        guard x < 709 else { return .infinity }
        let halvings = (x / ln2).rounded()
        let rest = x - halvings * ln2
        // Horner's scheme over 1/n!; |rest| is at most 0.347, so that the next term is below the last bit.
        var sum = Self.reciprocalFactorials[13]
        for count in stride(from: 12, through: 0, by: -1) { sum = sum * rest + Self.reciprocalFactorials[count] }
        return Double(sign: .plus, exponent: Int(halvings), significand: sum)
    }

    /// The logarithm of the gamma function for `x` above zero: Stirling's series after a shift to at least 12.
    static func lnGamma(_ x: Double) -> Double {
        var shifted = x
        var product = 1.0
        while shifted < 12 {
            product *= shifted
            shifted += 1
        }
        let inverse = 1 / shifted
        let square = inverse * inverse
        let series =
            inverse
            * (1 / 12.0 - square * (1 / 360.0 - square * (1 / 1260.0 - square * (1 / 1680.0 - square / 1188.0))))
        return (shifted - 0.5) * ln(shifted) - shifted + 0.918_938_533_204_672_7 + series - ln(product)
    }

    /// The logarithm of the sum of the exponentials of `values`; minus infinity for none.
    static func lnSumExp(_ values: some Collection<Double>) -> Double {
        guard let largest = values.max(), largest.isFinite else { return values.max() ?? -.infinity }
        // Below e^-40 of the largest nothing reaches the last bit.
        return largest + ln(values.reduce(0) { $1 - largest < -40 ? $0 : $0 + exp($1 - largest) })
    }
}
