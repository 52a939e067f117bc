package import CanonicalCoding
import enum Crypto.Curve25519
package import FleetModel
import UpdateTrust

/// A DSSE envelope (v1.0): bytes of a named type, and who signed both.
package struct SignedEnvelope: Hashable, Sendable {
    package var payloadType: String
    package var payload: [UInt8]
    package var signatures: [Signature]

    package struct Signature: Hashable, Sendable {
        /// A hint: which key to try. What is trusted is the key, never its name.
        package var keyID: String
        package var bytes: [UInt8]

        package init(keyID: String, bytes: [UInt8]) {
            self.keyID = keyID
            self.bytes = bytes
        }
    }

    /// Of a statement (in-toto attestation framework, envelope v1).
    package static let statementType = "application/vnd.in-toto+json"
    /// Signatures in one envelope: a few people's.
    package static let signatureCountMax = 16

    package init(payloadType: String = statementType, payload: [UInt8], signatures: [Signature] = []) {
        self.payloadType = payloadType
        self.payload = payload
        self.signatures = signatures
    }

    /// What is signed: the pre-authentication encoding (DSSE protocol, "Signature definition"). Lengths stand before
    /// type and payload, so that no two pairs have one encoding.
    package static func preAuthenticationEncoding(type: String, payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }

    package var signedBytes: [UInt8] { Self.preAuthenticationEncoding(type: payloadType, payload: payload) }
}

// MARK: - Coding

extension SignedEnvelope {
    package var json: JSONValue {
        [
            "payload": .string(Base64.encode(payload)), "payloadType": .string(payloadType),
            "signatures": .array(
                signatures.map { ["keyid": .string($0.keyID), "sig": .string(Base64.encode($0.bytes))] }),
        ]
    }

    /// Reads an envelope.
    ///
    /// - Throws: `.envelopeMalformed`.
    package init(_ json: JSONValue) throws(RecordError) {
        do throws(JSONError) {
            let reader = JSONReader(json)
            try reader.requireNoMembers(beside: ["payload", "payloadType", "signatures"])
            payloadType = try reader.member("payloadType").string()
            payload = try Self.bytes(reader.member("payload"))
            signatures = []
            let list = try reader.member("signatures")
            guard try (1...Self.signatureCountMax).contains(list.elements().count) else {
                throw list.refusal("1 to \(Self.signatureCountMax) signatures were expected")
            }
            for element in try list.elements() {
                try element.requireNoMembers(beside: ["keyid", "sig"])
                signatures.append(
                    Signature(
                        keyID: try element.optional("keyid")?.string() ?? "",
                        bytes: try Self.bytes(element.member("sig"))))
            }
        } catch {
            throw RecordError(.envelopeMalformed, subject: "envelope", message: error.description)
        }
    }

    private static func bytes(_ reader: JSONReader) throws(JSONError) -> [UInt8] {
        guard let bytes = Base64.decode(try reader.string()) else { throw reader.refusal("base64 was expected") }
        return bytes
    }
}

// MARK: - Keys

/// The private half of a key that signs statements.
package struct AttestationKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    /// The key with this seed (RFC 8032 clause 5.1.5); nil unless it has 32 bytes.
    package init?(seed: [UInt8]) {
        guard seed.count == 32, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            return nil
        }
        self.key = key
    }

    /// The raw public key, 32 bytes.
    package var publicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }
    /// SHA-256 of it.
    package var id: Digest { ContentDigest.sha256(publicKey) }

    /// The entry that says whose signatures hold for attestations from here on.
    package var record: RecordedKey {
        RecordedKey(
            role: RecordedKey.attestationRole, keyIDs: [id.text], publicKeys: [Base64.encode(publicKey)])
    }

    /// Signs a payload.
    ///
    /// - Throws: `.signatureInvalid` when the library refuses; it then has no entropy or no memory.
    package func sign(
        _ payload: [UInt8], type: String = SignedEnvelope.statementType
    ) throws(RecordError) -> SignedEnvelope {
        var envelope = SignedEnvelope(payloadType: type, payload: payload)
        guard let signature = try? key.signature(for: envelope.signedBytes) else {
            throw RecordError(
                .signatureInvalid, subject: "key \(id.text)", message: "nothing could be signed with this key")
        }
        envelope.signatures = [.init(keyID: id.text, bytes: Array(signature))]
        return envelope
    }
}

/// Whose signatures hold.
package struct AttestationTrust: Hashable, Sendable {
    /// Raw Ed25519 public keys by their ids.
    private var keys: [String: [UInt8]] = [:]

    package init() {}

    package init(_ publicKeys: [[UInt8]]) {
        for key in publicKeys { keys[ContentDigest.sha256(key).text] = key }
    }

    /// Takes the keys of a record in the place of those before; nil when one is no key, or not the one that its id says.
    package init?(_ record: RecordedKey) {
        guard record.keyIDs.count == record.publicKeys.count, !record.keyIDs.isEmpty, record.threshold == 1 else {
            return nil
        }
        for (id, text) in zip(record.keyIDs, record.publicKeys) {
            guard let key = Base64.decode(text), key.count == 32, ContentDigest.sha256(key).text == id else {
                return nil
            }
            keys[id] = key
        }
    }

    /// The payload, when one of the signatures is by a trusted key and holds.
    ///
    /// - Throws: `.unknownKey` or `.signatureInvalid`.
    package func payload(of envelope: SignedEnvelope) throws(RecordError) -> [UInt8] {
        let message = envelope.signedBytes
        var hasTried = false
        for signature in envelope.signatures {
            guard let raw = keys[signature.keyID],
                let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw)
            else { continue }
            hasTried = true
            if key.isValidSignature(signature.bytes, for: message) { return envelope.payload }
        }
        throw RecordError(
            hasTried ? .signatureInvalid : .unknownKey, subject: "envelope",
            message: hasTried ? "no trusted key's signature holds" : "it is signed by no trusted key")
    }
}
