/// What became of a battery of events.
struct BatteryReport {
    var evaluated = 0
    var refused = 0
    /// By the event's number: ids of the rules that matched, ascending. Events without a match are not in it.
    var matches: [Int: [String]] = [:]
    /// Times that the worker died.
    var deaths = 0
    var peakResidentBytes: UInt64 = 0
    /// The worker's processor time.
    var processorMilliseconds: UInt64 = 0
    var findings: [LabFinding] = []
    /// False when the worker died so often that events are left.
    var isComplete = true

    var matchCount: Int { matches.values.reduce(0) { $0 + $1.count } }
}
