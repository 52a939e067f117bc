import FleetModel
import Testing

@testable import RolloutEngine

/// Every order of events in a small fleet, with a checker that shares no code with the gate.
@Suite("Cap")
struct CapTests {
    static func policy(budget: Int) -> RolloutPolicy {
        var policy = RolloutPolicy.demo
        policy.lossBudget = budget
        policy.bake = .seconds(1)
        policy.pollInterval = .seconds(1)
        policy.silenceDeadline = .seconds(2)
        policy.settleDeadline = .seconds(4)
        return policy
    }

    /// All that can happen next in a fleet of three.
    static let steps: [RolloutInput] = {
        var steps: [RolloutInput] = [.tick, .operatorHold("x"), .operatorResume]
        for name in ["a", "b", "c"] {
            for stage in [nil, .committed, .reverted] as [ReleaseStage?] { steps.append(report(name, stage)) }
        }
        return steps
    }()

    @Test("in every order of events, an unproven release never has more endpoints than the evidence allows")
    func everyOrder() {
        let checked = Self.explore(
            machine(Self.policy(budget: 1)), CapChecker(lossBudget: 1, confidence: 0.99), depth: 5)
        #expect(checked.violations == [])
        #expect(checked.runs > 200_000)
    }

    @Test("the checker bites: a machine with one more in its budget is found")
    func checkerBites() {
        let checked = Self.explore(
            machine(Self.policy(budget: 2)), CapChecker(lossBudget: 1, confidence: 0.99), depth: 3)
        #expect(checked.violations.contains { $0.hasPrefix("exposed 2 of 1") })
    }

    private static func explore(_ gate: RolloutMachine, _ checker: CapChecker, depth: Int)
        -> (violations: Set<String>, runs: Int)
    {
        var found: Set<String> = []
        var runs = 0
        func descend(_ gate: RolloutMachine, _ checker: CapChecker, _ depth: Int, _ seconds: Int64) {
            guard depth > 0 else {
                runs += 1
                return
            }
            for step in steps {
                var gate = gate
                var checker = checker
                checker.see(step)
                for action in gate.handle(step, at: Moment(milliseconds: seconds * 1000)) { checker.see(action) }
                found.formUnion(checker.violations)
                descend(gate, checker, depth - 1, seconds + 1)
            }
        }
        descend(gate, checker, depth, 0)
        return (found, runs)
    }

    @Test("random fleets in random weather keep to the cap", arguments: 1...40 as ClosedRange<UInt64>)
    func randomWeather(seed: UInt64) {
        var random = SplitMix(state: seed)
        let budget = Int.random(in: 1...6, using: &random)
        var gate = machine(Self.policy(budget: budget), seed: seed)
        var checker = CapChecker(lossBudget: budget, confidence: 0.99)
        let stages: [ReleaseStage?] = [nil, .staged, .trial, .committed, .committed, .committed, .reverted, .refused]
        for step in 0..<1_500 {
            let now = Moment(milliseconds: Int64(step) * 20)
            var input = report(
                "e\(Int.random(in: 0..<60, using: &random))", stages.randomElement(using: &random) ?? nil)
            switch Int.random(in: 0..<200, using: &random) {
            case 0: input = .operatorHold("h")
            case 1...3: input = .operatorResume
            case 4: input = .outage(from: now, until: now)
            case 5...25: input = .tick
            default: break
            }
            checker.see(input)
            for action in gate.handle(input, at: now) { checker.see(action) }
        }
        #expect(checker.violations == [])
    }
}
