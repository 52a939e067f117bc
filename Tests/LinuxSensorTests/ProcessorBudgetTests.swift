import Testing

@testable import LinuxSensor

@Suite("ProcessorBudget")
struct ProcessorBudgetTests {
    private static let second: Int64 = 1_000_000_000
    private static let turn: Int64 = 5_000_000

    private static let birth = ProcessorBudget.Reading(spent: 0, eventCount: 0, at: 0)

    /// Takes readings for so long, of a sensor that uses `load` of one processor and sees `rate` events a second.
    private static func run(
        _ budget: inout ProcessorBudget, load: Double, rate: Double = 0, seconds: Double,
        from: ProcessorBudget.Reading = Self.birth
    ) -> ProcessorBudget.Reading {
        var point = from
        for _ in 0..<max(1, Int(seconds * Double(second)) / Int(turn)) {
            point = ProcessorBudget.Reading(
                spent: point.spent + Int64(load * Double(turn)),
                eventCount: point.eventCount + Int64(rate * Double(turn) / Double(second)), at: point.at + turn)
            budget.take(point)
        }
        return point
    }

    @Test("what stays within the share is always prompt, on a machine of any size", arguments: [1, 2, 64])
    func withinShare(processors: Int) {
        var budget = ProcessorBudget(processorCount: processors)
        _ = Self.run(&budget, load: 0.0165 * Double(processors), seconds: 60)
        #expect(budget.pace == .prompt)
    }

    @Test("a burst is seen promptly, and what goes on beyond the share is yielded to")
    func burst() {
        var budget = ProcessorBudget(processorCount: 2)
        let burst = Self.run(&budget, load: 1, seconds: 0.02)
        #expect(budget.pace == .prompt)
        _ = Self.run(&budget, load: 1, seconds: 0.5, from: burst)
        #expect(budget.pace == .yielding)
    }

    @Test("a sensor that costs little while it yields does not turn back in the midst of the flood")
    func floodThatLasts() {
        var budget = ProcessorBudget(processorCount: 2)
        // Prompt, 2,000 events a second cost a tenth of a processor; yielding, a fiftieth.
        let flood = Self.run(&budget, load: 0.1, rate: 2000, seconds: 2)
        #expect(budget.pace == .yielding)
        let lasting = Self.run(&budget, load: 0.02, rate: 2000, seconds: 60, from: flood)
        #expect(budget.pace == .yielding)
        _ = Self.run(&budget, load: 0.01, rate: 200, seconds: 3, from: lasting)
        #expect(budget.pace == .prompt)
    }

    @Test("after a flood of any length the sensor is prompt again within three seconds")
    func recovery() {
        var budget = ProcessorBudget(processorCount: 2)
        let flood = Self.run(&budget, load: 1, seconds: 600)
        #expect(budget.pace == .yielding)
        _ = Self.run(&budget, load: 0, seconds: 3, from: flood)
        #expect(budget.pace == .prompt)
    }

    @Test("at the edge it does not go back and forth with every reading")
    func hysteresis() {
        var budget = ProcessorBudget(processorCount: 2)
        var point = Self.run(&budget, load: 1, seconds: 1)
        var changes = 0
        var last = budget.pace
        for index in 0..<2000 {
            point = Self.run(&budget, load: index % 2 == 0 ? 0 : 0.068, seconds: 0.005, from: point)
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
            budget.take(ProcessorBudget.Reading(spent: spent, eventCount: spent, at: at))
        }
        #expect(budget.pace == .prompt || budget.pace == .yielding)
    }
}
