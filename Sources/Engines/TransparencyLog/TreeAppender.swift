/// The right edge of a tree: enough to append, to give the root, and to say which files change. At most eight tiles,
/// however large the tree.
package struct TreeAppender: Sendable, Hashable {
    package private(set) var size: UInt64 = 0
    /// The hashes of the tile at the right of each level, fewer than 256; level 0 first.
    private var edge: [[TreeHash]] = Array(repeating: [], count: TileCoordinate.levelMax + 1)

    /// The tree without entries.
    package init() {}

    /// From the tiles at the right edge of the tree of `size`: those of ``TileCoordinate/edge(of:)``. Whether they are
    /// right shows ``root``.
    ///
    /// - Parameter tile: The bytes of a tile, which may be of the whole tile.
    package init(size: UInt64, reading tile: (TileCoordinate) throws(LogError) -> [UInt8]) throws(LogError) {
        self.size = size
        for coordinate in TileCoordinate.edge(of: size) {
            let bytes = try tile(coordinate)
            guard bytes.count == coordinate.byteCount || bytes.count == coordinate.full.byteCount else {
                throw LogError(
                    .tileMalformed, subject: LogResource.tile(coordinate).path,
                    message: "\(bytes.count) bytes instead of \(coordinate.byteCount)")
            }
            edge[coordinate.level] = TileSet.hashes(of: bytes, count: coordinate.width)
        }
    }

    /// The Merkle tree hash of all entries.
    package var root: TreeHash {
        var result: TreeHash?
        for row in edge {
            // Of each level the complete subtrees, right to left: sizes grow, as in the number of its hashes in binary.
            var end = row.count
            while end > 0 {
                let run = 1 << end.trailingZeroBitCount
                let hash = TreeHash.root(of: row[(end - run)..<end])
                result = result.map { .node(hash, $0) } ?? hash
                end -= run
            }
        }
        return result ?? .empty
    }

    /// Appends the entry with this hash.
    ///
    /// - Parameter full: Is given each tile that became full by it, with its hashes, lower levels first.
    package mutating func append(_ leaf: TreeHash, full: (TileCoordinate, [TreeHash]) -> Void = { _, _ in }) {
        precondition(size < LogLimit.treeSizeMax, "a tree has at most 2^62 entries")
        size += 1
        var hash = leaf
        for level in 0...TileCoordinate.levelMax {
            edge[level].append(hash)
            guard edge[level].count == 256 else { return }
            let row = edge[level]
            let index = TileCoordinate.hashCount(level: level, size: size) / 256 - 1
            full(TileCoordinate(checkedLevel: level, index: index, width: 256), row)
            edge[level] = []
            hash = TreeHash.root(of: row[...])
        }
    }

    /// The partial tiles at the right, with their bytes.
    package var edgeTiles: [(tile: TileCoordinate, bytes: [UInt8])] {
        TileCoordinate.edge(of: size).map { ($0, edge[$0.level].flatMap(\.bytes)) }
    }
}

/// What a log writes for a batch of entries: the files of the larger tree that the smaller one did not have.
package struct LogGrowth: Sendable {
    /// Bundles and tiles, none of them in two versions. Each path is new to the log, or was named by no checkpoint.
    package private(set) var files: [(resource: LogResource, bytes: [UInt8])] = []
    /// Of the tree with the batch.
    package private(set) var tree: TreeAppender
    /// The entries of the last bundle while it is partial, encoded.
    package private(set) var tail: [UInt8]

    /// - Parameters:
    ///   - tree: Before the batch.
    ///   - tail: Its last bundle while it is partial, encoded; empty otherwise.
    /// - Throws: `.entryOversized`.
    package init(of tree: TreeAppender, tail: [UInt8], appending entries: [[UInt8]]) throws(LogError) {
        self.tree = tree
        self.tail = tail
        var changed: Set<Int> = []
        var full: [(resource: LogResource, bytes: [UInt8])] = []
        for entry in entries {
            self.tail += try EntryBundle.encode([entry])
            changed.insert(0)
            self.tree.append(.leaf(entry)) { tile, hashes in
                full.append((.tile(tile), hashes.flatMap(\.bytes)))
                changed.insert(tile.level + 1)
            }
            if self.tree.size.isMultiple(of: LogLimit.tileWidth) {
                full.append(
                    (.bundle(BundleCoordinate(checkedIndex: self.tree.size / 256 - 1, width: 256)), self.tail))
                self.tail = []
            }
        }
        files = full
        let size = self.tree.size
        if !entries.isEmpty, let bundle = BundleCoordinate.bundle(size / 256, size: size) {
            files.append((.bundle(bundle), self.tail))
        }
        for (tile, bytes) in self.tree.edgeTiles where changed.contains(tile.level) {
            files.append((.tile(tile), bytes))
        }
    }
}
