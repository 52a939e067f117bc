/// The nonces of one endpoint at the server. In memory only: after a restart of the server the first check-in of an
/// endpoint answers a nonce that nobody knows any longer, and the one after it a new one.
package struct NonceBook: Hashable, Sendable {
    /// Given with the last reply; nil before the first.
    private var issued: [UInt8]?
    /// The one that was answered last.
    private var answered: [UInt8]?
    /// Check-ins in a row that answered none.
    private var withoutNonce = 0

    /// Check-ins in a row that may answer no nonce without an alarm: the reply with the nonce was lost, or the agent has
    /// started anew. Whoever never answers one is shown from the third on.
    package static let graceMax = 2

    package init() {}

    package enum Answer: Hashable, Sendable {
        /// The nonce is the one that was given last: the quote is new.
        case fresh
        /// The quote can be neither believed nor refused for its age. What was known stays known.
        case undecided
    }

    /// Notes that a reply with this nonce is sent.
    package mutating func issue(_ nonce: [UInt8]) { issued = nonce }

    /// What a quote with `nonce` answers. A nonce is answered once.
    package mutating func take(_ nonce: [UInt8]) throws(StateFault) -> Answer {
        guard nonce != StateQuote.noNonce else {
            withoutNonce = min(withoutNonce + 1, Self.graceMax + 1)
            guard withoutNonce <= Self.graceMax else {
                throw StateFault(.noNonce, message: "no nonce yet")
            }
            return .undecided
        }
        withoutNonce = 0
        guard nonce != answered else {
            throw StateFault(.replayed, message: "this nonce was answered before")
        }
        guard let issued else { return .undecided }
        guard nonce == issued else {
            throw StateFault(.otherNonce, message: "the nonce is not the one that was given last")
        }
        answered = nonce
        return .fresh
    }
}
