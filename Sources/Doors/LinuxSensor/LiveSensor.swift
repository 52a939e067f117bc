import CLinuxSensor
package import FleetModel
import Glibc

/// Whether the process connector works here.
package enum LiveSensorAvailability: Hashable, Sendable {
    case available
    /// Why not, and what would have to be done.
    case unavailable(SensorError)
}

/// Watches this machine: executions and ends of processes from the kernel's process connector, with what `/proc` knows
/// of them.
package final class LiveSensor: TelemetrySensor {
    private let output: SensorOutput
    private let thread: SensorThread

    package var events: AsyncStream<TelemetryEvent> { output.events }

    private init(output: SensorOutput, thread: SensorThread) {
        self.output = output
        self.thread = thread
    }

    deinit { thread.stop() }

    package func counters() -> SensorCounters { output.counters }

    package func stop() { thread.stop() }

    /// Whether a live sensor could start now. Takes a subscription and gives it back.
    package static func availability() -> LiveSensorAvailability {
        do throws(SensorError) {
            firebreak_connector_close(try connect())
            return .available
        } catch {
            return .unavailable(error)
        }
    }

    /// Starts to watch. Processes that are there already are known when the first event comes.
    package static func start(queueCountMax: Int = SensorLimit.queueCountMax) throws(SensorError) -> LiveSensor {
        let connector = try connect()
        let output = SensorOutput(queueCountMax: queueCountMax)
        let thread: SensorThread
        do throws(SensorError) {
            thread = try SensorThread.start { watch(connector, output, $0) }
        } catch {
            firebreak_connector_close(connector)
            throw error
        }
        output.onEnd { thread.stop() }
        return LiveSensor(output: output, thread: thread)
    }

    private static func connect() throws(SensorError) -> Int32 {
        let connector = firebreak_connector_open(SensorLimit.receiveBufferBytes)
        guard connector >= 0 else { throw SensorError(connectorErrno: -connector) }
        let answer = firebreak_connector_acknowledged(connector, SensorLimit.acknowledgementMilliseconds)
        guard answer == 0 else {
            firebreak_connector_close(connector)
            throw SensorError(connectorErrno: -answer)
        }
        return connector
    }

    private static func watch(_ connector: Int32, _ output: SensorOutput, _ thread: SensorThread) {
        firebreak_thread_hurry()
        var watch = ProcessWatch()
        watch.seed()
        let kernelEvents = UnsafeMutableBufferPointer<firebreak_process_event>.allocate(
            capacity: Int(FIREBREAK_EVENTS_PER_READ))
        defer {
            kernelEvents.deallocate()
            firebreak_connector_close(connector)
            output.finish()
        }
        while thread.wait(for: connector, milliseconds: -1) {
            let count = firebreak_connector_read(connector, kernelEvents.baseAddress)
            // After a loss the next events tell how many there were; reading on is all there is to do. Any other error
            // means that the kernel has taken the connector away: the stream ends, and the agent sees that.
            guard count >= 0 || count == -ENOBUFS else { return }
            for event in kernelEvents.prefix(Int(max(0, count))) {
                if let telemetry = watch.handle(event) { output.put(telemetry) }
            }
            let (lost, incomplete, untracked) = (watch.lostCount, watch.incompleteCount, watch.untrackedCount)
            output.count { counters in
                counters.lostInKernel = lost
                counters.incomplete = incomplete
                counters.untracked = untracked
            }
        }
    }
}
