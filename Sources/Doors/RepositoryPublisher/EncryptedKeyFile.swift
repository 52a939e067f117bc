import CanonicalCoding
import Crypto
import CryptoExtras
import FleetModel
package import UpdateTrust

/// The file of a key that only a passphrase opens: for keys that lie in a drawer or on a stick.
///
/// Canonical JSON: how the passphrase becomes a key (scrypt, RFC 7914), and the seed sealed by that (ChaCha20-Poly1305,
/// RFC 8439). Everything else in the file is authenticated with it: nobody makes another role's key of it.
package enum EncryptedKeyFile {
    /// What a guess costs: 128 · `rounds` · 8 bytes of memory.
    package struct Cost: Sendable {
        /// A power of two.
        package let rounds: Int64

        package init(rounds: Int64) { self.rounds = rounds }

        /// 128 MiB and about half a second.
        package static let usual = Cost(rounds: 1 << 17)
        /// 16 MiB: below this, guessing is cheap. A file that asks for less was not written here.
        package static let least = Cost(rounds: 1 << 14)
        /// 256 MiB: a file that asks for more would exhaust the reader.
        static let most = Cost(rounds: 1 << 18)
    }

    /// A key's public half and its role, which need no passphrase.
    package struct Outline: Equatable, Sendable {
        /// What its owner made it for.
        package let role: String
        package let key: TufKey
    }

    static let format = "firebreak-encrypted-key-v1"
    private static let cipher = "chacha20-poly1305"
    /// scrypt's r: the block size that RFC 7914 recommends. Another was not written here.
    private static let blockSize: Int64 = 8
    private static let saltBytes = 16
    /// Bytes of the file: about 500 are used.
    static let fileBytesMax = 4_096
    /// Bytes of a passphrase: a shorter one is guessed whatever the cost.
    package static let passphraseBytes = 8...1_024

    /// Makes a key for `role` in a new file, its owner's alone, and its public half beside it, with `.pub`.
    package static func create(
        at path: String, role: String, passphrase: [UInt8], cost: Cost = .usual
    ) throws(KeyFileError) -> TrustedKey {
        let seed = Array(Curve25519.Signing.PrivateKey().rawRepresentation)
        guard let key = PackSigningKey(seed: seed), let trusted = TrustedKey(publicKey: key.publicKey, comment: role)
        else { throw KeyFileError(.keyUnreadable, subject: path, message: "no key could be made") }
        let bytes = try sealed(seed, role: role, publicKey: key.publicKey, passphrase: passphrase, cost: cost)
        try SigningKeyFile.writePair(String(decoding: bytes, as: UTF8.self), trusted, to: path)
        return trusted
    }

    /// The file's text.
    static func sealed(_ seed: [UInt8], role: String, publicKey: [UInt8], passphrase: [UInt8], cost: Cost)
        throws(KeyFileError) -> [UInt8]
    {
        var random = SystemRandomNumberGenerator()
        let salt = (0..<saltBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
        var members: JSONObject = [
            "format": .string(format), "role": .string(role), "public": .string(Hexadecimal.encode(publicKey)),
            "cipher": .string(cipher),
            "kdf": [
                "name": "scrypt", "n": .integer(cost.rounds), "r": .integer(blockSize), "p": 1,
                "salt": .string(Base64.encode(salt)),
            ],
        ]
        do {
            let key = try derive(passphrase, salt: salt, cost: cost)
            let header = try CanonicalJSON.encode(.object(members))
            let box = try ChaChaPoly.seal(seed, using: key, authenticating: header)
            members["sealed"] = .string(Base64.encode(Array(box.combined)))
            return try CanonicalJSON.encode(.object(members))
        } catch let error as KeyFileError {
            throw error
        } catch {
            throw KeyFileError(.keyUnreadable, subject: role, message: "the key cannot be encrypted: \(error)")
        }
    }

    /// What a key's file says without its passphrase.
    package static func outline(of bytes: [UInt8], path: String) throws(KeyFileError) -> Outline {
        let file = try Contents(reading: bytes, path: path)
        return Outline(role: file.role, key: TufKey(ed25519: file.publicKey))
    }

    /// The key in the file.
    ///
    /// - Throws: ``KeyFileError`` `.passphraseWrong` when the passphrase does not open it.
    static func open(_ bytes: [UInt8], path: String, passphrase: [UInt8]) throws(KeyFileError) -> PackSigningKey {
        let file = try Contents(reading: bytes, path: path)
        let derived = try derive(passphrase, salt: file.salt, cost: file.cost)
        guard let box = try? ChaChaPoly.SealedBox(combined: file.sealed),
            let seed = try? ChaChaPoly.open(box, using: derived, authenticating: file.header),
            let key = PackSigningKey(seed: Array(seed)), key.publicKey == file.publicKey
        else { throw KeyFileError(.passphraseWrong, subject: path, message: "the passphrase does not open this key") }
        return key
    }

    private static func derive(_ passphrase: [UInt8], salt: [UInt8], cost: Cost) throws(KeyFileError) -> SymmetricKey {
        guard passphraseBytes.contains(passphrase.count) else {
            throw KeyFileError(
                .passphraseMissing, subject: "passphrase",
                message: "it has \(passphrase.count) bytes, and must have \(passphraseBytes.lowerBound) to "
                    + "\(passphraseBytes.upperBound)")
        }
        do {
            return try KDF.Scrypt.deriveKey(
                from: passphrase, salt: salt, outputByteCount: 32, rounds: Int(cost.rounds),
                blockSize: Int(blockSize), parallelism: 1)
        } catch {
            throw KeyFileError(.keyUnreadable, subject: "passphrase", message: "scrypt failed: is there enough memory?")
        }
    }

    /// A file that was read within bounds, and not opened.
    private struct Contents {
        let role: String
        let publicKey: [UInt8]
        let cost: Cost
        let salt: [UInt8]
        let sealed: [UInt8]
        /// The canonical bytes of everything but what is sealed.
        let header: [UInt8]

        init(reading bytes: [UInt8], path: String) throws(KeyFileError) {
            do throws(JSONError) {
                let value = try JSONParser.parse(bytes, limits: JSONParser.Limits(bytesMax: fileBytesMax))
                let document = JSONReader(value)
                try document.requireNoMembers(beside: ["format", "role", "public", "cipher", "kdf", "sealed"])
                guard try document.member("format").string() == format,
                    try document.member("cipher").string() == cipher
                else { throw document.refusal("another format than \(format)") }
                role = try document.member("role").string()
                publicKey = Hexadecimal.decode(try document.member("public").string()) ?? []
                sealed = Base64.decode(try document.member("sealed").string()) ?? []
                let kdf = try document.member("kdf")
                try kdf.requireNoMembers(beside: ["name", "n", "r", "p", "salt"])
                let rounds = try kdf.member("n").integer(in: Cost.least.rounds...Cost.most.rounds)
                guard try kdf.member("name").string() == "scrypt", rounds & (rounds - 1) == 0 else {
                    throw kdf.refusal("scrypt with a power of two was expected")
                }
                _ = try kdf.member("r").integer(in: blockSize...blockSize)
                _ = try kdf.member("p").integer(in: 1...1)
                cost = Cost(rounds: rounds)
                salt = Base64.decode(try kdf.member("salt").string()) ?? []
                guard salt.count == saltBytes else { throw kdf.refusal("\(saltBytes) bytes of salt were expected") }
                let rest = try document.object().members.filter { $0.name != "sealed" }
                header = try CanonicalJSON.encode(.object(JSONObject(rest.map { ($0.name, $0.value) })))
            } catch {
                throw KeyFileError(.keyUnreadable, subject: path, message: error.description)
            }
        }
    }
}
