import ControlWire
import DurableFiles
import FleetModel
import UpdateTrust

/// The policy that the control plane sent last, kept for a start without it.
struct PolicyStore: Sendable {
    let path: String
    let files: DurableFiles

    /// The kept policy, or the standard one where there is none or it is not understood.
    func read() -> (policy: EndpointPolicy, hash: [UInt8]) {
        guard let body = try? files.read(path, bytesMax: ControlWireLimit.policyBytesMax),
            let policy = try? EndpointPolicy(decoding: body)
        else { return (.standard, []) }
        return (policy, ContentDigest.sha256(body).bytes)
    }

    /// Checks and keeps what was offered.
    func take(_ offer: PolicyOffer) throws -> EndpointPolicy {
        guard ContentDigest.sha256(offer.body) == offer.hash else {
            throw ControlWireError(
                .invalidValue, subject: "policy", message: "its hash is another than was sent with it")
        }
        let policy = try EndpointPolicy(decoding: offer.body)
        try files.write(offer.body, to: path)
        return policy
    }
}
