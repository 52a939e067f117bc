/// Consecutive entries as a log serves them: each after its length in 16 bits, big-endian (C2SP tlog-tiles).
package enum EntryBundle {
    /// - Throws: `.entryOversized`.
    package static func encode(_ entries: [[UInt8]]) throws(LogError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + 2 + $1.count })
        for entry in entries {
            try check(entry)
            bytes.append(UInt8(entry.count >> 8))
            bytes.append(UInt8(entry.count & 255))
            bytes += entry
        }
        return bytes
    }

    package static func check(_ entry: [UInt8]) throws(LogError) {
        guard entry.count <= LogLimit.entryBytesMax else {
            throw LogError(
                .entryOversized,
                message: "an entry of \(entry.count) bytes; at most \(LogLimit.entryBytesMax) are logged")
        }
    }

    /// The first `count` entries of a bundle that has at least those.
    ///
    /// - Parameter isWhole: Whether nothing may follow them. A whole bundle that was fetched in the place of a part has
    ///   more.
    package static func decode(_ bytes: [UInt8], count: Int, isWhole: Bool = true) throws(LogError) -> [[UInt8]] {
        var entries: [[UInt8]] = []
        entries.reserveCapacity(min(count, 256))
        var place = 0
        for index in 0..<count {
            guard place + 2 <= bytes.count else { throw cut(index, count) }
            let length = Int(bytes[place]) << 8 | Int(bytes[place + 1])
            guard place + 2 + length <= bytes.count else { throw cut(index, count) }
            entries.append(Array(bytes[(place + 2)..<(place + 2 + length)]))
            place += 2 + length
        }
        guard !isWhole || place == bytes.count else {
            throw LogError(
                .bundleMalformed, message: "\(bytes.count - place) bytes follow the last of \(count) entries")
        }
        return entries
    }

    private static func cut(_ index: Int, _ count: Int) -> LogError {
        LogError(.bundleMalformed, message: "the bundle ends within entry \(index) of \(count)")
    }
}
