import FleetModel

/// The bounds of the control plane. Those of messages are in `ControlWireLimit`, those of the database in `StoreLimit`.
enum ControlLimit {
    /// Check-ins and commands in one transaction: enough that a fleet's burst needs few commits, few enough that none
    /// takes long.
    static let batchCountMax = 512
    /// Check-ins and commands that wait for a commit. Beyond, they are told to come back: a queue that is longer than
    /// a poll interval holds answers that nobody waits for any more.
    static let queueCountMax = 16_384
    /// Endpoints of one control plane with this store.
    static let endpointCountMax = 200_000
    /// Customers with a policy of their own: each is in memory, and in one answer of the management API.
    static let customerCountMax = 1024
    /// Endpoint snapshots written with one flush: a flush then takes some ten milliseconds.
    static let snapshotsFlushedMax = 512
    /// Last-seen times written with one flush.
    static let seenFlushedMax = 2048
    /// Points of a rollout's history for the page. Beyond, every second one is dropped.
    static let historyPointCountMax = 1024
    /// Endpoints that the status page looks at, to show those in trouble first. It is made while check-ins wait.
    static let pageEndpointCountMax = 2000
    /// Entries of the record that are brought into the log at once: a batch of the log holds as many.
    static let recordsLoggedMax = 256
    /// Ledger rows read at once when a machine is rebuilt.
    static let ledgerPageCountMax = 10_000
    /// Connections at one time: each takes about 40 KiB with TLS. Agents beyond wait in the kernel's backlog.
    static let connectionCountMax = 16_384
    /// Connections that the kernel holds until they are taken in.
    static let backlog = 1024
    /// Fields of a request's header.
    static let headerCountMax = 64
    /// Bytes of a request's header: ours have below 1 KiB.
    static let headerBytesMax = 16 << 10
    /// Bytes of any request: the largest pack, and as much again. A connection that sends more is closed.
    static let requestBytesMax = 64 << 20
    /// A connection without a request for this long is closed. Agents poll more often than twice in it.
    static let idleSeconds: Int64 = 120
    /// Looks of a connection's watch, half of `idleSeconds` apart, that a request may take to arrive: 32 MiB in two
    /// minutes is slower than any link that a release engineer has.
    static let requestLooksMax = 2
    /// Long polls at one time. Beyond, they are answered at once, as if their wait were 0.
    static let longPollCountMax = 1024
    /// Packs held in memory for endpoints that fetch the same one at the same time.
    static let packCacheBytesMax = 96 << 20
    /// Lines about refused requests of one kind, a second. Counted beyond: a flood must not fill the log's disk.
    static let refusalLinesPerSecond = 5
    /// Milliseconds from one look at the clocks of open rollouts to the next: a sixtieth of the shortest silence
    /// deadline in a preset.
    static let tickInterval = Moment.Span.milliseconds(100)
    /// Time between two looks at the deadlines from which on the control plane counts as not having listened. Twenty
    /// ticks: a busy machine is not away, and no policy's silence deadline is as short.
    static let stallMax = Moment.Span.seconds(2)
    /// Milliseconds from one flush to the next: how far behind the database may be in what is only shown, and how much
    /// of the listening time a crash can make look like an outage.
    static let flushInterval = Moment.Span.seconds(1)
    /// After a failed commit, the pause before the ledger is read again.
    static let recoveryPause = Moment.Span.milliseconds(500)
}
