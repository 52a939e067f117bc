package import FleetModel

/// What an agent says of itself that is worth measuring: which programs run, under which policy, with which releases.
package struct MeasuredFacts: Hashable, Sendable {
    /// The rung of the guard's ladder on which the agent runs.
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        case normal
        case safe
        case observe
    }

    package var agentVersion: String
    /// SHA-256 of the agent's executable, and of its worker's.
    package var agentDigest: Digest
    package var workerDigest: Digest
    /// SHA-256 of the endpoint policy in force; nil before the first.
    package var policyHash: Digest?
    /// Releases that evaluate events now. Ascending, each once.
    package var active: [Digest]
    /// Proven releases that are kept. Ascending, each once.
    package var proven: [Digest]
    /// Commits so far (the journal's).
    package var commitCount: UInt64
    /// The revision of the recall list that was acted on.
    package var recallRevision: UInt64
    /// The kernel's boot id.
    package var bootID: String
    package var mode: Mode

    package init(
        agentVersion: String, agentDigest: Digest, workerDigest: Digest, policyHash: Digest?,
        active: [Digest],
        proven: [Digest], commitCount: UInt64, recallRevision: UInt64, bootID: String, mode: Mode
    ) {
        self.agentVersion = agentVersion
        self.agentDigest = agentDigest
        self.workerDigest = workerDigest
        self.policyHash = policyHash
        self.active = Set(active).sorted()
        self.proven = Set(proven).sorted()
        self.commitCount = commitCount
        self.recallRevision = recallRevision
        self.bootID = bootID
        self.mode = mode
    }
}

/// The facts with what the seal adds: the value whose digest goes into the TPM's register and under the signature.
package struct MeasuredState: Hashable, Sendable {
    /// What the agent found when it opened its seal at its start.
    package enum Finding: String, Hashable, Sendable, CaseIterable {
        /// Nothing was sealed here before.
        case first
        /// The seal held, and the counter is the one that was sealed.
        case held
        /// The seal is older than the counter: an older copy of the state directory is in use.
        case rolledBack = "rolled_back"
        /// The seal cannot be opened by these programs: an update, or other programs in the agent's place.
        case otherPrograms = "other_programs"
        /// The sealed file is gone or damaged although something was sealed.
        case broken
    }

    package var facts: MeasuredFacts
    /// Goes up by at least one with every change of the facts, and never down.
    package var counter: UInt64
    package var finding: Finding

    package init(facts: MeasuredFacts, counter: UInt64, finding: Finding) {
        self.facts = facts
        self.counter = counter
        self.finding = finding
    }
}
