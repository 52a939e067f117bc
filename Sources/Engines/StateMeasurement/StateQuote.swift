import CanonicalCoding
package import FleetModel

/// A measured state, signed for one nonce. As read: nothing about it has been checked but its form.
package struct StateQuote: Hashable, Sendable {
    package var strength: SealStrength
    /// Of `tpm` a point of P-256, of `file` an Ed25519 key.
    package var publicKey: [UInt8]
    /// Of `tpm` the TPMS_ATTEST that the TPM made, of `file` ``fileStatement(_:)``: what the signature is over.
    package var attest: [UInt8]
    package var signature: [UInt8]
    /// The server's; all zero when the endpoint had none yet.
    package var nonce: [UInt8]
    package var state: MeasuredState

    package init(
        strength: SealStrength, publicKey: [UInt8], attest: [UInt8], signature: [UInt8], nonce: [UInt8],
        state: MeasuredState
    ) {
        self.strength = strength
        self.publicKey = publicKey
        self.attest = attest
        self.signature = signature
        self.nonce = nonce
        self.state = state
    }

    /// The nonce of an endpoint that has been given none.
    package static let noNonce = [UInt8](repeating: 0, count: StateLimit.nonceBytes)

    /// What a key in a file signs in the place of a TPMS_ATTEST.
    package static func fileStatement(_ binding: Digest) -> [UInt8] {
        Array("firebreak file quote 1\n".utf8) + binding.bytes
    }
}

// MARK: - Coding

extension StateQuote {
    private static let names: Set<String> = [
        "strength", "key", "attest", "signature", "nonce", "state",
    ]

    private var json: JSONValue {
        [
            "strength": .string(strength.rawValue),
            "key": .string(Base64.encode(publicKey)),
            "attest": .string(Base64.encode(attest)),
            "signature": .string(Base64.encode(signature)),
            "nonce": .string(Hexadecimal.encode(nonce)),
            "state": state.json,
        ]
    }

    /// The canonical bytes (RFC 8785).
    ///
    /// - Throws: ``StateFault`` with `.malformed` when a value is above its bound.
    package func encoded() throws(StateFault) -> [UInt8] {
        do {
            _ = try StateQuote(reading: JSONReader(json))
            return try CanonicalJSON.encode(json)
        } catch {
            throw StateFault(error)
        }
    }

    /// Reads a quote.
    ///
    /// - Throws: ``StateFault`` with `.malformed`, whatever the bytes are. Never traps.
    package init(decoding bytes: [UInt8]) throws(StateFault) {
        do throws(JSONError) {
            let value = try JSONParser.parse(
                bytes,
                limits: JSONParser.Limits(bytesMax: StateLimit.quoteBytesMax, depthMax: StateLimit.depthMax)
            )
            self = try StateQuote(reading: JSONReader(value))
            guard try CanonicalJSON.encode(value) == bytes else {
                throw JSONError(
                    .invalidValue, subject: "", message: "the quote is not in canonical form (RFC 8785)")
            }
        } catch {
            throw StateFault(error)
        }
    }

    private init(reading reader: JSONReader) throws(JSONError) {
        try reader.requireNoMembers(beside: Self.names)
        strength = try reader.word("strength")
        publicKey = try reader.bytes("key", bytesMax: StateLimit.pointBytes)
        attest = try reader.bytes("attest", bytesMax: StateLimit.attestBytesMax)
        signature = try reader.bytes("signature", bytesMax: StateLimit.signatureBytes)
        let nonceReader = try reader.member("nonce")
        let text = try nonceReader.string()
        nonce = Hexadecimal.decode(text) ?? []
        // Lower case, or one nonce would have many texts.
        guard nonce.count == StateLimit.nonceBytes, Hexadecimal.encode(nonce) == text else {
            throw nonceReader.refusal("a nonce has \(StateLimit.nonceBytes) bytes, in lower-case hex")
        }
        state = try MeasuredState(reading: try reader.member("state"))
    }
}

extension JSONReader {
    fileprivate func bytes(_ name: String, bytesMax: Int) throws(JSONError) -> [UInt8] {
        let reader = try member(name)
        guard let bytes = Base64.decode(try reader.string()) else {
            throw reader.refusal("this is no base64")
        }
        guard bytes.count <= bytesMax else {
            throw reader.refusal("\(bytes.count) bytes; at most \(bytesMax) are read")
        }
        return bytes
    }
}
