package import CanonicalCoding
import FleetModel

/// Something that signs metadata: a key in memory, and where there is one a hardware token or a key service.
package protocol TufSigner: Sendable {
    /// The public key, as metadata will list it.
    var key: TufKey { get }
    /// A signature over the canonical bytes.
    ///
    /// - Throws: ``TufError`` `.signingFailed` when the key cannot be used.
    func sign(_ message: [UInt8]) throws(TufError) -> [UInt8]
}

/// A release engineer's key signs metadata too: a vendor has one key for its packs and for its role.
extension PackSigningKey: TufSigner {
    package var key: TufKey { TufKey(ed25519: publicKey) }

    package func sign(_ message: [UInt8]) throws(TufError) -> [UInt8] {
        do throws(TrustError) {
            return try signature(over: message)
        } catch {
            throw TufError(.signingFailed, subject: key.id, message: error.message)
        }
    }
}

/// A metadata file that is being signed: by one person, or by several, one after the other.
package struct TufDraft: Sendable {
    /// What is signed.
    package let signed: JSONValue
    /// By key, in the order in which they were made.
    package private(set) var signatures: [(keyID: String, signature: [UInt8])]

    package init(_ signed: JSONValue) {
        self.signed = signed
        signatures = []
    }

    /// Continues a file that others have signed. Nothing of it is verified.
    package init(reading bytes: [UInt8], bytesMax: Int, subject: String) throws(TufError) {
        do throws(JSONError) {
            let document = JSONReader(try JSONParser.parse(bytes, limits: JSONParser.Limits(bytesMax: bytesMax)))
            signed = try document.member("signed").value
            signatures = []
            for element in try document.member("signatures").elements() {
                let digits = try element.member("sig").string()
                signatures.append((try element.member("keyid").string(), Hexadecimal.decode(digits) ?? []))
            }
        } catch {
            throw TufError(error, subject: subject)
        }
    }

    /// Adds the signer's signature, in place of an earlier one of the same key.
    package mutating func sign(by signer: some TufSigner) throws(TufError) {
        guard let message = TufJSON.canonical(signed) else {
            throw TufError(.malformed, subject: "draft", message: "it holds a fraction, which cannot be signed")
        }
        let id = signer.key.id
        signatures.removeAll { $0.keyID == id }
        signatures.append((id, try signer.sign(message)))
    }

    /// The file as it is served.
    package var bytes: [UInt8] {
        let list = signatures.map { signature -> JSONValue in
            ["keyid": .string(signature.keyID), "sig": .string(Hexadecimal.encode(signature.signature))]
        }
        let document: JSONValue = ["signed": signed, "signatures": .array(list)]
        // A fraction was refused when it was signed; what was never signed is of no use to anyone.
        return (try? CanonicalJSON.encode(document)) ?? []
    }
}
