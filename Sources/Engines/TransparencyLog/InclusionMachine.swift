/// Proves that an entry with known bytes is in the tree of a checkpoint, at an index.
package struct InclusionMachine: LogMachine {
    private let checkpoint: SignedCheckpoint
    private let index: UInt64
    private let leaf: TreeHash
    private var tiles: TileSet
    private let ranges: [Range<UInt64>]
    /// The hashes that prove it, leaf to root; nil until all tiles are here.
    package private(set) var proof: [TreeHash]?

    /// - Throws: `.indexBeyond` when the tree has no such index, `.entryOversized`.
    package init(checkpoint: SignedCheckpoint, index: UInt64, entry: [UInt8]) throws(LogError) {
        guard index < checkpoint.size else {
            throw LogError(
                .indexBeyond, subject: "entry \(index)", message: "the tree has \(checkpoint.size) entries")
        }
        try EntryBundle.check(entry)
        self.checkpoint = checkpoint
        self.index = index
        leaf = .leaf(entry)
        ranges = TreeProof.inclusionRanges(of: index, in: checkpoint.size)
        // With the hash of the entry itself, to tell a false tile from another entry.
        tiles = TileSet(for: [index..<index + 1] + ranges, size: checkpoint.size)
    }

    package var wanted: [LogResource] { tiles.wanted }

    package mutating func take(_ bytes: [UInt8]?, of resource: LogResource) throws(LogError) {
        try tiles.take(bytes, of: resource)
        guard tiles.wanted.isEmpty, proof == nil else { return }
        guard let hashes = tiles.hashes(of: ranges), let served = tiles.hash(of: index..<index + 1) else { return }
        if TreeProof.includes(
            leaf: leaf, index: index, size: checkpoint.size, root: checkpoint.root, proof: hashes)
        {
            proof = hashes
            return
        }
        let isOther = TreeProof.includes(
            leaf: served, index: index, size: checkpoint.size, root: checkpoint.root, proof: hashes)
        throw isOther
            ? LogError(.entryOther, subject: "entry \(index)", message: "the log has another entry at this index")
            : LogError(
                .tilesFalse, subject: "entry \(index)", message: "the tiles do not lead to the root that the log signed"
            )
    }
}
