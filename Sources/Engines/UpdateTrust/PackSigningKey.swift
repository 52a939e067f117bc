package import ContentPack
import enum Crypto.Curve25519
package import FleetModel

/// The private half of a key that signs packs, in memory. Where it is kept is ContentPublisher's business.
package struct PackSigningKey: Sendable {
    private let privateKey: Curve25519.Signing.PrivateKey

    /// Bytes of the seed that is the private key (RFC 8032 clause 5.1.5).
    package static let seedBytes = 32

    /// The key with this seed; nil unless it has 32 bytes.
    package init?(seed: [UInt8]) {
        guard seed.count == Self.seedBytes,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        else { return nil }
        privateKey = key
    }

    /// The raw public key, 32 bytes.
    package var publicKey: [UInt8] { Array(privateKey.publicKey.rawRepresentation) }
    package var id: Digest { ContentDigest.sha256(publicKey) }

    /// Signs a pack.
    ///
    /// - Throws: ``TrustError`` when the library refuses; it then has no entropy or no memory.
    package func sign(_ pack: UnsignedPack) throws(TrustError) -> UnverifiedPack {
        let message = PackSignature.message(bodyDigest: ContentDigest.sha256(pack.body))
        return pack.signed(by: PackSignature(keyID: id, signature: try signature(over: message)))
    }

    func signature(over message: [UInt8]) throws(TrustError) -> [UInt8] {
        guard let signature = try? privateKey.signature(for: message), signature.count == PackSignature.signatureBytes
        else {
            throw TrustError(.signatureInvalid, subject: id.text, message: "nothing could be signed with this key")
        }
        return Array(signature)
    }
}
