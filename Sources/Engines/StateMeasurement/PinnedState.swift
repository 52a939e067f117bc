package import FleetModel

/// What the server keeps of an endpoint's measured state: the key that it trusts since it first saw it, and the last
/// state that verified. Nothing in it goes back.
package struct PinnedState: Hashable, Sendable {
    package var strength: SealStrength
    /// Trust on first use: nothing vouches for the key but that it has been the same ever since.
    package var publicKey: [UInt8]
    package var counter: UInt64
    package var commitCount: UInt64
    package var recallRevision: UInt64
    /// Of the state without its finding, which belongs to one start of the agent: see ``MeasuredFacts``.
    package var factsDigest: Digest

    package init(
        strength: SealStrength, publicKey: [UInt8], counter: UInt64, commitCount: UInt64,
        recallRevision: UInt64,
        factsDigest: Digest
    ) {
        self.strength = strength
        self.publicKey = publicKey
        self.counter = counter
        self.commitCount = commitCount
        self.recallRevision = recallRevision
        self.factsDigest = factsDigest
    }
}

/// What a check-in reports beside its quote, and must agree with it.
package struct ReportedState: Hashable, Sendable {
    /// Releases that are reported as evaluating events now.
    package var active: Set<Digest>
    /// Releases that are reported as committed.
    package var committed: Set<Digest>
    package var recallRevision: UInt64

    package init(active: Set<Digest>, committed: Set<Digest>, recallRevision: UInt64) {
        self.active = active
        self.committed = committed
        self.recallRevision = recallRevision
    }
}
