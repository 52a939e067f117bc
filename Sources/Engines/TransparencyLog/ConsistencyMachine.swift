/// Makes the proof of consistency between two sizes of a tree out of its tiles, for a witness. Who is given it verifies
/// it; this only gathers.
package struct ConsistencyMachine: LogMachine {
    private var tiles: TileSet
    private let ranges: [Range<UInt64>]

    /// - Throws: `.consistencyUnproven` when `old` is the larger.
    package init(from old: UInt64, to new: UInt64) throws(LogError) {
        guard old <= new else {
            throw LogError(.consistencyUnproven, message: "a tree of \(old) entries is no beginning of one of \(new)")
        }
        ranges = TreeProof.consistencyRanges(from: old, to: new)
        tiles = TileSet(for: ranges, size: new)
    }

    package var wanted: [LogResource] { tiles.wanted }

    /// Nil until all tiles are here.
    package var proof: [TreeHash]? { tiles.hashes(of: ranges) }

    package mutating func take(_ bytes: [UInt8]?, of resource: LogResource) throws(LogError) {
        try tiles.take(bytes, of: resource)
    }
}
