import CLinuxSensor
package import FleetModel
import Glibc
import Synchronization

/// Whether a live sensor works here.
package enum LiveSensorAvailability: Hashable, Sendable {
    case available
    /// Why not, and what would have to be done.
    case unavailable(SensorError)
}

/// Watches this machine: processes from the kernel's process connector, files from fanotify, connections from the
/// diagnosis of sockets, with what `/proc` knows of who did it.
///
/// A source that cannot be had leaves the others working, and `sources` says so.
package final class LiveSensor: TelemetrySensor {
    private let output: SensorOutput
    private let threads: [SensorThread]
    private let standings: SourceStandings

    package var events: AsyncStream<TelemetryEvent> { output.events }
    package var batches: AsyncStream<[TelemetryEvent]> { output.batches }

    private init(output: SensorOutput, threads: [SensorThread], standings: SourceStandings) {
        self.output = output
        self.threads = threads
        self.standings = standings
    }

    deinit { stop() }

    package func counters() -> SensorCounters { output.counters }

    package func sources() -> [SensorSourceReport] { standings.reports }

    package func stop() { for thread in threads { thread.stop() } }

    /// Whether executions can be watched here. Takes a subscription and gives it back.
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
        var options = SensorOptions()
        options.queueCountMax = queueCountMax
        return try start(options)
    }

    /// Starts all sources that were asked for and can be had.
    ///
    /// - Throws: When neither processes nor files can be watched, of those that were asked for: why the first cannot.
    package static func start(_ options: SensorOptions) throws(SensorError) -> LiveSensor {
        let standings = SourceStandings(options.sources)
        let output = SensorOutput(queueCountMax: options.queueCountMax)
        let bell = ExecutionBell()
        let connector = standings.attempt(.processes, { () throws(SensorError) in try connect() })
        var executions = ExecutionNames(group: connector == nil ? -1 : firebreak_executions_open())
        executions.mark(MountTable.localMountPoints())
        let processes = ProcessSource(connector: connector, executions: executions, output: output)
        let files = standings.attempt(
            .files, { () throws(SensorError) in try FileSource(options: options, processes: processes, output: output) }
        )
        let connections = standings.attempt(
            .connections,
            { () throws(SensorError) in
                try ConnectionSource(options: options, processes: processes, output: output)
            })
        // Told once: what a process may read does not come back.
        let blindness = ProcFiles().blindness
        for source in [SensorSource.processes, .connections] { standings.set(source, note: { blindness }) }
        if connector == nil, files == nil, let failure = standings.firstFailure { throw failure }

        let pace = SensorPace(output)
        var threads: [SensorThread] = []
        // Held until all have started: the first to end must not end the stream of the others.
        output.enter()
        defer { output.leave() }
        do throws(SensorError) {
            if let connector {
                threads.append(
                    try start(.processes, standings, output) { thread in
                        processes.run(connector, bell, thread, pace) ? SensorError(connectorErrno: ENOTCONN) : nil
                    })
            }
            if let files {
                standings.set(.files, note: { [weak files] in files?.trouble })
                threads.append(
                    try start(.files, standings, output) { thread in
                        let number = files.run(thread, pace)
                        return number == 0 ? nil : SensorError(.files, errno: number)
                    })
            }
            if let connections {
                threads.append(
                    try start(.connections, standings, output) { thread in
                        var connections = connections
                        return connections.run(thread)
                    })
            }
        } catch {
            for thread in threads { thread.stop() }
            throw error
        }
        let started = threads
        output.onEnd { for thread in started { thread.stop() } }
        return LiveSensor(output: output, threads: threads, standings: standings)
    }

    private static func start(
        _ source: SensorSource, _ standings: SourceStandings, _ output: SensorOutput,
        _ body: @escaping @Sendable (SensorThread) -> SensorError?
    ) throws(SensorError) -> SensorThread {
        output.enter()
        do throws(SensorError) {
            return try SensorThread.start { thread in
                if let failure = body(thread) { standings.set(source, .missing(failure)) }
                output.leave()
            }
        } catch {
            output.leave()
            throw error
        }
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
}
