/// How a release failed on an endpoint that was exposed to it.
package enum FailureKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// The worker or the agent died with it.
    case crash
    /// The endpoint went back to its previous generation by itself.
    case revert
    /// The worker no longer answered within its deadline.
    case hang
    /// Processor, memory or event latency above the policy's budget.
    case overBudget
    /// A component reports unhealthy that was healthy before: sensor, worker or protection.
    case lostProtection
    /// More undone or destructive actions than the policy allows.
    case destructiveActions
    /// More alerts than the policy allows.
    case alertStorm
}

/// Why an exposure ended without the release having run: tells of the release, but is no harm.
package enum WithdrawalReason: String, Hashable, Sendable, Codable, CaseIterable {
    /// The customer holds or pins this endpoint.
    case customerHold
    /// The endpoint refused the bytes: signature, digest, schema or program check.
    case verificationRefused
    /// The endpoint was removed from the fleet.
    case endpointRemoved
    /// The release was taken back from the endpoint's cohort, and the endpoint has dropped it.
    case cohortRecalled
}

/// How one exposure ended. Every exposure ends in exactly one of these.
package enum ExposureOutcome: Hashable, Sendable, Codable {
    /// Well for a whole bake with the release active.
    case proven
    case failed(FailureKind)
    /// No word by the deadline. The clock runs from the offer (PRODUCT invariant 2).
    case silent
    case withdrawn(WithdrawalReason)

    /// One word for tables and rows: `proven`, `failed`, `silent`, `withdrawn`.
    package var word: String {
        switch self {
        case .proven: "proven"
        case .failed: "failed"
        case .silent: "silent"
        case .withdrawn: "withdrawn"
        }
    }
}

/// Where an endpoint stands with one release, as its agent reports it.
package enum ReleaseStage: String, Hashable, Sendable, Codable, CaseIterable {
    case downloading
    /// Verified and written to the generation store; not yet run.
    case staged
    /// Runs in a second, sacrificial worker beside the active one.
    case shadow
    /// Active, not yet committed.
    case trial
    /// Active and kept as a proven generation.
    case committed
    /// Was on trial; the endpoint went back to its previous generation.
    case reverted
    /// Never run: signature, digest, schema or program check failed.
    case refused
}

/// The parts of an endpoint that are well or not, each for itself (OpAMP ComponentHealth).
package enum EndpointComponent: String, Hashable, Sendable, Codable, CaseIterable {
    /// Events arrive from the kernel (or from the recording that stands for it).
    case sensor
    /// The sandboxed worker runs and answers.
    case worker
    /// Events are evaluated by a loaded generation.
    case protection
}
