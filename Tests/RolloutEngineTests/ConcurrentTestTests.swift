import Testing

@testable import RolloutEngine

@Suite("ConcurrentTest")
struct ConcurrentTestTests {
    @Test("a release that changes nothing passes 1/alpha no more often than alpha, however the baseline drifts")
    func falseAlarms() {
        var random = SplitMix(state: 20)
        let runs = 1_000
        let alpha = 0.05
        var alarms = 0
        for _ in 0..<runs {
            var test = ConcurrentTest()
            var isAlarmed = false
            for _ in 0..<60 {
                // The baseline is in how many failures there are, and the test never sees it.
                let exposed = Int.random(in: 1...500, using: &random)
                let control = Int.random(in: 1...2_000, using: &random)
                let isExposed = Int.random(in: 0..<(exposed + control), using: &random) < exposed
                test.fail(isExposed: isExposed, exposed: exposed, control: control)
                if test.lnEvidence >= -DecisionMath.ln(alpha) { isAlarmed = true }
            }
            if isAlarmed { alarms += 1 }
        }
        #expect(Double(alarms) / Double(runs) <= alpha, "\(alarms) of \(runs), seed 20")
    }

    @Test("the test bites: twice the hazard among the exposed is found")
    func power() {
        var random = SplitMix(state: 21)
        var found = 0
        for _ in 0..<100 {
            var test = ConcurrentTest()
            for _ in 0..<400 {
                let isExposed = Int.random(in: 0..<3, using: &random) < 2
                test.fail(isExposed: isExposed, exposed: 1_000, control: 1_000)
            }
            if test.lnEvidence >= 6.9 { found += 1 }
        }
        #expect(found >= 95)
    }

    @Test("strata that are taken away leave what the others tell")
    func strata() {
        var joined = ConcurrentTest()
        var first = ConcurrentTest()
        joined.fail(isExposed: true, exposed: 5, control: 100)
        joined.fail(isExposed: false, exposed: 9, control: 90)
        first.fail(isExposed: true, exposed: 5, control: 100)
        var second = ConcurrentTest()
        second.fail(isExposed: false, exposed: 9, control: 90)
        joined.add(first, sign: -1)
        #expect(abs(joined.lnEvidence - second.lnEvidence) < 1e-9)
        #expect(abs(joined.expected - 0.1) < 1e-12)
    }
}
