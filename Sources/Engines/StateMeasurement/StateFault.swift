package import FleetModel

/// Which check of a measured state did not hold. A finding about an endpoint, not a failure of this program.
package struct StateFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable: standings and logs show the raw value.
    package enum Code: String, Sendable, CaseIterable {
        /// The bytes are no quote, or one of its values is above its bound.
        case malformed = "state.malformed"
        /// The endpoint measured its state before and sent no quote now.
        case missing = "state.missing"
        /// The endpoint says why it cannot measure its state.
        case trouble = "state.trouble"
        /// The endpoint has not been given a nonce yet; the next check-in has one.
        case noNonce = "state.no_nonce"
        /// The quote answers a nonce that was not the last one given to this endpoint.
        case otherNonce = "state.other_nonce"
        /// The quote answers a nonce that was answered before.
        case replayed = "state.replayed"
        /// The signature does not hold for the attested bytes and the key.
        case signatureInvalid = "state.signature_invalid"
        /// The TPM attests something else than a quote.
        case notAQuote = "state.not_a_quote"
        /// The attested bytes are bound to another state, nonce or endpoint than the ones sent.
        case otherState = "state.other_state"
        /// The attested register is another one, or holds another value than the state that was sent gives it.
        case otherRegister = "state.other_register"
        /// Another key signed than the one that was pinned when this endpoint was first verified.
        case otherKey = "state.other_key"
        /// The monotonic counter is lower than it was.
        case counterWentBack = "state.counter_went_back"
        /// The state changed and the counter did not.
        case counterStoodStill = "state.counter_stood_still"
        /// Commits or recalls that the endpoint had made are gone: an older copy of its state directory is in use.
        case rolledBack = "state.rolled_back"
        /// What the agent found when it opened its seal: it was broken, or sealed by other programs.
        case sealBroken = "state.seal_broken"
        /// The check-in reports other releases than were measured.
        case releasesDisagree = "state.releases_disagree"

        /// What an operator does next.
        package var nextStep: String {
            switch self {
            case .malformed: "Update the agent, or look at who sends in its name."
            case .missing:
                "Look at the endpoint: its agent was replaced by one that does not measure, or lost its seal."
            case .trouble:
                "Read the endpoint's own words; a TPM that does not answer is looked at on the host."
            case .noNonce: "Wait for the next check-in."
            case .otherNonce:
                "Wait for the next check-in; if it stays so, someone answers in the endpoint's place."
            case .replayed: "Look at the endpoint: an old answer was sent again."
            case .signatureInvalid: "Look at the endpoint: the quote was changed after it was signed."
            case .notAQuote: "Look at the endpoint: its key signed something else."
            case .otherState: "Look at the endpoint: the state was changed after it was signed."
            case .otherRegister: "Look at the endpoint: something else extended or reset the register."
            case .otherKey:
                "If the TPM or the disk was replaced, enrol the endpoint as a new one; otherwise look at it."
            case .counterWentBack: "Look at the endpoint: an older copy of its state directory is in use."
            case .counterStoodStill: "Look at the endpoint: its state changed behind its agent's back."
            case .rolledBack: "Look at the endpoint: an older copy of its state directory is in use."
            case .sealBroken: "Look at the endpoint, unless its agent was just updated."
            case .releasesDisagree:
                "Look at the endpoint: what it says and what it measured are not the same."
            }
        }
    }

    package let code: Code
    /// Which value, as a path; empty for the quote as a whole.
    package let subject: String
    /// What was found and what was wanted.
    package let message: String

    package init(_ code: Code, subject: String = "", message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String {
        let place = subject.isEmpty ? "" : "\(subject): "
        return "\(place)\(message) (\(code.rawValue))"
    }

    /// The standing that shows this fault.
    package var standing: StateStanding {
        var text = description.unicodeScalars
        while text.reduce(0, { $0 + UTF8.width($1) }) > StateStanding.reasonBytesMax {
            text.removeLast()
        }
        return .unverified(String(text))
    }
}
