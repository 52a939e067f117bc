/// Decides when the sensor gives way to the host's own work: a bucket of processor time that fills steadily and that the
/// sensor's own use empties.
///
/// While there is credit the sensor wakes for each execution and before others, since a process that lives for a millisecond
/// is seen only by who wakes at once. Without credit it looks at intervals, and behind others: a flood of events then costs
/// the host less, and what the kernel cannot keep meanwhile is counted as lost.
struct ProcessorBudget: Sendable {
    enum Pace: Equatable, Sendable {
        /// For each execution, before others.
        case prompt
        /// At intervals, behind others.
        case yielding
    }

    /// Of all processors' time, what the sensor's threads may take for long while they are prompt: on two of them some 300
    /// executions a second, which a build on both of them makes. Handing on and evaluating costs half as much again. More
    /// would show more of what only the prompt see, command lines of processes that live for a millisecond, and would cost
    /// a busy host more than a twentieth.
    static let sharePerMille: Int64 = 17
    /// Credit that a quiet host leaves, nanoseconds of processor time: some 200 executions at once.
    static let creditMax: Int64 = 20_000_000
    /// The most that is owed, so that a flood of any length is over for the sensor soon after its end.
    static let debtMax: Int64 = 20_000_000
    /// Credit from which on a yielding sensor may be prompt again: half of all, so that it does not go back and forth.
    static let creditBack = creditMax / 2
    /// How long a yielding sensor counts events before it asks whether the flood is over.
    static let countingSpan: Int64 = 1_000_000_000
    /// Events whose cost is measured together while the sensor is prompt.
    static let costedCount: Int64 = 64
    /// What an event costs who is prompt, nanoseconds of processor time: measured, within these bounds.
    static let eventCostRange: ClosedRange<Int64> = 20_000...500_000
    /// The longest time between two readings that counts, nanoseconds: it fills the bucket of any machine.
    private static let passedMax: Int64 = 10_000_000_000

    private(set) var pace = Pace.prompt
    private var credit = Self.creditMax
    private var last: Reading?
    /// From here on events are counted: for their cost while prompt, for how many they are while yielding.
    private var mark: Reading?
    private var eventCost: Int64 = 100_000
    private let share: Int64

    init(processorCount: Int) { share = Int64(max(1, processorCount)) * Self.sharePerMille }

    /// What a sensor has done in its life.
    struct Reading: Sendable {
        /// Nanoseconds of processor time that its threads have taken.
        let spent: Int64
        /// Events that it has seen.
        let eventCount: Int64
        /// Nanoseconds of a clock that goes only forward.
        let at: Int64
    }

    /// Takes a reading.
    mutating func take(_ now: Reading) {
        defer { last = now }
        guard let last else { return }
        let passed = min(max(0, now.at &- last.at), Self.passedMax)
        let spent = min(max(0, now.spent &- last.spent), Self.passedMax)
        credit = min(Self.creditMax, max(-Self.debtMax, credit + passed * share / 1000 - spent))
        switch pace {
        case .prompt:
            measureCost(now)
            if credit <= 0 { (pace, mark) = (.yielding, now) }
        case .yielding:
            guard let isOver = isFloodOver(now), isOver, credit >= Self.creditBack else { return }
            (pace, mark) = (.prompt, now)
        }
    }

    private mutating func measureCost(_ now: Reading) {
        guard let mark, now.eventCount >= mark.eventCount, now.spent >= mark.spent else {
            mark = now
            return
        }
        let count = now.eventCount - mark.eventCount
        guard count >= Self.costedCount else { return }
        defer { self.mark = now }
        // Where they are few, what the threads do besides would be taken for theirs.
        guard now.at >= mark.at, now.at - mark.at <= Self.countingSpan else { return }
        let cost = (now.spent - mark.spent) / count
        let bounded = min(max(cost, Self.eventCostRange.lowerBound), Self.eventCostRange.upperBound)
        eventCost = (3 * eventCost + bounded) / 4
    }

    /// Whether a prompt sensor would have kept within the share lately; nil while that is still being counted.
    ///
    /// What a yielding sensor takes says nothing of it: it takes less, and would be prompt again in the midst of a flood.
    private mutating func isFloodOver(_ now: Reading) -> Bool? {
        guard let mark, now.eventCount >= mark.eventCount, now.at >= mark.at else {
            mark = now
            return nil
        }
        let passed = now.at - mark.at
        guard passed >= Self.countingSpan else { return nil }
        self.mark = now
        let count = min(now.eventCount - mark.eventCount, Int64(Int32.max))
        return count * eventCost <= min(passed, Self.passedMax) / 1000 * share
    }
}
