import CanonicalCoding
import enum Crypto.Curve25519
package import FleetModel

/// The private half of a log's or witness's key, in memory. Where it is kept is not this room's business.
package struct NoteSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    private let seed: [UInt8]
    package let verifier: NoteVerifier

    private static let prefix = "PRIVATE+KEY+"
    /// Bytes of the seed that is the private key (RFC 8032 clause 5.1.5).
    package static let seedBytes = 32

    /// - Throws: `.keyMalformed`.
    package init(name: String, kind: NoteVerifier.Kind = .ed25519, seed: [UInt8]) throws(LogError) {
        guard seed.count == Self.seedBytes, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            throw LogError(.keyMalformed, subject: name, message: "a private key has 32 bytes")
        }
        self.key = key
        self.seed = seed
        verifier = try NoteVerifier(name: name, kind: kind, publicKey: Array(key.publicKey.rawRepresentation))
    }

    /// From its text form, `PRIVATE+KEY+NAME+HASH+BASE64`, the skey of golang.org/x/mod/sumdb/note.
    package init(_ text: String) throws(LogError) {
        // Errors name nothing of the text: it is a secret.
        let refusal = LogError(
            .keyMalformed, subject: "private key", message: "it is written PRIVATE+KEY+NAME+HASH+BASE64")
        guard text.utf8.count <= LogLimit.keyTextBytesMax, text.hasPrefix(Self.prefix) else { throw refusal }
        let parts = text.dropFirst(Self.prefix.count).split(
            separator: "+", maxSplits: 2, omittingEmptySubsequences: false
        ).map(String.init)
        guard parts.count == 3, let data = Base64.decode(parts[2]),
            let kind = data.first.flatMap(NoteVerifier.Kind.init(rawValue:))
        else { throw refusal }
        try self.init(name: parts[0], kind: kind, seed: Array(data.dropFirst()))
        guard parts[1] == verifier.keyHashText else { throw refusal }
    }

    /// The skey. A secret.
    package var text: String {
        Self.prefix + "\(verifier.name)+\(verifier.keyHashText)+\(Base64.encode([verifier.kind.rawValue] + seed))"
    }

    /// Signs a note's text.
    ///
    /// - Parameter now: The time that a cosignature states; a plain signature states none.
    /// - Throws: `.signatureInvalid` when the library refuses; it then has no entropy or no memory.
    package func sign(_ text: [UInt8], at now: Moment) throws(LogError) -> NoteSignature {
        let time = UInt64(max(0, now.milliseconds / 1000))
        let message = verifier.kind == .cosignature ? Cosignature.message(time: time, text: text) : text
        guard let signature = try? key.signature(for: message) else {
            throw LogError(.signatureInvalid, subject: verifier.name, message: "nothing could be signed with this key")
        }
        let bytes =
            verifier.kind == .cosignature
            ? Cosignature(time: time, signature: Array(signature)).bytes : Array(signature)
        return NoteSignature(name: verifier.name, keyHash: verifier.keyHash, bytes: bytes)
    }
}
