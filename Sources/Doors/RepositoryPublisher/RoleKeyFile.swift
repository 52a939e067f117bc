import CanonicalCoding
package import UpdateTrust

/// A file with the key of a role: encrypted, or plain as ``SigningKeyFile`` writes it.
package enum RoleKeyFile {
    /// The key, for which the passphrase is asked only when it is needed.
    package static func read(_ path: String, passphrase: Passphrase) throws(KeyFileError) -> PackSigningKey {
        let bytes = try SigningKeyFile.readOwn(path, bytesMax: EncryptedKeyFile.fileBytesMax)
        guard bytes.first == UInt8(ascii: "{") else { return try SigningKeyFile.key(in: bytes, path: path) }
        let outline = try EncryptedKeyFile.outline(of: bytes, path: path)
        return try EncryptedKeyFile.open(
            bytes, path: path,
            passphrase: try passphrase.read(prompt: "Passphrase of the \(outline.role) key \(path): "))
    }

    /// What a key's file says without a passphrase: its role, empty when it tells none, and whether it is encrypted.
    package static func outline(_ path: String) throws(KeyFileError) -> (role: String, key: TufKey, isEncrypted: Bool) {
        let bytes = try SigningKeyFile.readOwn(path, bytesMax: EncryptedKeyFile.fileBytesMax)
        guard bytes.first == UInt8(ascii: "{") else {
            return ("", try SigningKeyFile.key(in: bytes, path: path).key, false)
        }
        let outline = try EncryptedKeyFile.outline(of: bytes, path: path)
        return (outline.role, outline.key, true)
    }
}
