import Foundation
import Testing

@testable import ExposureChecker

@Suite("Exposure bound")
struct ExposureBoundTests {
    @Test(
        "without failures the bound is the closed form 1 - (1 - confidence)^(1/n)",
        arguments: [1, 2, 4, 9, 40, 1_000, 100_000])
    func noFailures(trials: Int) {
        let found = ExposureBound.failureRateBelow(confidence: 0.99, failures: 0, trials: trials)
        let wanted = 1 - pow(0.01, 1 / Double(trials))
        #expect(abs(found - wanted) < 1e-12)
    }

    @Test(
        "with failures it is the published Clopper-Pearson limit",
        arguments: [
            (1, 10, 0.95, 0.394_163), (5, 20, 0.975, 0.491_046), (1, 100, 0.975, 0.054_459),
            (10, 100, 0.975, 0.176_223),
        ])
    func published(failures: Int, trials: Int, confidence: Double, limit: Double) {
        let found = ExposureBound.failureRateBelow(confidence: confidence, failures: failures, trials: trials)
        #expect(abs(found - limit) < 1e-5, "\(found)")
    }

    @Test("nothing known, or everything failed, allows the loss budget and no more")
    func extremes() {
        for count in [0, 1, 4, 100] {
            let rate = ExposureBound.failureRateBelow(confidence: 0.99, failures: count, trials: count)
            #expect(ExposureBound.allowedExposure(lossBudget: 4, rate: rate) == 4)
        }
    }

    @Test("more good outcomes never allow less, and more bad ones never allow more")
    func monotone() {
        func allowed(_ failures: Int, _ trials: Int) -> Int {
            let rate = ExposureBound.failureRateBelow(confidence: 0.95, failures: failures, trials: trials)
            return ExposureBound.allowedExposure(lossBudget: 10, rate: rate)
        }
        for trials in 1...60 {
            for failures in 0..<trials {
                #expect(allowed(failures, trials + 1) >= allowed(failures, trials))
                #expect(allowed(failures + 1, trials) <= allowed(failures, trials))
            }
        }
    }

    @Test(
        "the normal quantile is the tables'",
        arguments: [(0.5, 0.0), (0.95, 1.644_853_627), (0.99, 2.326_347_874), (0.999_999, 4.753_424_309)])
    func quantile(confidence: Double, x: Double) { #expect(abs(ExposureBound.normalQuantile(confidence) - x) < 1e-8) }

    @Test("a control of twenty failures in effect is taken off, one of fewer is not, and no release heals")
    func control() {
        func rate(_ failures: Int, expected: Double, variance: Double) -> Double {
            ExposureBound.excessRateBelow(
                confidence: 0.99, .init(failures: failures, trials: 1000, expected: expected, variance: variance))
        }
        let alone = ExposureBound.failureRateBelow(confidence: 0.99, failures: 40, trials: 1000)
        #expect(rate(40, expected: 0, variance: 0) == alone)
        #expect(rate(40, expected: 19.9, variance: 19.9) == alone)
        #expect(rate(40, expected: 39, variance: 80) == alone)
        let taken = rate(40, expected: 40, variance: 40)
        let root: Double = 1 - 1.0 / 360 - 2.326_347_874 / (3 * 6.324_555_320)
        let lower: Double = 40 * root * root * root
        #expect(abs(taken - hypot(alone - 0.04, (40 - lower) / 1000)) < 1e-9)
        #expect(taken < alone)
        #expect(rate(40, expected: 60, variance: 60) >= alone - 0.04)
    }
}
