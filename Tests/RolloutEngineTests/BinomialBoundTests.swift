import Testing

@testable import RolloutEngine

@Suite("BinomialBound")
struct BinomialBoundTests {
    /// Published values of Clopper and Pearson's one-sided bound: the rule of three's exact form, and the tables'.
    @Test("the upper bound agrees with the closed form and with published values")
    func published() {
        #expect(abs(BinomialBound.upper(failures: 0, trials: 4, confidence: 0.99) - 0.683_772_234) < 1e-8)
        #expect(abs(BinomialBound.upper(failures: 0, trials: 59, confidence: 0.95) - 0.049_507_6) < 1e-6)
        #expect(abs(BinomialBound.upper(failures: 1, trials: 10, confidence: 0.975) - 0.445_016) < 1e-5)
        #expect(abs(BinomialBound.lower(failures: 1, trials: 10, confidence: 0.975) - 0.002_528_6) < 1e-6)
        #expect(BinomialBound.upper(failures: 0, trials: 0, confidence: 0.99) == 1)
        #expect(BinomialBound.upper(failures: 3, trials: 3, confidence: 0.99) == 1)
    }

    @Test("at the bound, so few failures have the probability that the confidence leaves", arguments: [1, 10, 8_500])
    func definition(failures: Int) {
        for trials in [failures + 1, failures * 10 + 5, 8_500_000] {
            let bound = BinomialBound.upper(failures: failures, trials: trials, confidence: 0.99)
            let left = BinomialBound.cumulative(failures: failures, trials: trials, rate: bound)
            #expect(abs(left - 0.01) < 1e-6, "\(failures) of \(trials): \(bound), \(left)")
        }
    }

    @Test("more wells only lower the bound, more failures only raise it")
    func monotone() {
        for trials in 1...60 {
            for failures in 0...trials {
                let here = BinomialBound.upper(failures: failures, trials: trials, confidence: 0.99)
                let moreWells = BinomialBound.upper(failures: failures, trials: trials + 1, confidence: 0.99)
                let moreFailures = BinomialBound.upper(failures: failures + 1, trials: trials + 1, confidence: 0.99)
                #expect(moreWells <= here)
                #expect(moreFailures >= here)
            }
        }
    }
}
