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
            #expect(ExposureBound.allowedExposure(lossBudget: 4, confidence: 0.99, failures: count, trials: count) == 4)
        }
    }

    @Test("more good outcomes never allow less, and more bad ones never allow more")
    func monotone() {
        func allowed(_ failures: Int, _ trials: Int) -> Int {
            ExposureBound.allowedExposure(lossBudget: 10, confidence: 0.95, failures: failures, trials: trials)
        }
        for trials in 1...60 {
            for failures in 0..<trials {
                #expect(allowed(failures, trials + 1) >= allowed(failures, trials))
                #expect(allowed(failures + 1, trials) <= allowed(failures, trials))
            }
        }
    }
}
