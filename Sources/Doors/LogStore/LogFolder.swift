package import DurableFiles
package import FleetModel
import Glibc

package import TransparencyLog

/// A log's folder: `checkpoint`, `tile/`, and nothing that a web server may not show. One writer.
///
/// An append goes: bundles and tiles, durable; the checkpoint that names them, signed, durable as `checkpoint.next`; its
/// rename to `checkpoint`. So nobody sees a checkpoint that a power cut could take back, and none that names a file that
/// is not there. What a cut leaves is mended at the next start: a `checkpoint.next` that is whole is published, since it
/// may have been seen; everything else that no checkpoint names is removed.
package struct LogFolder: Sendable {
    fileprivate let files: DurableFiles
    fileprivate let folder: String
    private let signer: NoteSigner
    private let trust: LogTrust
    private var tail: [UInt8]
    package private(set) var tree: TreeAppender
    /// The newest that was published.
    package private(set) var checkpoint: SignedCheckpoint
    private var isSuspended = false

    /// Entries of one batch. It bounds what a cut can leave: 17 tiles and bundles.
    package static let batchCountMax = 4096
    /// Bytes of one batch, which is held in memory twice.
    package static let batchBytesMax = 32 << 20
    /// Readable by all: a log is public.
    private static let fileMode: mode_t = 0o644
    private static let folderMode: mode_t = 0o755

    private var checkpointPath: String { "\(folder)/checkpoint" }
    private var nextPath: String { "\(folder)/checkpoint.next" }

    /// Opens a log's folder, or makes a log without entries where there is none, and mends what an interrupted append
    /// left.
    ///
    /// - Parameter now: For signatures, of which a log's states no time.
    package init(
        _ folder: String, signer: NoteSigner, origin: String? = nil, at now: Moment,
        files: DurableFiles = DurableFiles()
    )
        throws(LogStoreError)
    {
        self.files = files
        self.folder = folder
        self.signer = signer
        do throws(LogError) {
            trust = try LogTrust(keys: [signer.verifier], origin: origin)
        } catch {
            throw LogStoreError(error, .keyUnfit, folder: folder)
        }
        tree = TreeAppender()
        tail = []
        do throws(FileError) {
            try files.makeDirectory(folder, mode: Self.folderMode)
        } catch {
            throw LogStoreError(error)
        }
        let opened = try Self.newest(folder, trust: trust, signer: signer, files: files, at: now)
        checkpoint = opened
        try readEdge()
        try publish(opened)
        try removeLeftovers()
    }

    // MARK: - Opening

    /// The newest checkpoint that the folder has: the next one, if a cut came before its rename.
    private static func newest(
        _ folder: String, trust: LogTrust, signer: NoteSigner, files: DurableFiles, at now: Moment
    ) throws(LogStoreError) -> SignedCheckpoint {
        let current = try read("\(folder)/checkpoint", trust: trust, files: files, tornIsNone: false)
        // One that is torn was never durable, so its rename was never tried.
        let next = try read("\(folder)/checkpoint.next", trust: trust, files: files, tornIsNone: true)
        if let current {
            guard let next else { return current }
            return next.size >= current.size ? next : current
        }
        if let next { return next }
        // A log that lost its checkpoint must not begin again under the same name.
        guard !files.exists("\(folder)/tile/0/000"), !files.exists("\(folder)/tile/entries/000") else {
            throw LogStoreError(.damaged, subject: folder, message: "there are tiles, and no checkpoint")
        }
        return try sign(Checkpoint(origin: trust.origin, size: 0, root: .empty), signer, trust, folder, at: now)
    }

    private static func read(_ path: String, trust: LogTrust, files: DurableFiles, tornIsNone: Bool)
        throws(LogStoreError) -> SignedCheckpoint?
    {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try files.read(path, bytesMax: LogLimit.noteBytesMax)
        } catch {
            if error.code == .notFound { return nil }
            throw LogStoreError(error)
        }
        do throws(LogError) {
            return try trust.accept(bytes)
        } catch {
            if tornIsNone { return nil }
            throw LogStoreError(error, error.code == .unsigned ? .keyUnfit : .damaged, folder: path)
        }
    }

    private static func sign(
        _ checkpoint: Checkpoint, _ signer: NoteSigner, _ trust: LogTrust, _ folder: String, at now: Moment
    ) throws(LogStoreError) -> SignedCheckpoint {
        do throws(LogError) {
            let text = checkpoint.text
            return try trust.accept(SignedNote(text: text, signatures: [try signer.sign(text, at: now)]))
        } catch {
            throw LogStoreError(error, .keyUnfit, folder: folder)
        }
    }

    /// Reads the right edge of the tree, and holds it against the checkpoint.
    private mutating func readEdge() throws(LogStoreError) {
        let size = checkpoint.size
        let (files, folder) = (files, folder)
        do throws(LogError) {
            tree = try TreeAppender(size: size) { tile throws(LogError) in
                try Self.resource(.tile(tile), in: folder, files: files)
            }
            guard tree.root == checkpoint.root else {
                throw LogError(.tilesFalse, subject: folder, message: "the tiles do not give the checkpoint's root")
            }
            tail = []
            guard size % LogLimit.tileWidth != 0,
                let bundle = BundleCoordinate.bundle(size / LogLimit.tileWidth, size: size)
            else { return }
            let bytes = try Self.resource(.bundle(bundle), in: folder, files: files)
            let entries = try EntryBundle.decode(bytes, count: bundle.width)
            var leaves = try TreeAppender(size: size - UInt64(bundle.width)) { tile throws(LogError) in
                try Self.resource(.tile(tile), in: folder, files: files)
            }
            for entry in entries { leaves.append(.leaf(entry)) }
            guard leaves == tree else {
                throw LogError(
                    .bundleMalformed, subject: LogResource.bundle(bundle).path,
                    message: "the entries are not those of the tiles")
            }
            tail = bytes
        } catch {
            throw LogStoreError(error, .damaged, folder: folder)
        }
    }

    private static func resource(_ resource: LogResource, in folder: String, files: DurableFiles) throws(LogError)
        -> [UInt8]
    {
        do throws(FileError) {
            return try files.read("\(folder)/\(resource.path)", bytesMax: resource.bytesMax)
        } catch {
            throw LogError(.resourceMissing, subject: resource.path, message: "\(error)")
        }
    }

    // MARK: - Appending

    /// Appends entries in one round, and publishes a checkpoint that has them.
    ///
    /// - Returns: Their indices.
    /// - Throws: ``LogStoreError``. After one of a file the folder is suspended: what reached the disk is not known, and
    ///   is found out when it is opened again. The entries may then be in the log.
    package mutating func append(_ entries: [[UInt8]], at now: Moment) throws(LogStoreError) -> Range<UInt64> {
        guard !isSuspended else {
            throw LogStoreError(.suspended, subject: folder, message: "an earlier write failed")
        }
        guard entries.count <= Self.batchCountMax, entries.reduce(0, { $0 + $1.count }) <= Self.batchBytesMax else {
            throw LogStoreError(
                .batchOversized, subject: folder,
                message: "at most \(Self.batchCountMax) entries and \(Self.batchBytesMax) bytes are taken at a time")
        }
        let growth: LogGrowth
        do throws(LogError) {
            growth = try LogGrowth(of: tree, tail: tail, appending: entries)
        } catch {
            throw LogStoreError(error, .entryOversized, folder: folder)
        }
        let first = tree.size
        guard growth.tree.size > first else { return first..<first }
        isSuspended = true
        try write(growth)
        try publish(
            try Self.sign(
                Checkpoint(origin: trust.origin, size: growth.tree.size, root: growth.tree.root), signer, trust, folder,
                at: now))
        (tree, tail, isSuspended) = (growth.tree, growth.tail, false)
        removeParts(of: growth)
        return first..<tree.size
    }

    private func write(_ growth: LogGrowth) throws(LogStoreError) {
        do throws(FileError) {
            let placed = growth.files.map { (path: "\(folder)/\($0.resource.path)", bytes: $0.bytes) }
            for path in placed.map(\.path) {
                let directory = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
                // One that is there is durable: it was made by this, or by a start, which sees to it.
                if !files.exists(String(directory)) {
                    try files.makeDirectory(String(directory), mode: Self.folderMode)
                }
            }
            try files.writeAll(placed, mode: Self.fileMode)
        } catch {
            throw LogStoreError(error)
        }
    }

    private mutating func publish(_ signed: SignedCheckpoint) throws(LogStoreError) {
        do throws(FileError) {
            try files.replace(checkpointPath, with: signed.bytes, by: nextPath, mode: Self.fileMode)
        } catch {
            throw LogStoreError(error)
        }
        checkpoint = signed
    }

    /// Adds signatures, of witnesses, to the checkpoint that is published. Those for another text come too late, and are
    /// passed over.
    package mutating func addSignatures(_ signatures: [NoteSignature], to text: [UInt8]) throws(LogStoreError) {
        guard !isSuspended, text == checkpoint.note.text else { return }
        var note = checkpoint.note
        note.add(signatures)
        let signed: SignedCheckpoint
        do throws(LogError) {
            signed = try trust.accept(note)
        } catch {
            throw LogStoreError(error, .keyUnfit, folder: folder)
        }
        isSuspended = true
        try publish(signed)
        isSuspended = false
    }
}

