/// The guard's decisions. Pure: values and a time in, actions out.
///
/// `now` is milliseconds of a clock that does not run while the host sleeps. The driver makes ``record`` durable
/// whenever a call has changed it, before it runs the actions.
package struct GuardMachine: Sendable {
    package internal(set) var record: GuardRecord
    let policy: GuardPolicy
    var agent = AgentState.none
    /// Agents that were killed from outside, shortly one after the other.
    var kills: UInt64 = 0
    /// What was taken away when this boot was counted: a digest, `unproven`, or `-`.
    var revertedAtBoot: PlainText = "-"
    /// State of the generator of jitter, so that a thousand hosts that failed together do not restart together.
    var jitter: UInt64
    /// When the machine was last called: a guard that was held up must not blame the agent for it.
    var heardAt: UInt64?

    enum AgentState: Equatable, Sendable {
        /// None runs, and none is due.
        case none
        case running(Run)
        /// None runs; one is started at this time.
        case waiting(until: UInt64)
    }

    /// An agent that runs.
    struct Run: Equatable, Sendable {
        var slot: BuildSlot
        var isTrial: Bool
        var mode: GuardMode
        var startedAt: UInt64
        var lastBeatAt: UInt64
        /// It has had a healthy stretch.
        var isWell = false
        /// It said that an orderly end follows.
        var isStopping = false
        /// It was told to end.
        var ending: Ending?
    }

    struct Ending: Equatable, Sendable {
        enum Reason: Equatable, Sendable {
            /// The guard ends too.
            case finish
            /// It is to be started anew, on something else.
            case change
            /// It gave no beat, and was killed.
            case hung
            /// On trial, and past the deadline.
            case unproven
        }

        var reason: Reason
        var since: UInt64
    }

    package init(policy: GuardPolicy, seed: UInt64) {
        self.policy = policy
        jitter = seed
        record = GuardRecord(bootID: "-")
    }

    /// Takes what another process of the guard has written since.
    package mutating func refresh(_ record: GuardRecord) { self.record = record }

    /// An agent is held to be running.
    package var hasAgent: Bool {
        if case .running = agent { return true }
        return false
    }

    package mutating func handle(_ input: GuardInput, at now: UInt64) -> [GuardAction] {
        forgive(stallUntil: now)
        switch input {
        case .boot(let start): return booted(start)
        case .watch(let adopted): return watchBegan(adopted: adopted, at: now)
        case .agentUnstartable(let why): return died("could not be started: \(why)", at: now)
        case .agentAdopted: return adopted(at: now)
        case .agentLeft(let journal): return left(journal)
        case .agentEnded(let end): return ended(end, at: now)
        case .said(let word): return said(word, at: now)
        case .tick: return ticked(at: now)
        case .end: return endRequested(at: now)
        case .shutdown:
            record.hasEnded = true
            return [.tell("shutdown: boot \(record.bootCount) ends in good order")]
        case .swept:
            record.isSweepDue = false
            return []
        case .recordUnwritable: return recordUnwritable(at: now)
        case .stagingBegan: return stagingBegan()
        case .staged(let digest): return staged(digest)
        case .remedy(let plan): return applied(plan, at: now)
        case .buildRecalled: return buildRecalled()
        }
    }

    /// Milliseconds until `tick` is due; nil when nothing is.
    package func wakeAfter(now: UInt64) -> UInt64? {
        switch agent {
        case .none: nil
        case .waiting(let until): until > now ? until - now : 0
        case .running: GuardPolicy.lookSpan
        }
    }

    /// Moves the times of a running agent on by what the guard has slept through.
    private mutating func forgive(stallUntil now: UInt64) {
        if case .running(var run) = agent, let heardAt, now > heardAt, now - heardAt > GuardPolicy.stallMax {
            let gap = now - heardAt
            run.lastBeatAt += gap
            run.startedAt += gap
            if let ending = run.ending { run.ending?.since = ending.since + gap }
            agent = .running(run)
        }
        heardAt = now
    }

    /// A quarter more or less of `span` (SplitMix64).
    mutating func jittered(_ span: UInt64) -> UInt64 {
        jitter &+= 0x9E37_79B9_7F4A_7C15
        var mixed = jitter
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return span - span / 4 + mixed % (span / 2 + 1)
    }
}
