import Testing

@testable import LinuxSensor

@Suite("ProcessorBudget")
struct ProcessorBudgetTests {
    private static let second: Int64 = 1_000_000_000
    private static let turn: Int64 = 5_000_000

    /// Takes readings for so long, of a process that uses `load` of one processor.
    private static func run(
        _ budget: inout ProcessorBudget, load: Double, seconds: Double, from: (spent: Int64, at: Int64)
    ) -> (spent: Int64, at: Int64) {
        var point = from
        let end = from.at + Int64(seconds * Double(second))
        while point.at < end {
            point.at += turn
            point.spent += Int64(load * Double(turn))
            budget.take(spent: point.spent, at: point.at)
        }
        return point
    }

    @Test("what stays within the share is always prompt, on a machine of any size", arguments: [1, 2, 64])
    func withinShare(processors: Int) {
        var budget = ProcessorBudget(processorCount: processors)
        _ = Self.run(&budget, load: 0.099 * Double(processors), seconds: 60, from: (0, 0))
        #expect(budget.pace == .prompt)
    }

    @Test("a burst is seen promptly, and what goes on beyond the share is yielded to")
    func burst() {
        var budget = ProcessorBudget(processorCount: 2)
        let burst = Self.run(&budget, load: 1, seconds: 0.5, from: (0, 0))
        #expect(budget.pace == .prompt)
        _ = Self.run(&budget, load: 1, seconds: 0.5, from: burst)
        #expect(budget.pace == .yielding)
    }

    @Test("after a flood of any length the sensor is prompt again within two seconds")
    func recovery() {
        var budget = ProcessorBudget(processorCount: 2)
        let flood = Self.run(&budget, load: 1, seconds: 600, from: (0, 0))
        #expect(budget.pace == .yielding)
        _ = Self.run(&budget, load: 0, seconds: 2, from: flood)
        #expect(budget.pace == .prompt)
    }

    @Test("at the edge it does not go back and forth with every reading")
    func hysteresis() {
        var budget = ProcessorBudget(processorCount: 2)
        var point = Self.run(&budget, load: 1, seconds: 1, from: (0, 0))
        var changes = 0
        var last = budget.pace
        for index in 0..<2000 {
            point = Self.run(&budget, load: index % 2 == 0 ? 0 : 0.4, seconds: 0.005, from: point)
            if budget.pace != last { changes += 1 }
            last = budget.pace
        }
        #expect(changes <= 1)
    }

    @Test("clocks that stand, jump or run back trap nothing")
    func clocks() {
        var budget = ProcessorBudget(processorCount: 1)
        for (spent, at) in [(0, 0), (Int64.max / 2, 1), (0, Int64.max), (5, 0), (5, 0), (6, Int64.max / 2)]
            as [(Int64, Int64)]
        {
            budget.take(spent: spent, at: at)
        }
        #expect(budget.pace == .prompt || budget.pace == .yielding)
    }
}
