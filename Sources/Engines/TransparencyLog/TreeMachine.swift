/// Reads every entry from one size of a tree to a checkpoint, and proves that they are what the checkpoint's root says:
/// the whole tree, or what was added since the last time.
package struct TreeMachine: LogMachine {
    private let checkpoint: SignedCheckpoint
    private let checksTiles: Bool
    /// The tree so far; once ``isDone`` that of the checkpoint, from which to follow on.
    package private(set) var tree: TreeAppender
    /// Bundles are read in order: the one at hand, or its whole.
    private var bundle: LogResource?
    /// Tiles that the entries read so far give, and that are still to be compared with those served.
    private var expected: [(resource: LogResource, bytes: [UInt8])] = []
    private var tileWanted: LogResource?
    /// Entries that were read since the caller last took them. Not to be acted on before ``isDone``.
    package private(set) var unconfirmed: [(index: UInt64, entry: [UInt8])] = []

    /// - Parameters:
    ///   - tree: Where to begin: a new ``TreeAppender`` for the whole, or that of the last time.
    ///   - checksTiles: Whether to hold every tile that is served against the entries.
    /// - Throws: `.checkpointOlder` when the tree is larger than the checkpoint's.
    package init(from tree: TreeAppender = TreeAppender(), to checkpoint: SignedCheckpoint, checksTiles: Bool)
        throws(LogError)
    {
        guard tree.size <= checkpoint.size else {
            throw LogError(
                .checkpointOlder, subject: checkpoint.checkpoint.origin,
                message: "the checkpoint is of \(checkpoint.size) entries, and \(tree.size) were read before")
        }
        self.checkpoint = checkpoint
        self.checksTiles = checksTiles
        self.tree = tree
        try advance()
    }

    package var wanted: [LogResource] { [tileWanted ?? bundle].compactMap(\.self) }

    /// Whether all was read and gives the checkpoint's root.
    package var isDone: Bool { wanted.isEmpty && tree.size == checkpoint.size }

    /// Takes the entries that were read, so that they need no room any more.
    package mutating func takeUnconfirmed() -> [(index: UInt64, entry: [UInt8])] {
        defer { unconfirmed = [] }
        return unconfirmed
    }

    package mutating func take(_ bytes: [UInt8]?, of resource: LogResource) throws(LogError) {
        guard wanted.contains(resource) else { return }
        guard let bytes else {
            guard let full = resource.full else {
                throw LogError(.resourceMissing, subject: resource.path, message: "the log has no such file")
            }
            if tileWanted == nil { bundle = full } else { tileWanted = full }
            return
        }
        switch resource {
        case .bundle(let coordinate): try read(bytes, coordinate, resource)
        case .tile(let coordinate): try compare(bytes, coordinate, resource)
        case .checkpoint: return
        }
        try advance()
    }

    private mutating func read(_ bytes: [UInt8], _ coordinate: BundleCoordinate, _ resource: LogResource)
        throws(LogError)
    {
        let start = coordinate.index * LogLimit.tileWidth
        let count = Int(min(LogLimit.tileWidth, checkpoint.size - start))
        let entries: [[UInt8]]
        do throws(LogError) {
            entries = try EntryBundle.decode(bytes, count: count, isWhole: count == coordinate.width)
        } catch {
            throw LogError(error.code, subject: resource.path, message: error.message)
        }
        for (offset, entry) in entries.enumerated().dropFirst(Int(tree.size - start)) {
            var full: [(resource: LogResource, bytes: [UInt8])] = []
            tree.append(.leaf(entry)) { full.append((.tile($0), $1.flatMap(\.bytes))) }
            if checksTiles { expected += full }
            unconfirmed.append((start + UInt64(offset), entry))
        }
        bundle = nil
    }

    private mutating func compare(_ bytes: [UInt8], _ coordinate: TileCoordinate, _ resource: LogResource)
        throws(LogError)
    {
        let own = expected.removeFirst().bytes
        guard bytes.count == coordinate.byteCount, bytes.starts(with: own) else {
            throw LogError(
                .tileOther, subject: resource.path, message: "the tile is not what the entries under it give")
        }
        tileWanted = nil
    }

    /// What comes next: a tile to compare, the next bundle, or the end.
    private mutating func advance() throws(LogError) {
        if let next = expected.first {
            tileWanted = next.resource
            return
        }
        if tree.size < checkpoint.size {
            bundle = BundleCoordinate.bundle(tree.size / LogLimit.tileWidth, size: checkpoint.size).map(
                LogResource.bundle)
            return
        }
        guard tree.root == checkpoint.root else {
            throw LogError(
                .rootOther, subject: "tree of \(checkpoint.size)",
                message: "the entries do not give the root that the log signed")
        }
        guard checksTiles, !hasCheckedEdge else { return }
        hasCheckedEdge = true
        expected = tree.edgeTiles.map { (.tile($0.tile), $0.bytes) }
        tileWanted = expected.first?.resource
    }

    private var hasCheckedEdge = false
}
