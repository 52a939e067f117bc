import FleetModel
import Glibc

/// The endpoint's clocks.
enum SensorClock {
    /// Now, by the wall clock.
    static func now() -> Moment { Moment(milliseconds: nanoseconds(CLOCK_REALTIME) / 1_000_000) }

    /// The moment of an event that the kernel stamped with CLOCK_MONOTONIC. Reckoned back from now, so that a wall
    /// clock that was set since the start is followed.
    static func moment(ofMonotonic stamp: UInt64) -> Moment {
        let age = max(0, nanoseconds(CLOCK_MONOTONIC) - Int64(clamping: stamp))
        return Moment(milliseconds: (nanoseconds(CLOCK_REALTIME) - age) / 1_000_000)
    }

    /// The moment of boot, by the wall clock as it is set now.
    static func bootMoment() -> Moment {
        Moment(milliseconds: (nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_BOOTTIME)) / 1_000_000)
    }

    /// The moment of a process's start, which `/proc` has in ticks since boot: user space is given 100 a second on every
    /// architecture (USER_HZ).
    static func moment(ofStartTicks ticks: UInt64, boot: Moment) -> Moment {
        boot + .milliseconds(Int64(clamping: ticks).multipliedReportingOverflow(by: 10).partialValue)
    }

    static func monotonicMilliseconds() -> Int64 { nanoseconds(CLOCK_MONOTONIC) / 1_000_000 }

    static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
