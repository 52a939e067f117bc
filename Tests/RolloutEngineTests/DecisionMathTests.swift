import Glibc
import Testing

@testable import RolloutEngine

@Suite("DecisionMath")
struct DecisionMathTests {
    @Test("logarithm and exponential agree with the C library to fourteen digits")
    func logarithm() {
        var random = SplitMix(state: 7)
        for _ in 0..<20_000 {
            let x = exp(Double.random(in: -600...600, using: &random))
            #expect(abs(DecisionMath.ln(x) - log(x)) <= 1e-13 * max(1, abs(log(x))))
            let y = Double.random(in: -600...600, using: &random)
            #expect(abs(DecisionMath.exp(y) / exp(y) - 1) <= 1e-12)
            let z = exp(Double.random(in: -30 ... -0.1, using: &random))
            #expect(abs(DecisionMath.ln1p(-z) / log1p(-z) - 1) <= 1e-11)
        }
    }

    @Test("the gamma function agrees with the C library to twelve digits")
    func gamma() {
        var random = SplitMix(state: 8)
        for _ in 0..<5_000 {
            let x = exp(Double.random(in: -2...17, using: &random))
            #expect(abs(DecisionMath.lnGamma(x) - lgamma(x)) <= 1e-12 * max(10, abs(lgamma(x))))
        }
    }
}
