import CanonicalCoding
import enum Crypto.Curve25519
import Glibc
package import UpdateTrust

/// The file that holds the private key of a release engineer.
///
/// Text: the line `firebreak-signing-key-v1`, then `ed25519 <base64 of the 32-byte seed>`. Its owner alone may read
/// it; a key that others can read is refused, since nobody can know who has it.
package enum SigningKeyFile {
    private static let title = "firebreak-signing-key-v1"
    private static let algorithm = "ed25519"
    /// Bytes of the file: the two lines have 78; a file of 4 KiB is another file.
    private static let fileBytesMax = 4_096

    /// Makes a key pair: the private key at `path`, for its owner alone, and the public key at `path` with `.pub`,
    /// as one line of a file for `--trust`.
    ///
    /// - Returns: The public key.
    /// - Throws: ``KeyFileError`` with `.keyExists` when either file is there already: a key is never overwritten.
    package static func create(at path: String, comment: String) throws(KeyFileError) -> TrustedKey {
        let seed = Array(Curve25519.Signing.PrivateKey().rawRepresentation)
        let singleLine = comment.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard let key = PackSigningKey(seed: seed),
            let trusted = TrustedKey(publicKey: key.publicKey, comment: singleLine)
        else {
            throw KeyFileError(.keyUnreadable, subject: path, message: "no key could be made")
        }
        try writePair("\(title)\n\(algorithm) \(Base64.encode(seed))\n", trusted, to: path)
        return trusted
    }

    /// Writes the private half to `path`, for its owner alone, and the public half to `path` with `.pub`.
    static func writePair(_ privateHalf: String, _ publicHalf: TrustedKey, to path: String) throws(KeyFileError) {
        try write(privateHalf, to: path, mode: 0o600)
        do throws(KeyFileError) {
            try write(publicHalf.line + "\n", to: path + ".pub", mode: 0o644)
        } catch {
            // Half a pair is of no use, and would be in the way of the next attempt.
            unlink(path)
            throw error
        }
    }

    /// Whether there is a file at `path`, whatever it is.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The key in the file at `path`.
    ///
    /// - Throws: ``KeyFileError`` with `.keyUnsafe` when the file is a link, no plain file, someone else's, or may be
    ///   read or written by others, and `.keyUnreadable` when it is no key.
    package static func read(_ path: String) throws(KeyFileError) -> PackSigningKey {
        try key(in: try readOwn(path, bytesMax: fileBytesMax), path: path)
    }

    /// The key in a file that was read.
    static func key(in bytes: [UInt8], path: String) throws(KeyFileError) -> PackSigningKey {
        let unreadable = KeyFileError(
            .keyUnreadable, subject: path, message: "the file is no signing key: it begins with \(title)")
        guard let text = String(validating: bytes, as: UTF8.self) else { throw unreadable }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 3, lines[0] == title, lines[2].isEmpty, lines[1].hasPrefix(algorithm + " "),
            let seed = Base64.decode(String(lines[1].dropFirst(algorithm.utf8.count + 1))),
            let key = PackSigningKey(seed: seed)
        else { throw unreadable }
        return key
    }

    /// The bytes of a secret's file: none that others can read, no link, and no longer than `bytesMax`.
    static func readOwn(_ path: String, bytesMax: Int) throws(KeyFileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code: KeyFileError.Code = errno == ELOOP ? .keyUnsafe : .keyUnreadable
            throw KeyFileError(code, subject: path, message: "the file cannot be opened: \(reason(errno))")
        }
        defer { close(descriptor) }
        try checkOwnerAlone(descriptor, path)
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard (1...bytesMax).contains(count) else {
            throw KeyFileError(.keyUnreadable, subject: path, message: "the file is empty, or above \(bytesMax) bytes")
        }
        return Array(bytes.prefix(count))
    }

    /// Looks at the open file, not at the name: the name could have become another file since.
    private static func checkOwnerAlone(_ descriptor: Int32, _ path: String) throws(KeyFileError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw KeyFileError(.keyUnreadable, subject: path, message: "the file cannot be looked at: \(reason(errno))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw KeyFileError(.keyUnsafe, subject: path, message: "the file is no plain file")
        }
        guard status.st_uid == geteuid() else {
            throw KeyFileError(.keyUnsafe, subject: path, message: "the file belongs to user \(status.st_uid)")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw KeyFileError(
                .keyUnsafe, subject: path, message: "the file may be read or written by others (mode \(mode))")
        }
    }

    private static func write(_ text: String, to path: String, mode: mode_t) throws(KeyFileError) {
        // O_EXCL: neither an older key nor a link that waits at this name is written through.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            let code: KeyFileError.Code = errno == EEXIST ? .keyExists : .keyUnreadable
            throw KeyFileError(code, subject: path, message: "the key file cannot be made: \(reason(errno))")
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        // The umask may have taken bits away; it cannot have added any.
        guard fchmod(descriptor, mode) == 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count,
            fsync(descriptor) == 0
        else {
            let message = reason(errno)
            unlink(path)
            throw KeyFileError(.keyUnreadable, subject: path, message: "the key file cannot be written: \(message)")
        }
    }

    private static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }
}
