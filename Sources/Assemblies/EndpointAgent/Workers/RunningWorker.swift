import AgentEngine
import FleetModel
import Synchronization
import WorkerSandbox
import WorkerWire

/// One worker and what its agent knows of it.
final class RunningWorker: Sendable {
    let pinned: PinnedRelease
    let process: WorkerProcess
    /// Number of this load: frames about another are none of this worker's.
    let generation: UInt32

    struct Ping {
        let nonce: UInt64
        let sentAt: Moment
        /// The latest event that was sent before it.
        let sequence: UInt64
    }

    struct Standing {
        var slot: WorkerSlot
        var isLoaded = false
        /// It is being ended by us, or has failed: what it does now is no news.
        var isRetired = false
        /// It is being ended in order: matches of what it was sent still count.
        var isDraining = false
        /// Matches of events up to this one are another worker's business.
        var answersAfter: UInt64 = 0
        var ping: Ping?
        var nonce: UInt64 = 0
        var lastPongAt: Moment?
        /// The answer to the canary event that went with the ping of this nonce.
        var canary: (nonce: UInt64, isDetected: Bool)?
        /// Rules of its program that ask to deny.
        var denyRuleCount: UInt32 = 0
        var eventsEvaluated: UInt64 = 0
        var eventsRefused: UInt64 = 0
        /// What it said before it ended.
        var fault: String?
    }

    private let standing: Mutex<Standing>

    let launchedAt: Moment

    init(pinned: PinnedRelease, process: WorkerProcess, generation: UInt32, slot: WorkerSlot, launchedAt: Moment) {
        self.launchedAt = launchedAt
        self.pinned = pinned
        self.process = process
        self.generation = generation
        standing = Mutex(Standing(slot: slot))
    }

    func with<Result: Sendable>(_ change: (inout sending Standing) -> sending Result) -> Result {
        standing.withLock(change)
    }

    /// Marks it as ended by us; false when it was already.
    func retire() -> Bool {
        with { standing in
            defer { standing.isRetired = true }
            return !standing.isRetired
        }
    }
}
