/// Where a rollout stands.
package enum RolloutPhase: String, Hashable, Sendable, Codable, CaseIterable {
    case ramping
    /// An operator said wait. Outcomes are still taken in; nobody is offered anything.
    case held
    /// The gate condemned the release. Final.
    case halted
    /// An operator took the release back. Final.
    case recalled
    /// Everyone heard of holds it or has settled. Latecomers are still offered it through the gate, and it can still
    /// be condemned.
    case complete

    /// The release is never offered again (PRODUCT invariant 7).
    package var isFinal: Bool { self == .halted || self == .recalled }
}

/// How many endpoints stand where. An endpoint is in exactly one of `proven`, `failed`, `silent`, `withdrawn` and
/// `open`, or was not offered the release.
package struct ExposureCounts: Hashable, Sendable, Codable {
    /// Debited in the ledger, ever.
    package var offered = 0
    package var proven = 0
    package var failed = 0
    package var silent = 0
    package var withdrawn = 0
    /// Of the withdrawn, those whose endpoint refused the bytes.
    package var refused = 0
    /// Silent by their deadline and well later: in `proven` now, and still in the evidence against the release.
    package var late = 0
    /// Proven once and failed later: in `failed` now. The watch weighs them, and not the ramp: they were well for a bake.
    package var relapsed = 0

    package init() {}

    /// Offered and not settled.
    package var open: Int { offered - proven - failed - silent - withdrawn }
    /// Offered and not proven well. Failed and silent ones stay: nothing shows that they are well (invariant 1).
    package var exposed: Int { offered - proven - withdrawn }
    /// Outcomes of the bake that speak against the release.
    package var harmed: Int { failed - relapsed + silent + late }
    /// Outcomes that the failure rate is estimated from.
    package var settled: Int { proven + failed + silent }
}

/// A rollout as it stands now.
package struct RolloutStatus: Hashable, Sendable, Codable {
    package var phase: RolloutPhase
    package var counts: ExposureCounts
    /// Endpoints that were heard of and may still be offered the release.
    package var waiting: Int
    /// Endpoints that held the release before this rollout offered it.
    package var holders: Int
    package var cap: Int
    package var exposed: Int
    /// The largest exposure so far, and the cap at the debit that made it.
    package var maxExposed: Int
    package var capAtMaxExposed: Int
    package var latestVerdict: Verdict?
    /// Cohorts that were halted alone, in the order of their halts.
    package var haltedCohorts: [String] = []
}
