import CanonicalCoding
import DurableFiles
import FleetModel
import Glibc

/// The directory that is everything an endpoint remembers. One agent at a time.
struct StateDirectory: Sendable {
    let path: String
    let files: DurableFiles
    let lock: FileLock

    /// Twice as long as the broker's watchdog needs to let every execution go on.
    private static let lockPatienceMilliseconds = 2000
    /// Bytes of a small file of ours: a credential, an identity, a policy.
    static let smallFileBytesMax = 64 << 10

    var journal: String { "\(path)/journal.json" }
    var generations: String { "\(path)/generations" }
    var spool: String { "\(path)/spool" }
    var activation: String { "\(path)/activation.json" }
    var log: String { "\(path)/agent.log" }
    /// Left by a person who has mended what was wrong: the next start goes back to normal mode.
    private var resumption: String { "\(path)/resume" }
    private var identityFile: String { "\(path)/identity.json" }
    private var credentialFile: String { "\(path)/credential" }
    var policy: String { "\(path)/policy.json" }
    /// The journal of builds, and the folder that they are fetched into.
    var buildJournal: String { "\(path)/builds.json" }
    var builds: String { "\(path)/builds" }
    /// The TUF metadata that was verified.
    var metadata: String { "\(path)/tuf" }
    /// The newest checkpoint of the public log that was seen.
    var logCheckpoint: String { "\(path)/log.checkpoint" }

    init(path: String, files: DurableFiles) throws(AgentError) {
        self.path = path
        self.files = files
        do throws(FileError) {
            try files.makeDirectory(path)
            lock = try FileLock("\(path)/lock", patienceMilliseconds: Self.lockPatienceMilliseconds)
            try files.makeDirectory("\(path)/generations")
            try files.makeDirectory("\(path)/spool")
        } catch {
            throw AgentError(
                error.code == .locked ? .alreadyRunning : .stateUnusable, subject: path, message: "\(error)")
        }
    }

    /// Whether a person says that the agent shall go back to normal mode; said once.
    func takesResumption() -> Bool {
        guard access(resumption, F_OK) == 0 else { return false }
        // One that cannot be removed would be obeyed at every start.
        return (try? files.remove(resumption)) != nil
    }

    private struct Identity: Codable {
        var endpoint: EndpointID
    }

    /// The endpoint's identity, made at the first start of all.
    ///
    /// One that is there and cannot be read is replaced only when there is no credential either: a new identity beside
    /// an old credential would be refused for ever.
    func identity() throws(AgentError) -> EndpointID {
        do throws(FileError) {
            let bytes = try files.read(identityFile, bytesMax: Self.smallFileBytesMax)
            if let read = try? CodableJSON.decode(
                Identity.self, from: bytes, limits: .init(bytesMax: Self.smallFileBytesMax))
            {
                return read.endpoint
            }
            if try credential() != nil {
                throw FileError(
                    .notWhatWasWritten, subject: identityFile,
                    message: "it is damaged; remove the state directory, revoke the endpoint, and enrol it anew")
            }
        } catch {
            guard error.code == .notFound else {
                throw AgentError(.stateUnusable, subject: identityFile, message: "\(error)")
            }
        }
        return try makeIdentity()
    }

    private func makeIdentity() throws(AgentError) -> EndpointID {
        var uid = [UInt8](repeating: 0, count: 16)
        for index in uid.indices { uid[index] = UInt8.random(in: .min ... .max) }
        // A UUID of version 7 is what OpAMP recommends; 4 says as much here and tells no time (RFC 9562 clause 5.4).
        uid[6] = uid[6] & 0x0F | 0x40
        uid[8] = uid[8] & 0x3F | 0x80
        let identity = Identity(endpoint: EndpointID(accepted: Hexadecimal.encode(uid)))
        do {
            try files.write(CodableJSON.encode(identity), to: identityFile)
        } catch {
            throw AgentError(.stateUnusable, subject: identityFile, message: "\(error)")
        }
        return identity.endpoint
    }

    /// The endpoint's own credential; nil before it has enrolled.
    func credential() throws(FileError) -> String? {
        do throws(FileError) {
            let bytes = try files.read(credentialFile, bytesMax: Self.smallFileBytesMax)
            let text = String(decoding: bytes, as: UTF8.self)
            return text.isEmpty ? nil : text
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// Keeps the credential, durably, before anyone uses it.
    func store(credential: String) throws(FileError) {
        try files.write(Array(credential.utf8), to: credentialFile, mode: 0o600)
    }

    /// The kernel's id of this boot; empty where there is none, which then counts as the same boot.
    static func bootID() -> String {
        let bytes = (try? DurableFiles().read("/proc/sys/kernel/random/boot_id", bytesMax: 256)) ?? []
        return String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
    }
}
