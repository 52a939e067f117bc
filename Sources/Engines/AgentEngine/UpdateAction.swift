package import FleetModel

/// What the machine asks of the driver, which runs a list in order, after the journal is durable.
package enum UpdateAction: Hashable, Sendable {
    /// Fetch the pack, within its bound, into memory. Answered by `bytesArrived` or `downloadFailed`.
    case download(ReleaseOffer)
    /// Check the fetched bytes. Answered by `verified` or `verificationRefused`.
    case verify(ReleaseOffer)
    /// Write the verified pack into the generation store. Answered by `kept` or `keepFailed`.
    case keep(PinnedRelease)
    /// Forget fetched bytes.
    case discardDownload
    /// Start the shadow worker and load the release. Answered by `workerLoaded` or `workerFailed`.
    case startShadow(PinnedRelease)
    /// End the shadow worker, if there is one.
    case endShadow
    /// Make the release active: the shadow worker if it has it loaded, otherwise a new worker, in place of the active
    /// one. Answered by `workerLoaded` for the active slot in both cases.
    case swapIn(PinnedRelease)
    /// Leave the durable mark of a proven release beside its file.
    case commit(ProvenGeneration)
    /// Run the active worker on this proven generation, in place of what it runs; nil: run none, and only observe.
    case protect(PinnedRelease?)
    /// Start the active worker again on the proven generation that it ran.
    case restartActive(PinnedRelease)
    /// Remove a pack and its mark from the generation store.
    case drop(Digest)
    /// Tell the control plane soon, and write it to the log.
    case report(StageReport)
    /// End the agent as if the host had died. Only where the lab has switched revert off.
    case takeHostDown(String)

    /// Whether this may be done although the journal could not be written.
    ///
    /// A retreat leads where a restart from the older journal would lead too, or to less content running; so it is safe
    /// without a record. Everything else waits until the journal can be written.
    package var isRetreat: Bool {
        switch self {
        // A pack that is dropped without a record is missed at the next start, and counts as not intact there.
        case .protect, .restartActive, .endShadow, .discardDownload, .drop, .report: true
        case .download, .verify, .keep, .startShadow, .swapIn, .commit, .takeHostDown: false
        }
    }
}

/// Where a release stands on this endpoint.
package struct StageReport: Hashable, Sendable {
    package let pinned: PinnedRelease
    package let stage: ReleaseStage
    /// How it failed, where it did.
    package let failure: FailureKind?
    /// A stable word; empty where all is well.
    package let code: String
    /// For a person; empty where all is well.
    package let message: String
    package let enteredAt: Moment
    /// Events that it has evaluated in this stage.
    package let eventsEvaluated: UInt64

    package init(
        pinned: PinnedRelease, stage: ReleaseStage, failure: FailureKind? = nil, code: String = "",
        message: String = "", enteredAt: Moment, eventsEvaluated: UInt64 = 0
    ) {
        self.pinned = pinned
        self.stage = stage
        self.failure = failure
        self.code = code
        self.message = message
        self.enteredAt = enteredAt
        self.eventsEvaluated = eventsEvaluated
    }
}
