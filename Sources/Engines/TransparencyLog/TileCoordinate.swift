/// Which tile of hashes (C2SP tlog-tiles, "Merkle Tree").
package struct TileCoordinate: Hashable, Sendable {
    /// Hashes of level L stand for 256^L entries each. At most 7: a tree of 2^62 has no more.
    package let level: Int
    package let index: UInt64
    /// Hashes in it, 1 to 256; below 256 the tile is partial.
    package let width: Int

    package static let levelMax = 7

    /// A coordinate with valid parts; nil otherwise.
    package init?(level: Int, index: UInt64, width: Int = 256) {
        guard (0...Self.levelMax).contains(level), (1...256).contains(width), index <= LogLimit.treeSizeMax >> 8 else {
            return nil
        }
        self.init(checkedLevel: level, index: index, width: width)
    }

    init(checkedLevel level: Int, index: UInt64, width: Int) {
        self.level = level
        self.index = index
        self.width = width
    }

    package var isPartial: Bool { width < 256 }
    package var byteCount: Int { width * TreeHash.byteCount }
    /// The whole tile of which this is the beginning.
    package var full: TileCoordinate { TileCoordinate(checkedLevel: level, index: index, width: 256) }

    /// Hashes of a level in the tree of `size`.
    static func hashCount(level: Int, size: UInt64) -> UInt64 { size >> UInt64(8 * level) }

    /// The tile at `index` of a level as the tree of `size` has it; nil when it has none there.
    package static func tile(level: Int, index: UInt64, size: UInt64) -> TileCoordinate? {
        guard (0...levelMax).contains(level) else { return nil }
        let count = hashCount(level: level, size: size)
        let start = index.multipliedReportingOverflow(by: 256)
        guard !start.overflow, start.partialValue < count else { return nil }
        return TileCoordinate(
            checkedLevel: level, index: index, width: Int(min(256, count - start.partialValue)))
    }

    /// The tile that has, or whose hashes give, the hash of a complete subtree of the tree of `size`.
    package static func tile(of node: TreeNode, size: UInt64) -> TileCoordinate? {
        tile(level: node.level / 8, index: node.index >> UInt64(8 - node.level % 8), size: size)
    }

    /// The tiles that the tree of `size` has at the right of each level: all that is needed to append, and to give the root.
    package static func edge(of size: UInt64) -> [TileCoordinate] {
        (0...levelMax).compactMap { level in
            let count = hashCount(level: level, size: size)
            return count % 256 == 0 ? nil : tile(level: level, index: count / 256, size: size)
        }
    }
}

/// Which bundle of entries (C2SP tlog-tiles, "Log entries").
package struct BundleCoordinate: Hashable, Sendable {
    package let index: UInt64
    /// Entries in it, 1 to 256; below 256 the bundle is partial.
    package let width: Int

    package init?(index: UInt64, width: Int = 256) {
        guard (1...256).contains(width), index <= LogLimit.treeSizeMax >> 8 else { return nil }
        self.init(checkedIndex: index, width: width)
    }

    init(checkedIndex index: UInt64, width: Int) {
        self.index = index
        self.width = width
    }

    package var isPartial: Bool { width < 256 }
    package var full: BundleCoordinate { BundleCoordinate(checkedIndex: index, width: 256) }
    /// The indices of its entries.
    package var entries: Range<UInt64> { index * 256..<index * 256 + UInt64(width) }
    package var bytesMax: Int { width * (2 + LogLimit.entryBytesMax) }

    /// The bundle at `index` as the log of `size` has it; nil when it has none there.
    package static func bundle(_ index: UInt64, size: UInt64) -> BundleCoordinate? {
        TileCoordinate.tile(level: 0, index: index, size: size).map {
            BundleCoordinate(checkedIndex: index, width: $0.width)
        }
    }
}
