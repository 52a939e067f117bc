import FleetModel
import Testing

@testable import RolloutEngine

@Suite("RolloutExplanation")
struct RolloutExplanationTests {
    @Test("an explanation says how many more must prove, and about how many bakes the way is")
    func explains() {
        var gate = machine(CohortTests.policy())
        for turn in 0..<2 {
            for number in 0..<400 {
                let at = Moment(milliseconds: Int64(turn) * 300_000 + Int64(number))
                _ = gate.handle(CohortTests.checkIn(number, kernel: number % 10), at: at)
            }
        }
        let explanation = gate.explanation
        #expect(explanation.cohorts.count == 10)
        #expect(explanation.cohorts[0].text == "needs 1 more proven in kernel=k0, about 1 bake")
        #expect(explanation.bakes == 1)
    }
}
