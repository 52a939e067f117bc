/// The bounds of the broker.
package enum BrokerLimit {
    /// Time that an engine has for a verdict, unless the operator gives another: long against the 60 us of a usual
    /// round trip, short against what a person notices.
    package static let deadlineMicroseconds: Int64 = 20_000
    /// The longest deadline that may be asked for: the watchdog ends a broker that owes an answer for 700 ms.
    package static let deadlineMicrosecondsMax: Int64 = 200_000
    /// Misses in a row after which the broker stops asking: the third execution in a row is the last that waits.
    package static let missesMax = 3
    /// How long the broker does not ask after the first opening of the breaker; each later one is twice as long.
    package static let pauseMicrosecondsFirst: Int64 = 30_000_000
    /// The longest pause, reached at the seventh opening: an engine that is mended is back within 32 minutes.
    package static let pauseMicrosecondsMax: Int64 = 1_920_000_000
    /// Asking for so long without an opening forgets the doubling: what failed then is another fault.
    package static let calmMicroseconds: Int64 = 600_000_000
    /// Executions that wait for a verdict at once. Each holds a descriptor, and a broker without a free descriptor would
    /// make the kernel deny; past it an execution is allowed at once.
    package static let pendingCountMax = 256
    /// Denials in any minute, unless the operator gives another number: an attack needs a few, a bad rule thousands.
    package static let denialsPerMinute = 20
    /// The largest budget that may be asked for; the broker remembers the time of each denial of the last minute.
    package static let denialsPerMinuteMax = 1000
    /// The window of the budget.
    package static let budgetWindowMicroseconds: Int64 = 60_000_000
    /// Bytes of a path: PATH_MAX of Linux.
    package static let pathBytesMax = 4096
    /// Bytes of a datagram of either direction: an ask with the longest path fits.
    package static let datagramBytesMax = 4096 + 64
    /// Folders of each kind (own, guarded, marked) that may be given: an installation has a handful.
    package static let foldersCountMax = 64
    /// Time between two reports to an engine while only the counters change.
    package static let reportMicroseconds: Int64 = 5_000_000
}
