import CLinuxSensor
import Glibc
import Synchronization

/// The pace of all threads of a sensor.
final class SensorPace: Sendable {
    private struct State {
        var budget: ProcessorBudget
        var readAt: Int64 = 0
        /// Nanoseconds of processor time that the threads have taken.
        var spent: Int64 = 0
    }

    private let state: Mutex<State>
    private let output: SensorOutput

    init(_ output: SensorOutput, processorCount: Int = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) {
        self.output = output
        state = Mutex(State(budget: ProcessorBudget(processorCount: processorCount)))
    }

    /// The pace from now on. Reckons at intervals, not each time.
    ///
    /// - Parameter spent: Nanoseconds of processor time that the calling thread has taken since it asked last.
    func next(spent: Int64) -> ProcessorBudget.Pace {
        let now = SensorClock.nanoseconds(CLOCK_MONOTONIC)
        return state.withLock { state in
            state.spent += spent
            if now - state.readAt >= SensorLimit.paceNanoseconds {
                state.readAt = now
                state.budget.take(
                    ProcessorBudget.Reading(
                        spent: state.spent,
                        eventCount: Int64(clamping: output.counters.observed), at: now))
            }
            return state.budget.pace
        }
    }
}

/// One thread's part in it. To be used by that thread alone.
struct ThreadPace {
    private let shared: SensorPace
    private let isHurried: Bool
    private var pace = ProcessorBudget.Pace.prompt
    private var spent = SensorClock.nanoseconds(CLOCK_THREAD_CPUTIME_ID)

    /// - Parameter isHurried: Whether the thread runs before ordinary ones while there is credit.
    init(_ shared: SensorPace, isHurried: Bool) {
        self.shared = shared
        self.isHurried = isHurried
        firebreak_thread_pace(kernelPace)
    }

    /// Before each turn: what the thread is to wait for. Nil: for the next event or ring; else for so many milliseconds.
    mutating func turn() -> Int32? {
        // The thread's and not the process's: what else the agent does, as verifying an update, must not blind it.
        let spentNow = SensorClock.nanoseconds(CLOCK_THREAD_CPUTIME_ID)
        let next = shared.next(spent: spentNow - spent)
        spent = spentNow
        if next != pace {
            pace = next
            firebreak_thread_pace(kernelPace)
        }
        return next == .yielding ? SensorLimit.yieldingMilliseconds : nil
    }

    /// Does something short before ordinary threads, at whichever pace the sensor is.
    func hurried<Result>(_ body: () -> Result) -> Result {
        firebreak_thread_pace(FIREBREAK_PACE_HURRIED)
        defer { firebreak_thread_pace(kernelPace) }
        return body()
    }

    private var kernelPace: firebreak_pace {
        switch pace {
        case .yielding: FIREBREAK_PACE_YIELDING
        case .prompt: isHurried ? FIREBREAK_PACE_HURRIED : FIREBREAK_PACE_ORDINARY
        }
    }
}
