import DurableFiles
import FleetModel
import LogStore
import TransparencyLog

/// The log that a control plane keeps in its data folder and serves to everyone.
struct PublicLog: DecisionLog {
    /// The log's name in its checkpoints. One log, one name, for ever: whoever trusts the key trusts it under this name.
    static let name = "firebreak/log"

    let folder: String
    private let store: LogStore
    private let files: DurableFiles

    /// Opens the log, or begins one with a new key. What a crash left is mended.
    init(_ folder: DataFolder, now: @escaping @Sendable () -> Moment) throws(LogStoreError) {
        self.folder = folder.log
        files = folder.files
        let signer =
            files.exists(folder.logKey)
            ? try NoteKeyFile.read(folder.logKey)
            : try NoteKeyFile.create(folder.logKey, name: Self.name, kind: .ed25519)
        store = try LogStore(folder: folder.log, lockPath: folder.log + ".lock", signer: signer, now: now)
    }

    func append(_ entries: [[UInt8]]) async throws -> Int64 {
        Int64(try await store.append(entries).lowerBound)
    }

    /// The newest, as it is published.
    var checkpoint: SignedCheckpoint { store.checkpoint }

    /// Publishes a checkpoint with a witness's signature, unless it is not the newest any more.
    func add(_ signature: NoteSignature, to checkpoint: SignedCheckpoint) async throws(LogStoreError) {
        try await store.addSignatures([signature], to: checkpoint.note.text)
    }

    func tail() async throws -> (count: Int64, last: [UInt8]?) {
        let size = store.checkpoint.size
        guard size > 0, let bundle = BundleCoordinate.bundle((size - 1) / LogLimit.tileWidth, size: size) else {
            return (0, nil)
        }
        let bytes = try read(.bundle(bundle))
        return (Int64(size), try EntryBundle.decode(bytes, count: bundle.width).last)
    }

    /// A file of the log as it lies there.
    func read(_ resource: LogResource) throws(FileError) -> [UInt8] {
        try files.read("\(folder)/\(resource.path)", bytesMax: resource.bytesMax)
    }
}
