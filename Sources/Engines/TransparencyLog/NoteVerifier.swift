import CanonicalCoding
import enum Crypto.Curve25519
import struct Crypto.SHA256
import FleetModel

/// A public key that signs notes, by name: a log's or a witness's.
package struct NoteVerifier: Hashable, Sendable, CustomStringConvertible {
    /// What is signed and how; the raw value is the signature type of C2SP signed-note.
    package enum Kind: UInt8, Sendable {
        /// Ed25519 over the note's text.
        case ed25519 = 1
        /// A timestamped Ed25519 cosignature of a checkpoint (C2SP tlog-cosignature).
        case cosignature = 4
    }

    package let name: String
    package let kind: Kind
    /// 32 bytes (RFC 8032).
    package let publicKey: [UInt8]
    /// The first four bytes of SHA-256(name || 0x0A || kind || key). Short: it tells keys apart and proves nothing.
    package let keyHash: UInt32

    /// - Throws: `.keyMalformed` for a name that no note may have, or a key that is none.
    package init(name: String, kind: Kind = .ed25519, publicKey: [UInt8]) throws(LogError) {
        guard NoteName.isValid(name) else {
            throw LogError(
                .keyMalformed, subject: String(name.prefix(80)), message: "the key's name has a space or a plus")
        }
        guard (try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)) != nil else {
            throw LogError(.keyMalformed, subject: name, message: "the key is no Ed25519 key of 32 bytes")
        }
        self.name = name
        self.kind = kind
        self.publicKey = publicKey
        keyHash = Self.hash(name: name, keyData: [kind.rawValue] + publicKey)
    }

    /// From its text form, `NAME+HASH+BASE64`, the vkey of C2SP signed-note.
    package init(_ text: String) throws(LogError) {
        func refusal(_ message: String) -> LogError {
            LogError(.keyMalformed, subject: String(text.prefix(80)), message: message)
        }
        guard text.utf8.count <= LogLimit.keyTextBytesMax else { throw refusal("the key's text is too long") }
        // Base64 has plus signs of its own: only the first two separate.
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let data = Base64.decode(parts[2]), let type = data.first else {
            throw refusal("a public key is written NAME+HASH+BASE64")
        }
        guard let kind = Kind(rawValue: type) else { throw refusal("keys of type \(type) are not known here") }
        try self.init(name: parts[0], kind: kind, publicKey: Array(data.dropFirst()))
        guard parts[1] == keyHashText else { throw refusal("the key's hash is \(keyHashText)") }
    }

    static func hash(name: String, keyData: [UInt8]) -> UInt32 {
        var hasher = SHA256()
        (Array(name.utf8) + [10] + keyData).withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return hasher.finalize().prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Eight hex digits.
    package var keyHashText: String {
        Hexadecimal.encode((0..<4).map { UInt8(truncatingIfNeeded: keyHash >> UInt32(24 - 8 * $0)) })
    }

    /// The vkey.
    package var text: String { "\(name)+\(keyHashText)+\(Base64.encode([kind.rawValue] + publicKey))" }
    package var description: String { text }

    /// Whether the signature holds for the note's text.
    package func isValid(_ signature: [UInt8], over text: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        switch kind {
        case .ed25519:
            return signature.count == 64 && key.isValidSignature(signature, for: text)
        case .cosignature:
            guard let cosignature = Cosignature(signature) else { return false }
            return key.isValidSignature(
                cosignature.signature, for: Cosignature.message(time: cosignature.time, text: text))
        }
    }
}
