package import FleetModel

/// What a check-in says about one endpoint and the release that is rolled out.
package struct EndpointReport: Hashable, Sendable, Codable {
    package var endpoint: EndpointID
    package var attributes: CohortAttributes
    /// Where the endpoint stands with this release; nil when it has said nothing of it.
    package var stage: ReleaseStage?
    /// How the release failed, where the endpoint knows: with the stage `reverted`.
    package var failure: FailureKind?
    /// The release of this pack that the endpoint holds as proven; nil when it holds none.
    package var holds: ReleaseID?
    /// The components that report unhealthy, in any order.
    package var unwell: [EndpointComponent]
    /// What the customer says to this release on this endpoint, now (``CustomerPolicy/admission(of:for:newerComplete:isUrgent:at:)``).
    package var admission: Admission
    /// Where it stands in its customer's order of rings; nil: the customer has none.
    package var place: RingPlace?
    /// What has happened on the endpoint since the release became active, but for use.
    package var conditions: [RolloutPolicy.BakeCondition]
    /// How long it was in use since then.
    package var used: Moment.Span

    package init(
        endpoint: EndpointID, attributes: CohortAttributes, stage: ReleaseStage? = nil, failure: FailureKind? = nil,
        holds: ReleaseID? = nil, unwell: [EndpointComponent] = [], admission: Admission = .open,
        place: RingPlace? = nil, conditions: [RolloutPolicy.BakeCondition] = [], used: Moment.Span = .zero
    ) {
        self.endpoint = endpoint
        self.attributes = attributes
        self.stage = stage
        self.failure = failure
        self.holds = holds
        self.unwell = unwell
        self.admission = admission
        self.place = place
        self.conditions = conditions
        self.used = used
    }
}

/// An endpoint that may become a canary: heard of lately, and let in by its customer.
package struct MusteredEndpoint: Hashable, Sendable, Codable {
    package var endpoint: EndpointID
    package var attributes: CohortAttributes

    package init(endpoint: EndpointID, attributes: CohortAttributes) {
        self.endpoint = endpoint
        self.attributes = attributes
    }
}

/// Everything that a rollout hears of.
package enum RolloutInput: Hashable, Sendable, Codable {
    /// The endpoints from which the first canaries are chosen: for coverage, then by the seed. Given once, before the
    /// first check-in; a rollout that is given none takes whoever covers something new as they come.
    case muster([MusteredEndpoint])
    case checkIn(EndpointReport)
    /// Time has passed. Deadlines are looked at here: often enough is a tenth of the silence deadline.
    case tick
    case operatorHold(String)
    case operatorResume
    case operatorRecall(String)
    case endpointRemoved(EndpointID)
    /// The server was not listening: nobody is silent for not having been heard. Every open exposure's clocks begin
    /// anew at `until`, bakes included, since what was not witnessed is not proven. The driver writes it to the ledger
    /// before it hands it in, and hands one in after each restart, from the newest moment in the ledger until now.
    case outage(from: Moment, until: Moment)
}

/// What the driver must do, in this order. Each but `offer` is first written to the ledger
/// (``RolloutMachine/ledgerEntry(for:sequence:at:)``); an offer's debit must be durable before the offer leaves.
package enum RolloutAction: Hashable, Sendable, Codable {
    case offer(EndpointID)
    case settle(EndpointID, ExposureOutcome)
    case record(Verdict)
    /// Tell every endpoint that may hold the release to drop it. Comes once.
    case recall(reason: String)
    /// Every endpoint that was heard of has been offered the release and has settled. Comes once.
    case complete
}

/// One row of the durable ledger. Rows in ascending order of `sequence` restore a machine.
package struct LedgerEntry: Hashable, Sendable, Codable {
    package var sequence: Int64
    package var at: Moment
    package var kind: Kind
    /// The endpoint of a debit or of its settlement; nil otherwise.
    package var endpoint: EndpointID?

    package enum Kind: Hashable, Sendable, Codable {
        /// The endpoint, of this cohort, is exposed from here on. The cohort stands in the row, so that whoever reads
        /// the ledger can tell what a cohort's halt takes out of the evidence, and a restart needs nothing else.
        ///
        /// - Parameter ring: Where it stands in its customer's order; nil: the customer has none.
        case debit(cohort: String, ring: RingSlot? = nil)
        case settle(ExposureOutcome)
        case verdict(Verdict)
        case phase(RolloutPhase, reason: String)
        /// `at` is where the outage began.
        case outage(until: Moment)
    }

    package init(sequence: Int64, at: Moment, kind: Kind, endpoint: EndpointID? = nil) {
        self.sequence = sequence
        self.at = at
        self.kind = kind
        self.endpoint = endpoint
    }
}
