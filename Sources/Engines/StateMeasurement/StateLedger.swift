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

    /// What a check-in brought, as far as it can be judged without knowing the endpoint. Made outside of the server's one
    /// lane, since signatures take time.
    package enum Evidence: Sendable {
        /// Neither quote nor a word about it.
        case nothing
        /// What was brought is none, or the endpoint's own words why it has none.
        case fault(StateFault)
        case quote(AuthenticQuote)

        /// - Parameters:
        ///   - quote: An encoded quote; empty when the endpoint has none.
        ///   - trouble: The endpoint's own words why.
        package init(quote: [UInt8], trouble: String, of endpoint: EndpointID) {
            do throws(StateFault) {
                guard !quote.isEmpty else { throw StateFault(.trouble, message: trouble) }
                self = .quote(try QuoteVerifier.authenticate(StateQuote(decoding: quote), of: endpoint))
            } catch {
                self = .fault(error)
            }
        }
    }

    /// Takes in what a check-in brought.
    package mutating func take(_ evidence: Evidence, reported: ReportedState) {
        do throws(StateFault) {
            switch evidence {
            case .nothing:
                // Who never measured is an older agent. Who stops measuring has something to hide, or a broken seal.
                guard standing == .notMeasured, pinned == nil else {
                    throw StateFault(.missing, message: "it was measured before, and sends no state now")
                }
            case .fault(let fault): throw fault
            case .quote(let authentic): try take(authentic, reported: reported)
            }
        } catch {
            standing = error.standing
        }
    }

    private mutating func take(_ authentic: AuthenticQuote, reported: ReportedState) throws(StateFault) {
        let answer = try nonces.take(authentic.quote.nonce)
        let next = try QuoteVerifier.judge(authentic, reported: reported, pinned: pinned)
        guard answer == .fresh else {
            if pinned == nil { throw StateFault(.noNonce, message: "no nonce yet") }
            return
        }
        pinned = next
        standing = .verified(by: authentic.quote.strength)
    }
}
