/// Decides when the sensor gives way to the host's own work: a bucket of processor time that fills steadily and that the
/// process's own use empties.
///
/// While there is credit the sensor wakes for each event and before others, since a process that lives for a millisecond
/// is seen only by who wakes at once. Without credit it looks at intervals, and behind others: a flood of events then costs
/// the host less, and what the kernel cannot keep meanwhile is counted as lost.
struct ProcessorBudget: Sendable {
    enum Pace: Equatable, Sendable {
        /// For each event, before others.
        case prompt
        /// At intervals, behind others.
        case yielding
    }

    /// Of all processors' time, what the agent may take for long: on two of them some 1,500 executions a second, more than
    /// busy machines have. Less would cost a busy machine less, and would cost it what only the prompt see: command lines
    /// of processes that live for a millisecond.
    static let sharePerMille: Int64 = 100
    /// Credit that a quiet host leaves, nanoseconds of processor time: some 4,000 executions at once.
    static let creditMax: Int64 = 500_000_000
    /// The most that is owed, so that a flood of any length is over for the sensor soon after its end.
    static let debtMax: Int64 = 100_000_000
    /// Credit from which on a yielding sensor is prompt again: half of all, so that it does not go back and forth.
    static let creditBack = creditMax / 2
    /// The longest time between two readings that counts, nanoseconds: it fills the bucket of any machine.
    private static let passedMax: Int64 = 10_000_000_000

    private(set) var pace = Pace.prompt
    private var credit = Self.creditMax
    private var last: (spent: Int64, at: Int64)?
    private let share: Int64

    init(processorCount: Int) { share = Int64(max(1, processorCount)) * Self.sharePerMille }

    /// Takes a reading.
    ///
    /// - Parameters:
    ///   - spent: Nanoseconds of processor time that the process has taken in its life.
    ///   - now: Nanoseconds of a clock that goes only forward.
    mutating func take(spent: Int64, at now: Int64) {
        defer { last = (spent, now) }
        guard let last else { return }
        let passed = min(max(0, now - last.at), Self.passedMax)
        credit = min(Self.creditMax, max(-Self.debtMax, credit + passed * share / 1000 - max(0, spent - last.spent)))
        if credit <= 0 { pace = .yielding } else if credit >= Self.creditBack { pace = .prompt }
    }
}
