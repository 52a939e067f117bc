/// Tiles that were fetched, and which are still wanted. None of them is believed: what is computed from them is compared
/// with a signed root.
struct TileSet: Sendable {
    private struct Place: Hashable {
        var level: Int
        var index: UInt64
    }

    let size: UInt64
    private var hashes: [Place: [TreeHash]] = [:]
    /// In the order of their levels and indices, as long as they have not come.
    private(set) var wanted: [LogResource] = []
    private var needed: [Place: TileCoordinate] = [:]

    /// - Parameters:
    ///   - ranges: Whose hashes will be asked for.
    ///   - size: Of the tree that the tiles are of; no range goes beyond it.
    init(for ranges: [Range<UInt64>], size: UInt64) {
        self.size = size
        for node in ranges.flatMap(TreeNode.nodes(of:)) {
            guard let tile = TileCoordinate.tile(of: node, size: size) else { continue }
            let place = Place(level: tile.level, index: tile.index)
            if needed.updateValue(tile, forKey: place) == nil { wanted.append(.tile(tile)) }
        }
    }

    /// Takes the bytes of a wanted tile; nil when there is none at its path.
    mutating func take(_ bytes: [UInt8]?, of resource: LogResource) throws(LogError) {
        guard let index = wanted.firstIndex(of: resource), case .tile(let tile) = resource else { return }
        guard let bytes else {
            guard let full = resource.full else {
                throw LogError(.resourceMissing, subject: resource.path, message: "the log has no such tile")
            }
            // A log may remove a part once the whole is there (C2SP tlog-tiles, "Partial Tiles").
            wanted[index] = full
            return
        }
        let place = Place(level: tile.level, index: tile.index)
        guard bytes.count == tile.byteCount, let width = needed[place]?.width else {
            throw LogError(
                .tileMalformed, subject: resource.path,
                message: "\(bytes.count) bytes instead of \(tile.byteCount)")
        }
        hashes[place] = Self.hashes(of: bytes, count: width)
        wanted.remove(at: index)
    }

    static func hashes(of bytes: [UInt8], count: Int) -> [TreeHash] {
        (0..<count).compactMap { TreeHash(bytes[($0 * TreeHash.byteCount)..<(($0 + 1) * TreeHash.byteCount)]) }
    }

    /// The hash of a complete subtree as the tiles have it; nil when its tile is not here.
    func hash(of node: TreeNode) -> TreeHash? {
        guard let tile = TileCoordinate.tile(of: node, size: size),
            let row = hashes[Place(level: tile.level, index: tile.index)]
        else { return nil }
        // Within its tile the node covers a run of hashes.
        let height = node.level % 8
        let start = Int((node.index << UInt64(height)) & 255)
        guard start + 1 << height <= row.count else { return nil }
        return TreeHash.root(of: row[start..<(start + 1 << height)])
    }

    func hash(of range: Range<UInt64>) -> TreeHash? { TreeNode.hash(of: range, with: hash(of:)) }

    /// The hashes of several ranges; nil when a tile is not here.
    func hashes(of ranges: [Range<UInt64>]) -> [TreeHash]? {
        let found = ranges.compactMap(hash(of:))
        return found.count == ranges.count ? found : nil
    }
}
