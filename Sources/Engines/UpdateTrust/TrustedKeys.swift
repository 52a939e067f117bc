import CanonicalCoding
import enum Crypto.Curve25519
package import FleetModel

/// A public key whose signature on a pack is accepted.
package struct TrustedKey: Equatable, Sendable {
    /// SHA-256 of the raw public key: what a pack names its signer by.
    package let id: Digest
    /// The 32 bytes of the Ed25519 public key (RFC 8032).
    package let publicKey: [UInt8]
    /// What a person wrote beside it.
    package let comment: String

    /// Bytes of an Ed25519 public key.
    package static let publicKeyBytes = 32

    /// The key with these bytes; nil unless there are 32 that swift-crypto takes for a key.
    package init?(publicKey bytes: [UInt8], comment: String) {
        guard bytes.count == Self.publicKeyBytes,
            (try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)) != nil
        else { return nil }
        id = ContentDigest.sha256(bytes)
        publicKey = bytes
        self.comment = comment
    }

    /// The key as a line of the file that `--trust` names.
    package var line: String { "\(TrustedKeys.algorithm) \(Base64.encode(publicKey)) \(comment)" }
}

/// The keys of the file that `--trust` names: who may sign packs for this endpoint or server.
///
/// Text, one key a line: `ed25519 <base64 of 32 bytes> <comment>`; empty lines and lines that begin with `#` say
/// nothing. A line that is not understood refuses the whole file: a key that someone meant to be there would
/// otherwise be missing in silence.
package struct TrustedKeys: Equatable, Sendable {
    /// In the order of the file, each key once.
    package let keys: [TrustedKey]

    static let algorithm = "ed25519"
    /// Bytes of the file: 64 KiB, far more than `keyCountMax` keys with long comments need.
    package static let fileBytesMax = 64 << 10
    /// Keys of one file. Each is one more way to get content onto an endpoint.
    package static let keyCountMax = 64

    /// - Throws: ``TrustError`` with the line's number as its subject; `.keyFileEmpty` without any key: an endpoint
    ///   that trusts nobody is misconfigured, and that should show before the first offer.
    package init(reading bytes: [UInt8]) throws(TrustError) {
        guard bytes.count <= Self.fileBytesMax, let text = String(validating: bytes, as: UTF8.self) else {
            throw TrustError(
                .keyFileMalformed, message: "the file is no UTF-8 text of at most \(Self.fileBytesMax) bytes")
        }
        var keys: [TrustedKey] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let key = try Self.key(in: line, number: index + 1) else { continue }
            guard !keys.contains(where: { $0.id == key.id }) else {
                throw TrustError(.keyFileMalformed, subject: "line \(index + 1)", message: "this key is there twice")
            }
            keys.append(key)
            guard keys.count <= Self.keyCountMax else {
                throw TrustError(.keyFileMalformed, message: "more than \(Self.keyCountMax) keys")
            }
        }
        guard !keys.isEmpty else { throw TrustError(.keyFileEmpty, message: "the file names no key") }
        self.keys = keys
    }

    package init(_ key: TrustedKey) { keys = [key] }

    private static func key(in line: Substring, number: Int) throws(TrustError) -> TrustedKey? {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
        guard let first = words.first, !first.hasPrefix("#") else { return nil }
        let subject = "line \(number)"
        guard first == algorithm else {
            throw TrustError(
                .keyFileMalformed, subject: subject,
                message: "\"\(first.prefix(40))\" is no kind of key; \(algorithm) is")
        }
        guard words.count >= 2, let bytes = Base64.decode(String(words[1])),
            let key = TrustedKey(publicKey: bytes, comment: words.count > 2 ? String(words[2]) : "")
        else {
            throw TrustError(
                .keyFileMalformed, subject: subject,
                message: "the second word is not the base64 of a \(TrustedKey.publicKeyBytes)-byte public key")
        }
        return key
    }

    /// The key that a pack names; nil when it is not trusted.
    package subscript(id: Digest) -> TrustedKey? { keys.first { $0.id == id } }
}
