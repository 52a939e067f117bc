import DecisionRecord
import DurableFiles
import FleetModel

/// The folder that holds everything a control plane keeps. One process at a time: two would each run the machines of
/// one ledger.
struct DataFolder: Sendable {
    let path: String
    private let lock: FileLock
    let files = DurableFiles()

    /// Bytes of a secret file: 64 hex digits and what an editor adds.
    private static let secretBytesMax = 1024

    /// Opens the folder, makes it where it is missing, and takes its lock.
    init(_ path: String) throws(FileError) {
        self.path = path
        try files.makeDirectory(path, mode: 0o700)
        lock = try FileLock("\(path)/lock")
    }

    var database: String { "\(path)/fleet.sqlite" }
    var packs: String { "\(path)/packs" }
    /// The public log: all of it may be served to anyone.
    var log: String { "\(path)/log" }
    /// Signs the log's checkpoints; `log.key.pub` is for those who verify them.
    var logKey: String { "\(path)/log.key" }
    /// Signs what the control plane says of releases.
    var attestationKey: String { "\(path)/attestation.key" }
    /// `HOST:PORT` that the server listens at; rewritten at each start.
    var address: String { "\(path)/address" }
    var operatorToken: String { "\(path)/operator.token" }
    var enrolmentSecret: String { "\(path)/enrolment.secret" }
    /// The CA's certificate: what agents and people are given.
    var caCertificate: String { "\(path)/ca.pem" }
    var caKey: String { "\(path)/ca.key" }
    var serverCertificate: String { "\(path)/server.pem" }
    var serverKey: String { "\(path)/server.key" }

    /// The secret in a file, made at the first start: 32 random bytes in hex, readable by the owner only.
    func secret(_ file: String) throws -> Secret {
        do throws(FileError) {
            let bytes = try files.read(file, bytesMax: Self.secretBytesMax)
            let text = String(decoding: bytes, as: UTF8.self).trimmingWhitespace()
            guard text.utf8.count >= Secret.digitsMin else {
                throw FileError(
                    .failed, subject: file,
                    message:
                        "the secret is shorter than \(Secret.digitsMin) characters; delete the file to get a new one")
            }
            return Secret(text)
        } catch {
            guard error.code == .notFound else { throw error }
        }
        let secret = Secret.random()
        try files.write(Array("\(secret.text)\n".utf8), to: file, mode: 0o600)
        return secret
    }
}

extension DataFolder {
    /// The key that signs attestations, made at the first start: its seed in hex, readable by the owner only.
    func attestationSigner() throws -> AttestationKey {
        guard let seed = Hexadecimal.decode(try secret(attestationKey).text), let key = AttestationKey(seed: seed)
        else {
            throw FileError(
                .failed, subject: attestationKey,
                message: "this is no key; put the file back from a copy, or delete it to get a new one")
        }
        return key
    }
}

extension String {
    func trimmingWhitespace() -> String {
        let isSpace = { (character: Character) in character.isWhitespace }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
