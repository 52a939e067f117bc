import FleetModel
import Glibc

/// The agent's monotonic clock: one reading of the wall clock at the start, and CLOCK_BOOTTIME since.
///
/// A wall clock that is set, or that NTP corrects, moves no deadline of this agent. CLOCK_BOOTTIME also counts while
/// the machine sleeps, so an alert's time stays near the wall's.
struct AgentClock: Sendable {
    private let wallAtStart: Int64
    private let bootAtStart: Int64

    init() {
        wallAtStart = Self.milliseconds(CLOCK_REALTIME)
        bootAtStart = Self.milliseconds(CLOCK_BOOTTIME)
    }

    func now() -> Moment { Moment(milliseconds: wallAtStart + Self.milliseconds(CLOCK_BOOTTIME) - bootAtStart) }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
