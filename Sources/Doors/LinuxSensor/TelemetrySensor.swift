package import FleetModel

/// A source of events on an endpoint.
///
/// Its thread starts with it and ends by `stop`, with the last reference, or when the consumer of `events` is
/// cancelled.
package protocol TelemetrySensor: Sendable {
    /// Events in the order in which they were seen, to be iterated once. Finishes when the sensor has stopped.
    var events: AsyncStream<TelemetryEvent> { get }
    /// The same events, as many at once as wait: either is to be iterated.
    var batches: AsyncStream<[TelemetryEvent]> { get }
    /// Counts since the start; to be read at any time, from any thread.
    func counters() -> SensorCounters
    /// What the sensor hears from, and which of it does not work. Empty where there is but one source, and it is the
    /// stream itself.
    func sources() -> [SensorSourceReport]
    /// Stops within milliseconds. May be called more than once.
    func stop()
}

extension TelemetrySensor {
    package func sources() -> [SensorSourceReport] { [] }

    /// What is not watched, and why: reduced protection. Nil when everything is.
    package var reducedProtection: String? {
        let reports = sources().compactMap(\.trouble)
        return reports.isEmpty ? nil : reports.joined(separator: "; ")
    }
}

/// What a sensor has seen and lost since its start. A loss is reduced protection, and is reported as such.
package struct SensorCounters: Hashable, Sendable {
    /// Events handed to the queue, with those that it then dropped.
    package var observed: UInt64 = 0
    /// Kernel events that were lost because they were not read in time: of processes exactly, of files at least, since
    /// the kernel tells that it dropped some and not how many. With what a flood of files is likely to have made while
    /// nobody heard it.
    package var lostInKernel: UInt64 = 0
    /// Events dropped because the agent did not take them in time.
    package var lostInQueue: UInt64 = 0
    /// Events that lack something: the image or arguments of a process that had ended before they could be read, the
    /// folder of a file, the owner of a connection.
    package var incomplete: UInt64 = 0
    /// Connections that opened and closed between two looks, at least: the kernel counts what was opened. By design, and
    /// so no loss.
    package var unsampled: UInt64 = 0
    /// Processes that could not be remembered, so that a lineage may end early.
    package var untracked: UInt64 = 0

    package init() {}

    /// Events that no rule has seen.
    package var lost: UInt64 { lostInKernel + lostInQueue }
}
