package import FleetModel

/// What a server knows of one endpoint's measured state, and the one way in which a check-in changes it.
package struct StateLedger: Hashable, Sendable {
    package private(set) var standing: StateStanding
    /// Nil until a quote has verified.
    package private(set) var pinned: PinnedState?
    private var nonces = NonceBook()

    /// - Parameters:
    ///   - standing: As it was last shown.
    ///   - pinned: As it was stored.
    package init(standing: StateStanding = .notMeasured, pinned: PinnedState? = nil) {
        self.standing = standing
        self.pinned = pinned
    }

    /// The nonce goes out with the reply that is being made.
    package mutating func issue(nonce: [UInt8]) { nonces.issue(nonce) }

    /// What a check-in brought.
    package enum Evidence: Sendable {
        /// Neither quote nor a word about it.
        case nothing
        /// The endpoint's own words why it has no quote.
        case trouble(String)
        case quote([UInt8])
    }

    /// Takes in what a check-in brought.
    package mutating func take(_ evidence: Evidence, of endpoint: EndpointID, reported: ReportedState) {
        do throws(StateFault) {
            switch evidence {
            case .nothing:
                // Who never measured is an older agent. Who stops measuring has something to hide, or a broken seal.
                guard standing == .notMeasured, pinned == nil else {
                    throw StateFault(.missing, message: "it was measured before, and sends no state now")
                }
            case .trouble(let words):
                throw StateFault(.trouble, message: words)
            case .quote(let bytes):
                try take(try StateQuote(decoding: bytes), of: endpoint, reported: reported)
            }
        } catch {
            standing = error.standing
        }
    }

    private mutating func take(
        _ quote: StateQuote, of endpoint: EndpointID, reported: ReportedState
    ) throws(StateFault) {
        let authentic = try QuoteVerifier.authenticate(quote, of: endpoint)
        let answer = try nonces.take(quote.nonce)
        let next = try QuoteVerifier.judge(authentic, reported: reported, pinned: pinned)
        guard answer == .fresh else {
            if pinned == nil { throw StateFault(.noNonce, message: "no nonce yet") }
            return
        }
        pinned = next
        standing = .verified(by: quote.strength)
    }
}
