package import FleetModel

/// Which of the endpoint's two workers.
package enum WorkerSlot: String, Hashable, Sendable, Codable, CaseIterable {
    /// Its matches become alerts.
    case active
    /// Runs a release beside the active one, on the same events; its matches are counted and dropped.
    case shadow
}

/// How a worker failed.
package enum WorkerFault: Hashable, Sendable {
    /// It ended by itself: the signal or exit code in words.
    case died(String)
    /// Something else on the host ended it with SIGKILL, in words: someone who may, or the kernel for want of memory. No
    /// program can: a sealed worker may signal nobody, and its own limits end it with other signals.
    case killed(String)
    /// It did not answer within its deadline, and was ended.
    case hung
    /// It would not load the program.
    case refused(code: String, message: String)
    /// More memory than its budget.
    case overBudget(String)
    /// It asked for more destructive actions than the policy allows: denials, kills, quarantines.
    case destructive(String)
}

/// What the driver found on disk when the agent started.
package struct AgentStart: Sendable {
    package enum Journal: Sendable {
        /// No journal, as on the first start of all.
        case absent
        case intact(UpdateJournal)
        /// Torn, empty or unreadable: something ended in the middle of a write, and that counts as a failure.
        case damaged(String)
    }

    package let journal: Journal
    /// Every pack in the generation store that is intact: signature and digest hold. One that cannot be read now is
    /// not among them, and may be at the next start.
    package let found: [FoundGeneration]
    /// The kernel's boot id: a graceful end before a reboot is no proof that all was well.
    package let bootID: String
    package let protections: LabProtections
    package let guardWord: GuardWord
    /// Spreads the waits of endpoints that failed together; of no other use. From the endpoint's id.
    package let jitterSeed: UInt64

    package init(
        journal: Journal, found: [FoundGeneration], bootID: String, protections: LabProtections,
        guardWord: GuardWord = .none, jitterSeed: UInt64 = 0
    ) {
        self.journal = journal
        self.found = found
        self.bootID = bootID
        self.protections = protections
        self.guardWord = guardWord
        self.jitterSeed = jitterSeed
    }
}

/// Everything that the machine hears. Inputs about a download or a worker carry the digest that they are about, so
/// that one which comes late is recognised and has no effect.
package enum UpdateInput: Sendable {
    /// Given once, first.
    case started(AgentStart)
    case offer(ReleaseOffer)
    /// The whole pack has been fetched and waits in memory.
    case bytesArrived(Digest)
    /// - Parameter isLasting: What came was wrong, rather than nothing.
    case downloadFailed(Digest, message: String, isLasting: Bool = false)
    /// Signature, digest, name, version and schema hold.
    case verified(Digest)
    case verificationRefused(Digest, code: String, message: String)
    /// The pack is durable in the generation store and was read back.
    case kept(Digest)
    case keepFailed(Digest, code: String, message: String)
    case workerLoaded(WorkerSlot, Digest)
    case workerFailed(WorkerSlot, Digest, WorkerFault)
    /// The worker has answered just now.
    case evidence(WorkerSlot, Digest, WorkerSample)
    /// The control plane's recalls: its list, or what is taken back from this endpoint alone. Without a revision: recalls
    /// that the endpoint learned of in another way.
    case recalls([RecalledRelease], revision: UInt64?)
    case protections(LabProtections)
    case policy(TrialPolicy)
    /// Someone who may says that the fault is mended: back to normal, with the climbs forgotten.
    case resume
    /// Time has passed. Due when `UpdateMachine.wakeAfter` says so.
    case tick
    /// The agent was told to end and will.
    case stopping
}
