import FleetModel

/// The bounds of a sensor.
package enum SensorLimit {
    /// Events that wait for the agent: at most 8 seconds at 500 executions a second, and about 16 MiB. Past it the
    /// newest are dropped and counted: what came first tells how a process tree began.
    package static let queueCountMax = 4096
    /// Bytes of the connector's receive buffer: 8 MiB held 4,000 executions while the reader slept 1.5 seconds; the
    /// default held 86.
    package static let receiveBufferBytes: Int32 = 8 * 1024 * 1024
    /// Processes that are remembered. Above it a new process is not, and lineage through it ends there.
    package static let processCountMax = 16_384
    /// Ended processes that are remembered for the lineage of those they left behind; the oldest give way.
    package static let endedProcessCountMax = 2048
    /// Bytes remembered of a command line in a lineage. The event itself carries up to `EventCoding.textBytesMax`.
    package static let lineageTextBytesMax = 1024
    /// Bytes of a path: PATH_MAX of Linux.
    package static let pathBytesMax = 4096
    /// Bytes read of `/etc/passwd`; users past it are shown as numbers.
    package static let passwdBytesMax = 1024 * 1024
    /// Milliseconds between two looks at `/etc/passwd` for a user that is not known.
    package static let passwdIntervalMilliseconds: Int64 = 10_000
    /// Milliseconds that the kernel may take to acknowledge a subscription. It answers at once where it answers at all.
    package static let acknowledgementMilliseconds: Int32 = 500
    /// Bytes of one line of a recording: an event's largest encoding, as JSON, with its lineage.
    package static let recordingLineBytesMax = 256 * 1024
    /// Bytes of a recording: 64 MiB are about 60,000 events.
    package static let recordingBytesMax = 64 * 1024 * 1024
    /// Deepest nesting of a recording's line: the event, its lineage, a process.
    static let recordingDepthMax = 4
}
