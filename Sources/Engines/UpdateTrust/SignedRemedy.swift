import CanonicalCoding
package import FleetModel
package import GuardEngine

/// What an operator orders an endpoint that no release can help: signed, carried by any second channel, applied once.
package struct Remedy: Equatable, Sendable {
    /// Lower-case letters, digits, dot, hyphen and underscore: an endpoint applies one id once.
    package let id: PlainText
    /// After this it is refused: an old order must not come back with an old stick.
    package let expiresAt: Moment
    package let actions: [RemedyAction]

    /// The remedy; nil when its plan would be none.
    package init?(id: PlainText, expiresAt: Moment, actions: [RemedyAction]) {
        guard RemedyPlan(id: id, actions: actions) != nil else { return nil }
        self.id = id
        self.expiresAt = expiresAt
        self.actions = actions
    }
}

/// The bytes of a remedy file, of which nothing is believed yet.
///
/// As with packs, the signature block has one form and a fixed length, and everything behind it is what was signed: the
/// signature is checked before a byte of the rest is parsed.
///
///     firebreak-remedy-signature-v1
///     keyid: HEX
///     ed25519: BASE64
///     {"actions":[{"do":"observe"}],"expires_at_ms":1800000000000,"id":"x"}
package struct UnverifiedRemedy: Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Bytes of a remedy: eight actions of 400 bytes and the block.
    package static let fileBytesMax = 8 << 10
    /// Where the signed bytes begin: the three lines have 30, 72 and 98 bytes.
    package static let bodyOffset = 200
    static let signatureBytes = 64
    private static let title = "firebreak-remedy-signature-v1\n"
    private static let keyLabel = "keyid: "
    private static let signatureLabel = "ed25519: "

    /// What is signed. The first line keeps a signature on a remedy from being one on a pack.
    static func message(body: ArraySlice<UInt8>) -> [UInt8] {
        Array("firebreak-remedy-v1\n".utf8) + ContentDigest.sha256(body).bytes
    }

    static func block(keyID: Digest, signature: [UInt8]) -> [UInt8] {
        Array("\(title)\(keyLabel)\(keyID.text)\n\(signatureLabel)\(Base64.encode(signature))\n".utf8)
    }

    var body: ArraySlice<UInt8> { bytes.dropFirst(Self.bodyOffset) }

    /// Who is said to have signed, and the signature; nil unless the block is byte for byte what ``block`` gives.
    func claim() -> (keyID: Digest, signature: [UInt8])? {
        guard bytes.count > Self.bodyOffset, bytes.count <= Self.fileBytesMax else { return nil }
        let keyStart = Self.title.utf8.count + Self.keyLabel.utf8.count
        let signatureStart = keyStart + 65 + Self.signatureLabel.utf8.count
        let keyText = String(decoding: bytes[keyStart..<keyStart + 64], as: UTF8.self)
        let signatureText = String(decoding: bytes[signatureStart..<Self.bodyOffset - 1], as: UTF8.self)
        guard Digest.accepts(keyText), let signature = Base64.decode(signatureText),
            signature.count == Self.signatureBytes
        else { return nil }
        let keyID = Digest(accepted: keyText)
        guard bytes.starts(with: Self.block(keyID: keyID, signature: signature)) else { return nil }
        return (keyID, signature)
    }
}

/// A remedy that a trusted key signed and that is in force now. Only ``RemedyVerifier`` makes one.
package struct VerifiedRemedy: Sendable {
    package let remedy: Remedy
    package let signer: TrustedKey
    /// What the guard is handed.
    package let plan: RemedyPlan

    init(remedy: Remedy, signer: TrustedKey, plan: RemedyPlan) {
        self.remedy = remedy
        self.signer = signer
        self.plan = plan
    }
}
