/// What the broker counts.
package enum BrokerCounter: UInt8, CaseIterable, Sendable {
    /// Events taken from the kernel.
    case events
    /// Executions that an engine was asked about.
    case asked
    /// Executions allowed without a question: no engine, or the breaker is open.
    case unasked
    /// Executions of our own programs, or by our own processes.
    case exempt
    /// Executions that an engine allowed in time.
    case allowed
    /// Executions that an engine denied.
    case denied
    /// Denials that were not carried out, since the program is on the protected list.
    case deniedRefused
    /// Denials that were not carried out, since the budget was spent.
    case deniedOverBudget
    /// Executions allowed because no verdict came in time, or the ask could not be sent.
    case missed
    /// Verdicts that came after their execution had been allowed.
    case lateVerdicts
    /// Verdicts on what was never asked.
    case strayVerdicts
    /// Executions allowed because too many waited.
    case overflowed
    /// Executions allowed because their path could not be read.
    case unreadable
    /// Executions allowed because the engine went away, or the breaker opened while they waited.
    case released
    /// Openings in guarded folders by our own programs.
    case guardAllowed
    /// Openings in guarded folders that were denied.
    case guardDenied
    /// Times that the breaker opened.
    case openings

    /// The name in reports.
    package var name: StaticString {
        switch self {
        case .events: "events"
        case .asked: "asked"
        case .unasked: "unasked"
        case .exempt: "exempt"
        case .allowed: "allowed"
        case .denied: "denied"
        case .deniedRefused: "denied_refused"
        case .deniedOverBudget: "denied_over_budget"
        case .missed: "missed"
        case .lateVerdicts: "late_verdicts"
        case .strayVerdicts: "stray_verdicts"
        case .overflowed: "overflowed"
        case .unreadable: "unreadable"
        case .released: "released"
        case .guardAllowed: "guard_allowed"
        case .guardDenied: "guard_denied"
        case .openings: "openings"
        }
    }
}

/// The counters since the start of the broker. They wrap, as no broker lives to see.
package struct BrokerCounters: Sendable, Equatable {
    package internal(set) var values = [UInt64](repeating: 0, count: BrokerCounter.allCases.count)

    package init() {}

    package subscript(_ counter: BrokerCounter) -> UInt64 {
        get { values[Int(counter.rawValue)] }
        set { values[Int(counter.rawValue)] = newValue }
    }
}

/// Whether executions wait for an engine.
package enum BrokerMode: UInt8, Sendable {
    /// No engine is connected: every execution is allowed at once.
    case alone = 0
    /// Executions wait for the engine's verdict, up to the deadline.
    case asking = 1
    /// The breaker is open: every execution is allowed at once, until the pause is over.
    case observing = 2

    package var name: StaticString {
        switch self {
        case .alone: "alone"
        case .asking: "asking"
        case .observing: "observing"
        }
    }
}

/// Why the breaker opened last.
package enum BreakerReason: UInt8, Sendable {
    case none = 0
    /// The engine missed too many deadlines in a row.
    case misses = 1
    /// Content denied more than the budget: the agent reverts the pack.
    case denialBudget = 2

    package var name: StaticString {
        switch self {
        case .none: "none"
        case .misses: "misses"
        case .denialBudget: "denial_budget"
        }
    }
}

/// How the broker stands.
package struct BrokerStatus: Sendable, Equatable {
    package var mode: BrokerMode
    /// Why the breaker opened last; `none` once it has been closed again and calm.
    package var reason: BreakerReason
    /// The pack whose denial spent the budget; 0 otherwise.
    package var pack: UInt64
    /// Time until the broker asks again; 0 unless the breaker is open.
    package var pauseLeftMicroseconds: Int64
    package var deadlineMicroseconds: Int64
    package var denialsPerMinute: Int
    /// Executions that wait now.
    package var pendingCount: Int
    /// The longest that an answer took since the event was taken.
    package var slowestMicroseconds: Int64
    package var counters: BrokerCounters
    /// Of the broker, and of its watchdog.
    package var processId: Int32 = 0
    package var watchdogId: Int32 = 0
}
