import CanonicalCoding
import Crypto
import CryptoExtras
import FleetModel

/// A public key as metadata lists it (TUF 4.2.2).
package struct TufKey: Equatable, Sendable {
    /// How signatures of a key are made. A scheme that is not known is kept: such a key never verifies anything, and the
    /// others of its role may still reach the threshold.
    package enum Scheme: Equatable, Sendable {
        /// RFC 8032; the public key in 64 hex digits.
        case ed25519
        /// FIPS 186-4 on the curve P-256, the signature in DER; the public key in PEM.
        case ecdsaP256
        /// RFC 8017 PSS with MGF1 and a salt as long as the digest, all SHA-256; the public key in PEM.
        case rsaPSS
        case unknown
    }

    package let scheme: Scheme
    /// As the metadata has it: hex digits or PEM.
    package let material: String
    /// The whole object, with members that are not known here (TUF 4.2): the identifier is over all of it.
    let json: JSONValue

    init(reading reader: JSONReader) throws(JSONError) {
        json = reader.value
        let type = try reader.member("keytype").string()
        let scheme = try reader.member("scheme").string()
        material = try reader.member("keyval").member("public").string()
        self.scheme =
            switch (type, scheme) {
            case ("ed25519", "ed25519"): .ed25519
            // `ecdsa-sha2-nistp256` is how earlier writers named the type.
            case ("ecdsa", "ecdsa-sha2-nistp256"), ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"): .ecdsaP256
            case ("rsa", "rsassa-pss-sha256"): .rsaPSS
            default: .unknown
            }
    }

    /// An Ed25519 key of ours.
    ///
    /// - Parameter ed25519: The 32 bytes (RFC 8032).
    package init(ed25519 bytes: [UInt8]) {
        scheme = .ed25519
        material = Hexadecimal.encode(bytes)
        json = ["keytype": "ed25519", "scheme": "ed25519", "keyval": ["public": .string(material)]]
    }

    /// SHA-256 of the key's canonical form (TUF 4.2.3): what new metadata calls it. What others call it is theirs to say.
    package var id: String { TufJSON.canonical(json).map { ContentDigest.sha256($0).text } ?? "" }

    /// The raw Ed25519 key; nil for another scheme. A vendor's packs are signed with it too.
    package var ed25519Bytes: [UInt8]? {
        guard scheme == .ed25519, let bytes = Hexadecimal.decode(material), bytes.count == 32 else { return nil }
        return bytes
    }

    /// Whether two entries are one key: their names do not make two of it (TUF 5.3.4: "unique keys").
    /// Nor does another way of writing it: upper-case digits, other lines in PEM.
    func isSameKey(as other: TufKey) -> Bool {
        guard scheme == other.scheme else { return false }
        if material == other.material { return true }
        guard let bytes = keyBytes else { return false }
        return bytes == other.keyBytes
    }

    /// The key itself, however it is written; nil for one that cannot be read.
    private var keyBytes: [UInt8]? {
        switch scheme {
        case .ed25519: ed25519Bytes
        case .ecdsaP256: (try? P256.Signing.PublicKey(pemRepresentation: material)).map { Array($0.x963Representation) }
        case .rsaPSS: (try? _RSA.Signing.PublicKey(pemRepresentation: material)).map { Array($0.derRepresentation) }
        case .unknown: nil
        }
    }

    /// Whether `signature` over `message` is by this key. A key or signature that cannot be read has not signed.
    func isValid(_ signature: [UInt8], over message: TufMessage) -> Bool {
        switch scheme {
        case .ed25519:
            guard let bytes = ed25519Bytes, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
            else { return false }
            return key.isValidSignature(signature, for: message.bytes)
        case .ecdsaP256:
            guard let key = try? P256.Signing.PublicKey(pemRepresentation: material),
                let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: message.digest)
        case .rsaPSS:
            guard let key = try? _RSA.Signing.PublicKey(pemRepresentation: material) else { return false }
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: message.digest, padding: .PSS)
        case .unknown: return false
        }
    }
}

/// Who may sign for a role, and how many of them must (TUF 4.3, `roles`).
package struct TufRole: Equatable, Sendable {
    /// In the metadata's order, each once.
    package var keyIDs: [String]
    /// At least 1.
    package var threshold: Int

    package init(keyIDs: [String], threshold: Int) {
        self.keyIDs = keyIDs
        self.threshold = threshold
    }

    init(reading reader: JSONReader) throws(JSONError) {
        let elements = try reader.member("keyids").elements()
        guard elements.count <= TufLimits.keysMax else { throw reader.refusal("more than \(TufLimits.keysMax) keys") }
        var ids: [String] = []
        for element in elements { ids.append(try element.string()) }
        guard Set(ids).count == ids.count else { throw reader.refusal("a key is named twice") }
        keyIDs = ids
        threshold = Int(try reader.member("threshold").integer(in: 1...Int64(Int32.max)))
    }
}
