import Testing

@testable import RolloutEngine

@Suite("ExcessBound")
struct ExcessBoundTests {
    private static func evidence(settled: Int, harmed: Int, expected: Double, variance: Double) -> GateCap.Evidence {
        var evidence = GateCap.Evidence()
        evidence.settled = settled
        evidence.harmed = harmed
        evidence.proven = settled - harmed
        evidence.expected = expected
        evidence.variance = variance
        return evidence
    }

    /// Weather seeds 120, 162 and 534: with one of three failed and a control that fails as often, the distance from
    /// the rate to its bound was smaller than the bound of three endpoints that are all well.
    @Test("a control that fails as often as the exposed earns no larger cap than a release without a failure")
    func neverBelowFaultless() {
        let bound = ExcessBound(confidence: 0.99)
        for settled in 1...60 {
            for harmed in 0...settled {
                for expected in [0.5, 2, 10, 1_000] {
                    let upper = bound.upper(
                        Self.evidence(settled: settled, harmed: harmed, expected: expected, variance: expected / 40))
                    let faultless = BinomialBound.upper(failures: 0, trials: settled, confidence: 0.99)
                    #expect(upper >= faultless - 1e-12, "\(harmed) of \(settled), \(expected) expected")
                }
            }
        }
    }

    @Test("open exposures that should have settled are harm, and no evidence of health")
    func overdueIsNoEvidence() {
        let bound = ExcessBound(confidence: 0.99)
        var evidence = Self.evidence(settled: 3, harmed: 1, expected: 4, variance: 0.1)
        evidence.addOverdue(4)
        #expect(bound.upper(evidence) >= BinomialBound.upper(failures: 0, trials: 3, confidence: 0.99))
    }
}
