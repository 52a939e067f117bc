package import FleetModel

/// The bounds of a run in the lab.
package enum LabLimit {
    /// Events between two pings: few enough that a death points at few suspects, many enough for speed.
    static let batchEventCountMax = 256
    /// Bytes between two pings. Two portions may wait at once, which is within `WorkerLimit.outboundBytesMax`.
    static let batchBytesMax = 256 << 10
    /// Frames that a worker may send before it answers a ping: some hundred for each event of a batch. What sends more
    /// is no worker of ours, and would fill the lab's memory.
    static let framesMax = 1 << 17
    /// Deaths of a worker that one stage looks into; a stage that goes on dying has shown enough.
    static let deathsPerStageMax = 3
    /// Findings of one stage that are reported one by one; the rest are counted.
    static let findingsPerStageMax = 32
    /// True examples of each kind of event that hostile events are made of. A pack of thousands of rules would
    /// otherwise take minutes here, and the state of the fields is what matters.
    static let hostileBasesPerKindMax = 48
    /// Events of the stress run: at the rate that is asked for, about ten seconds of a busy host.
    static let stressEventCount = 20_000
    /// Events whose latency is measured one by one.
    static let latencyEventCountMax = 512
    /// Changes of program in a row: a leak of one program a change shows against the memory budget.
    static let reloadCount = 16
    /// Events that are in flight when the program changes.
    static let changeoverEventCountMax = 200
    /// Earlier releases that a pack is changed over with: what an endpoint keeps beside the one on trial.
    package static let previousCountMax = 2
    /// Bytes of an event kept in a finding, so that it can be sent again: any event whole.
    static let evidenceBytesMax = EventCoding.eventBytesMax
    /// Bytes of a finding's message.
    static let messageBytesMax = 1_024
    /// Bytes of a file of labels: 16 MiB are half a million events.
    static let labelBytesMax = 16 << 20
}

/// What a release may cost and how often it may be wrong. The operator's numbers.
package struct LabBudget: Hashable, Sendable {
    /// Matches that are allowed in a million benign events.
    ///
    /// Default 100: a busy server makes about a million such events a day, and a hundred alerts a day from one host
    /// are already more than anyone reads.
    package var falsePositivesPerMillion = 100
    /// Steps that the program may take for one event, by its own checked bound.
    ///
    /// Default 500 million: an event of 64 KiB with nothing but what rules look for. It bounds a pack, not what an
    /// ordinary event takes, which is some thousand times less.
    package var costSteps: UInt64 = 500_000_000
    /// Resident bytes of a worker. The agent ends one above 256 MiB.
    package var residentBytes: UInt64 = 256 << 20
    /// How long one event may take. The agent ends a worker that does not answer for two seconds.
    package var latency = Moment.Span.seconds(2)
    /// Events a second that the worker must evaluate. Below 2,000 a busy host's events outrun it, and are lost.
    package var eventsPerSecondMin = 2_000
    /// From the start of a worker to the word that it has loaded, as endpoints have it.
    package var loadDeadline = Moment.Span.seconds(30)
    /// A worker that does not answer for this long has hung. Five times the agent's own deadline: a lab's machine may
    /// be busy with other things.
    package var answerDeadline = Moment.Span.seconds(10)

    package init() {}
}
