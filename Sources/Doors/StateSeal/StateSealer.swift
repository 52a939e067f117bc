package import FleetModel
package import StateMeasurement

/// Holds a key, a monotonic counter and one small sealed state. Used by one thread at a time.
package protocol StateSealer: AnyObject {
    var strength: SealStrength { get }
    /// As a ``StateQuote`` carries it.
    var publicKey: [UInt8] { get }

    /// Measures the programs, and opens what was sealed to them.
    func open(programs: Digest) throws(SealError) -> SealOpening

    /// Never goes down.
    func counter() throws(SealError) -> UInt64
    func advance() throws(SealError)

    /// Seals to the programs that were measured by ``open(programs:)``, durably.
    func seal(_ state: SealedState) throws(SealError)

    /// Signs the state for one endpoint and nonce.
    func quote(_ state: MeasuredState, endpoint: EndpointID, nonce: [UInt8]) throws(SealError) -> StateQuote
}

/// What was found sealed.
package enum SealOpening: Hashable, Sendable {
    case nothing
    case sealed(SealedState)
    /// Sealed to other programs.
    case otherPrograms
    /// Gone or damaged, although something was sealed.
    case broken
}

extension SealError {
    init(_ fault: StateFault) {
        self.init(.badState, subject: fault.subject.isEmpty ? "state" : fault.subject, message: fault.message)
    }
}

extension StateSealer {
    /// What a quote of the state is bound to.
    func binding(_ state: MeasuredState, endpoint: EndpointID, nonce: [UInt8]) throws(SealError) -> Digest {
        do {
            return StateDigest.binding(endpoint: endpoint, nonce: nonce, state: try state.digest())
        } catch {
            throw SealError(error)
        }
    }
}