// MARK: - What is left over

extension LogFolder {
    /// Removes what no checkpoint names: files of an append that was cut, at the paths that one batch can reach.
    ///
    /// Durable removal is not needed: what a second cut brings back, the next start removes.
    private func removeLeftovers() throws(LogStoreError) {
        let size = checkpoint.size
        for level in 0...TileCoordinate.levelMax {
            let edge = (size >> UInt64(8 * level)) / 256
            let reach = UInt64(level == 0 ? Self.batchCountMax / 256 + 1 : 2)
            for index in (edge > reach ? edge - reach : 0)...(edge + reach) {
                try removeLeftovers(TileCoordinate(level: level, index: index).map(LogResource.tile), size: size)
                guard level == 0 else { continue }
                try removeLeftovers(BundleCoordinate(index: index).map(LogResource.bundle), size: size)
            }
        }
    }

    /// - Parameter whole: A whole tile or bundle, whether it is there or not.
    private func removeLeftovers(_ whole: LogResource?, size: UInt64) throws(LogStoreError) {
        guard let whole else { return }
        let width = Self.width(of: whole, size: size)
        let path = "\(folder)/\(whole.path)"
        do throws(FileError) {
            try files.discard(path + DurableFiles.temporarySuffix)
            if width < 256 { try files.discard(path) }
            guard files.exists(path + ".p") else { return }
            for name in try files.names(in: path + ".p") {
                // Parts that an earlier checkpoint named stay until the whole is there.
                guard let part = Int(name), part <= width, width < 256 else {
                    try files.discard("\(path).p/\(name)")
                    continue
                }
            }
        } catch {
            throw LogStoreError(error)
        }
    }

    /// Hashes or entries that the log of `size` has of a tile or bundle.
    private static func width(of resource: LogResource, size: UInt64) -> Int {
        switch resource {
        case .tile(let tile): TileCoordinate.tile(level: tile.level, index: tile.index, size: size)?.width ?? 0
        case .bundle(let bundle): BundleCoordinate.bundle(bundle.index, size: size)?.width ?? 0
        case .checkpoint: 256
        }
    }

    /// Removes the parts of what is whole now (C2SP tlog-tiles, "Partial Tiles"). One that cannot be removed takes room
    /// and does no harm.
    private func removeParts(of growth: LogGrowth) {
        for file in growth.files where file.resource.full == nil {
            let parts = "\(folder)/\(file.resource.path).p"
            guard files.exists(parts) else { continue }
            for name in (try? files.names(in: parts)) ?? [] { try? files.discard("\(parts)/\(name)") }
        }
    }
}
