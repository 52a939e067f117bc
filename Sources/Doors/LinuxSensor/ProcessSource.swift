import CLinuxSensor
import FleetModel
import Glibc
import Synchronization

/// The processes of this machine, kept up to date from the process connector, for all threads of a sensor.
final class ProcessSource: Sendable {
    private struct State {
        var watch = ProcessWatch()
        /// -1 where there is none, or no more.
        var connector: Int32
        var executions: ExecutionNames
        /// Caught, and not handed on yet.
        var heard: [TelemetryEvent] = []
        var deliveredAt: Int64 = 0
        var toldIncompleteCount: UInt64 = 0
        var toldLostCount: UInt64 = 0
    }

    private let state: Mutex<State>
    private let output: SensorOutput

    /// - Parameter connector: Open and subscribed; nil where it cannot be had: `/proc` is then asked each time.
    init(connector: Int32?, executions: ExecutionNames, output: SensorOutput) {
        state = Mutex(State(connector: connector ?? -1, executions: executions))
        self.output = output
    }

    deinit {
        state.withLock { state in
            Self.close(&state)
            state.executions.close()
        }
    }

    /// The thread that follows the connector. Ends with the thread, or when the kernel takes the connector away.
    ///
    /// - Returns: Whether it was taken away.
    func run(_ connector: Int32, _ bell: ExecutionBell, _ thread: SensorThread, _ shared: SensorPace) -> Bool {
        var pace = ThreadPace(shared, isHurried: true)
        state.withLock { $0.watch.seed() }
        var reach = Reach.all
        while reach != .gone {
            let isGoing: Bool
            if reach == .part {
                isGoing = thread.wait(for: -1, milliseconds: 0)
            } else if let interval = pace.turn() {
                // Nor does the bell wake anybody, for nobody waits for it.
                isGoing = thread.wait(for: -1, milliseconds: interval)
            } else if let descriptor = bell.descriptor {
                // What else there is to hear has no hurry.
                isGoing = thread.wait(
                    for: descriptor, milliseconds: dueMilliseconds() ?? SensorLimit.listeningMilliseconds)
            } else {
                isGoing = thread.wait(for: connector, milliseconds: dueMilliseconds() ?? -1)
            }
            guard isGoing else { break }
            // Before the reading: what rings meanwhile is read, or rings again.
            bell.clear()
            reach = catchUp(.whenDue)
        }
        state.withLock { state in
            deliver(&state)
            Self.close(&state)
        }
        return reach == .gone
    }

    /// How far a reading came.
    enum Reach {
        /// Everything that was there was read.
        case all
        /// More is there than one turn reads.
        case part
        /// There is no connector, or no more.
        case gone
    }

    /// When what was caught is handed on.
    enum Delivery {
        /// Before the call returns.
        case atOnce
        /// At once after a quiet while; else together with what follows within ``SensorLimit/deliveryMilliseconds``. To be
        /// seen a process must be caught while it lives, and there is no such hurry to tell of it: two threads more wake
        /// for each delivery.
        case whenDue
    }

    /// Handles what the connector has heard until now. Whoever has heard of a process elsewhere calls this first: the
    /// kernel tells of an execution before the program begins.
    @discardableResult
    func catchUp(_ delivery: Delivery = .atOnce) -> Reach {
        state.withLock { state in
            guard state.connector >= 0 else { return .gone }
            defer {
                if delivery == .atOnce || Self.millisecondsLeft(state) <= 0 { deliver(&state) }
                report(&state)
            }
            for _ in 0..<SensorLimit.readsPerTurnMax {
                let count = read(&state)
                if count == 0 { return .all }
                // After a loss the next events tell how many there were; reading on is all there is to do. Any other
                // error means that the kernel has taken the connector away.
                guard count > 0 || count == -ENOBUFS else {
                    Self.close(&state)
                    return .gone
                }
                if state.heard.count >= SensorLimit.batchCountMax { deliver(&state) }
            }
            return .part
        }
    }

    private func deliver(_ state: inout State) {
        guard !state.heard.isEmpty else { return }
        output.put(state.heard, .first)
        state.heard.removeAll(keepingCapacity: true)
        state.deliveredAt = SensorClock.monotonicMilliseconds()
    }

    /// Until something that was caught is to be handed on; nil when nothing waits for that.
    private func dueMilliseconds() -> Int32? {
        state.withLock { $0.heard.isEmpty ? nil : Int32(clamping: max(0, Self.millisecondsLeft($0))) }
    }

    private static func millisecondsLeft(_ state: State) -> Int64 {
        SensorLimit.deliveryMilliseconds - (SensorClock.monotonicMilliseconds() - state.deliveredAt)
    }

    /// Who has this process id, or had it last; nil when nothing is known of it.
    func actor(_ processId: Int32) -> ProcessActor? {
        state.withLock { $0.watch.actor(processId, isFresh: $0.connector >= 0) }
    }

    func userName(_ user: UInt32) -> String { state.withLock { $0.watch.userName(user) } }

    /// Other file systems are there: programs on them may be executed.
    func mark(_ mountPoints: [String]) { state.withLock { $0.executions.mark(mountPoints) } }

    private func read(_ state: inout State) -> Int32 {
        withUnsafeTemporaryAllocation(of: firebreak_process_event.self, capacity: Int(FIREBREAK_EVENTS_PER_READ)) {
            kernelEvents in
            let count = firebreak_connector_read(state.connector, kernelEvents.baseAddress)
            guard count > 0 else { return count }
            state.executions.catchUp()
            let events = kernelEvents[..<Int(count)]
            for (index, event) in events.enumerated() {
                let hasEnded = event.isExecution && events[(index + 1)...].contains { $0.isEnd(of: event.pid) }
                let telemetry = state.watch.handle(event, hasEnded: hasEnded, executions: &state.executions)
                if let telemetry { state.heard.append(telemetry) }
            }
            return count
        }
    }

    private func report(_ state: inout State) {
        let lost = state.watch.lostCount - state.toldLostCount
        let incomplete = state.watch.incompleteCount - state.toldIncompleteCount
        let untracked = state.watch.untrackedCount
        state.toldLostCount += lost
        state.toldIncompleteCount += incomplete
        output.count { counters in
            counters.lostInKernel += lost
            counters.incomplete += incomplete
            counters.untracked = untracked
        }
    }

    private static func close(_ state: inout State) {
        if state.connector >= 0 { firebreak_connector_close(state.connector) }
        state.connector = -1
    }
}

extension firebreak_process_event {
    fileprivate var isExecution: Bool { UInt32(bitPattern: kind) == FIREBREAK_PROCESS_EXEC.rawValue }

    fileprivate func isEnd(of processId: Int32) -> Bool {
        pid == processId && UInt32(bitPattern: kind) == FIREBREAK_PROCESS_EXIT.rawValue
    }
}
