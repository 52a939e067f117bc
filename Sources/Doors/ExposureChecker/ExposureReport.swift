package import FleetModel

/// What the checker found about one rollout.
package struct ExposureReport: Equatable, Sendable {
    package let rollout: RolloutID
    package let release: ReleaseID
    /// Rows of the ledger that were read.
    package internal(set) var rowCount = 0
    package internal(set) var debitCount = 0
    package internal(set) var provenCount = 0
    package internal(set) var failedCount = 0
    package internal(set) var silentCount = 0
    package internal(set) var withdrawnCount = 0
    /// The largest number of endpoints that were exposed at one time, and what was allowed then.
    package internal(set) var exposureMax = 0
    package internal(set) var allowedAtExposureMax = 0
    /// Times that bad news lowered the allowance below what was already exposed. No violation: nothing was offered
    /// beyond the evidence at hand, and what is out cannot be called back before it is recalled.
    package internal(set) var overhangCount = 0
    /// Agent logs that were read, and offers of this release in them.
    package internal(set) var logCount = 0
    package internal(set) var offersSeenCount = 0
    package internal(set) var violations: [ExposureViolation] = []

    init(rollout: RolloutID, release: ReleaseID) {
        self.rollout = rollout
        self.release = release
    }
}

/// One thing that must never be, and was found.
package struct ExposureViolation: Equatable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// A debit raised the exposure above what the evidence allowed at that moment.
        case capExceeded = "cap_exceeded"
        /// An endpoint was debited twice.
        case debitedTwice = "debited_twice"
        /// An outcome for an endpoint that was never debited.
        case settledWithoutDebit = "settled_without_debit"
        /// A second outcome for one exposure, other than the two that may follow: silent then proven, proven then failed.
        case settledTwice = "settled_twice"
        /// A debit while the rollout was held, halted or recalled.
        case debitWhileShut = "debit_while_shut"
        /// A debit of an endpoint whose cohort was halted alone.
        case debitInHaltedCohort = "debit_in_halted_cohort"
        /// A row is older than the one before it.
        case timeWentBack = "time_went_back"
        /// The ledger's sequence has gaps: rows were taken out of it.
        case rowsMissing = "rows_missing"
        /// A row of a kind that the checker does not know, or without the endpoint that its kind needs.
        case unknownRow = "unknown_row"
        /// An agent saw an offer that has no debit.
        case offerWithoutDebit = "offer_without_debit"
        /// An agent saw an offer before its debit was written.
        case offerBeforeDebit = "offer_before_debit"
        /// An agent ran a release that was never debited for it.
        case activationWithoutDebit = "activation_without_debit"
        /// An agent's log could not be read to its end: the check could not be made, so it has failed.
        case logUnreadable = "log_unreadable"
    }

    package let kind: Kind
    /// The row of the ledger; nil for what a log shows.
    package let sequence: Int64?
    package let endpoint: EndpointID?
    package let message: String

    package init(kind: Kind, sequence: Int64?, endpoint: EndpointID?, message: String) {
        self.kind = kind
        self.sequence = sequence
        self.endpoint = endpoint
        self.message = message
    }

    package var description: String {
        let row = sequence.map { "row \($0): " } ?? ""
        let who = endpoint.map { "\($0): " } ?? ""
        return "\(kind.rawValue): \(row)\(who)\(message)"
    }
}

/// Why the checker could say nothing at all.
package struct ExposureCheckerError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The database cannot be opened or has other tables.
        case databaseUnreadable = "exposure.database_unreadable"
        /// The database has no such rollout.
        case rolloutUnknown = "exposure.rollout_unknown"
        /// The rollout's policy has no loss budget and confidence that mean anything.
        case policyUnreadable = "exposure.policy_unreadable"
    }

    package let code: Code
    /// The file or rollout.
    package let subject: String
    /// What is wrong, and what to do.
    package let message: String

    init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(subject): \(message) (\(code.rawValue))" }
}
