package import FleetModel

/// What is to be done about a match. What destroys carries its record, so that none can be carried out without one.
package enum ResponsePlan: Hashable, Sendable {
    /// Nothing beside the alert.
    case alert
    /// Journal the record, then do what it says.
    case act(ResponseRecord)
    /// The rule asked for more than an alert, and does not get it.
    case withheld(WithheldReason)
    /// The release asks for more than the budget: its next step is a revert. Said once for a release until the budget is
    /// free again; nothing is done.
    case storm(ReleaseID)
}

/// Why a response is not carried out. Goes with the alert, so that nobody believes what did not happen.
package enum WithheldReason: Hashable, Sendable {
    /// The customer's policy does not allow it.
    case notAllowed
    /// No event of this kind can be answered so.
    case notForThisEvent
    /// The event does not say which process or file, or names a path that is no plain one.
    case subjectUnknown
    /// The subject is on the protected list: the reason there.
    case protected(String)
    /// The execution has already happened.
    case notHeld
    /// Another rule's match of the same event has been answered so.
    case alreadyAnswered
    /// The budget is used up, and the release has been told of, or is not the one that used it.
    case budgetSpent

    /// A sentence for the alert and the log.
    package var sentence: String {
        switch self {
        case .notAllowed: "the policy does not allow it"
        case .notForThisEvent: "no event of this kind can be answered so"
        case .subjectUnknown: "the event does not name one plain process or file"
        case .protected(let reason): "protected: \(reason)"
        case .notHeld: "the execution had already happened"
        case .alreadyAnswered: "another match of the same event was answered so"
        case .budgetSpent: "the budget of destructive actions is used up"
        }
    }
}
