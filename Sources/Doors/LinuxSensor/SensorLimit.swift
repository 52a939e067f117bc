import FleetModel

/// The bounds of a sensor.
package enum SensorLimit {
    /// Events that wait for the agent: at most 8 seconds at 500 executions a second, and about 16 MiB. Past it the
    /// newest are dropped and counted: what came first tells how a process tree began.
    package static let queueCountMax = 4096
    /// Events that are handed on at once: under a flood the threads after the sensor's are woken once for so many.
    package static let batchCountMax = 128
    /// Milliseconds between two deliveries of processes: a busy host wakes the threads after the sensor's 100 times a
    /// second, and not for each execution.
    static let deliveryMilliseconds: Int64 = 10
    /// Places in the queue that only events of processes may take: file changes come by the thousand, and a flood of them
    /// must not hide an execution.
    static let reservedQueueCount = 1024
    /// Milliseconds that file changes wait for room in the queue before they are dropped. Meanwhile more wait in the
    /// kernel, which holds 16,384.
    static let roomMilliseconds: Int32 = 100
    /// Milliseconds between two looks at that room.
    static let roomLookMilliseconds: Int32 = 2
    /// Bytes of the connector's receive buffer: 8 MiB held 4,000 executions while the reader slept 1.5 seconds; the
    /// default held 86.
    package static let receiveBufferBytes: Int32 = 8 * 1024 * 1024
    /// Nanoseconds between two looks at what the sensor has used of the processors.
    static let paceNanoseconds: Int64 = 5_000_000
    /// Milliseconds between two looks at what is no execution, ends of processes and changes of user, when it is not so
    /// much that the bell rings for it.
    static let listeningMilliseconds: Int32 = 250
    /// Milliseconds between two looks of a sensor that yields. What costs a busy host most is not what is done with an
    /// event but that someone is woken for it: a thread that only wakes, every 2 ms, makes a processor-bound job beside a
    /// flood a fifth longer, every 20 ms a twentieth. The connector's buffer holds thousands of executions meanwhile.
    static let yieldingMilliseconds: Int32 = 50
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
    /// Reads of the connector in one go, of up to 64 events each: whoever catches up with it under a flood stops there.
    static let readsPerTurnMax = 64
    /// Bytes taken from the group for file changes at once: about 600 changes with names.
    static let fileReadBytes = 64 * 1024
    /// Reads of that group in one go: about 10,000 changes, and 4 MiB while they are looked at.
    static let fileReadsPerTurnMax = 16
    /// Reads of which a sensor that yields makes events in one look: about 2,400 changes, as a host makes that catches up
    /// with its work. Those past it are only counted, as lost, until `FileHearing` takes it for a flood.
    static let yieldingFileReadsMax = 4
    /// The same of one spell in a flood: when it became longer than it should have, since the thread was not woken in time.
    static let floodFileReadsMax = 1
    /// Milliseconds for which it is told that a flood of file changes was not heard in whole: some check-ins.
    static let restToldMilliseconds: Int64 = 60_000
    /// Milliseconds that file changes may gather before they are read: the kernel then joins those that are alike, and
    /// a directory's removal comes with that of what was in it. A queue of 16,384 holds 8 million a second for so long.
    /// Longer, and more processes are another program, or another user's, by the time they are asked about.
    static let gatheringMilliseconds: Int32 = 2
    /// Directories whose paths are remembered, about 1 MiB; a refill costs some 10 microseconds for each.
    static let directoryCountMax = 4096
    /// Directories within directories that were removed together and are named by their removals.
    static let directoryDepthMax = 64
    /// Milliseconds within which a process's writing to one file is told once.
    static let writingMilliseconds: Int64 = 1000
    /// Writings that are remembered for that; past it some are told twice.
    static let writingCountMax = 4096
    /// File systems that are watched. A machine with more has them for containers, which share a few.
    static let fileSystemCountMax = 64
    /// Bytes read of `/proc/self/mountinfo`: some 10,000 mounts.
    static let mountTableBytesMax = 2 * 1024 * 1024
    /// Programs opened to be executed that are remembered until the execution is heard of.
    static let executionCountMax = 1024
    /// Milliseconds between two looks at the connections.
    static let connectionMilliseconds: Int64 = 1000
    /// A look costs at most a 500th of the time until the next: on a machine with very many connections, looks are rarer.
    static let connectionShareDivisor: Int64 = 500
    /// Milliseconds between two looks at the most.
    static let connectionMillisecondsMax: Int64 = 30_000
    /// Sockets taken of one look, 512 KiB; what is past it is counted as not looked at.
    static let socketCountMax = 32_768
    /// Bytes of one portion of a look; the kernel fills half of it.
    static let socketReadBytes = 32 * 1024
    /// New connections of one look whose owners are searched for.
    static let searchedSocketCountMax = 1024
    /// Nanoseconds of processor time for the search for owners in one look: some 20,000 descriptors.
    static let searchNanosecondsMax: UInt64 = 20_000_000
    /// Processes that are searched first, since they had connections before.
    static let recentOwnerCountMax = 64
    /// Milliseconds that the kernel may take to acknowledge a subscription. It answers at once where it answers at all.
    package static let acknowledgementMilliseconds: Int32 = 500
    /// Bytes of one line of a recording: an event's largest encoding, as JSON, with its lineage.
    package static let recordingLineBytesMax = 256 * 1024
    /// Bytes of a recording: 64 MiB are about 60,000 events.
    package static let recordingBytesMax = 64 * 1024 * 1024
    /// Deepest nesting of a recording's line: the event, its lineage, a process.
    static let recordingDepthMax = 4
}
