/// Tells of places in a text that no needle can be there, by a few bytes of each: every needle that ends at one of
/// `stride` places covers the block before them whole, and its block is in the filter (after Wu and Manber 1994, with
/// independent looks in place of a chain of shifts).
///
/// Derived from an automaton when a program is loaded, so that it need not be believed.
struct BlockFilter: Sendable {
    /// Bytes of a block, 2 to 4.
    let blockBytes: Int
    /// Places that one look clears: bytes of the shortest needle, less those of a block, plus one.
    let stride: Int
    /// By hash of a block: whether some needle has it within the bytes of the shortest.
    let bits: [UInt64]
    /// Bits of a word that belong to the block.
    let mask: UInt32

    static let bitCount = 1 << 15
    /// Bytes of a needle that count: more make the stride no longer.
    static let needleBytesMax = 24

    fileprivate init(needleBytesMin: Int, bits: [UInt64]) {
        blockBytes = Self.blockBytes(needleBytesMin: needleBytesMin)
        stride = needleBytesMin - blockBytes + 1
        mask = UInt32.max >> UInt32(32 - 8 * blockBytes)
        self.bits = bits
    }

    fileprivate static func blockBytes(needleBytesMin: Int) -> Int {
        switch needleBytesMin {
        case ...2: 2
        case 3, 4: 3
        default: 4
        }
    }

    /// The hash of a block: case of letters does not count, nor that of some signs, which only lets more through.
    @inline(__always)
    static func hash(_ word: UInt32, _ mask: UInt32) -> Int {
        // A shift binds tighter than a product.
        Int((((word & mask) | (0x2020_2020 & mask)) &* 0x9E37_79B1) >> 17)
    }
}

/// Collects what the filters of all automata are made of.
struct BlockFilters {
    private var needleBytesMin: [UInt32: Int] = [:]
    private var bits: [UInt32: [UInt64]] = [:]
    /// Roots of automata with a needle beyond ASCII.
    private var rootsBeyondASCII: Set<UInt32> = []

    /// - Parameters:
    ///   - classes: By byte: its class.
    ///   - depths: By cell: bytes from its root; -1 for cells that are no states.
    ///   - roots: By cell: that root, by index in `nodes`.
    init(
        _ nodes: [ScanNode], classes: [UInt8], depths: [Int32], roots: [UInt32],
        of scanners: [DetectionProgram.Scanner]
    ) {
        var least = Array(repeating: UInt8.max, count: nodes.count)
        for scanner in scanners where scanner.kind == .substrings {
            least[Int(scanner.root)] = UInt8(BlockFilter.needleBytesMax)
        }
        for (index, node) in nodes.enumerated() where node.output != 0 && depths[index] >= 0 {
            let root = Int(roots[index])
            if least[root] != .max, depths[index] < least[root] { least[root] = UInt8(depths[index]) }
        }
        for scanner in scanners where scanner.kind == .substrings && least[Int(scanner.root)] >= 2 {
            needleBytesMin[scanner.root] = Int(least[Int(scanner.root)])
            bits[scanner.root] = Array(repeating: 0, count: BlockFilter.bitCount / 64)
        }
        var bytes = Array(repeating: UInt8(0), count: 256)
        for byte in (0...UInt8.max).reversed() { bytes[Int(classes[Int(byte)])] = byte }
        for (index, node) in nodes.enumerated() where depths[index] >= 1 {
            let number = UInt8(truncatingIfNeeded: index - Int(nodes[Int(node.parent)].base))
            if bytes[Int(number)] >= 0x80 { rootsBeyondASCII.insert(roots[index]) }
        }
        for (index, _) in nodes.enumerated() where depths[index] >= 2 {
            let root = roots[index]
            let count = Int(least[Int(root)])
            guard count != Int(UInt8.max), count >= 2, depths[index] <= count else { continue }
            let blockBytes = BlockFilter.blockBytes(needleBytesMin: count)
            guard depths[index] >= blockBytes else { continue }
            var (word, cell) = (UInt32(0), index)
            for place in 0..<blockBytes {
                let parent = Int(nodes[cell].parent)
                let number = UInt8(truncatingIfNeeded: cell - Int(nodes[parent].base))
                // The walk is backwards, so that the deepest byte is the first of the block.
                word |= UInt32(bytes[Int(number)]) << UInt32(8 * place)
                cell = parent
            }
            let hash = BlockFilter.hash(word, UInt32.max >> UInt32(32 - 8 * blockBytes))
            bits[root]?[hash >> 6] |= 1 << UInt64(hash & 63)
        }
    }

    func isASCII(root: UInt32) -> Bool { !rootsBeyondASCII.contains(root) }

    /// The filter of an automaton; nil when it would not pay: too many blocks would pass.
    func filter(root: UInt32) -> BlockFilter? {
        guard let count = needleBytesMin[root], let bits = bits[root] else { return nil }
        let filter = BlockFilter(needleBytesMin: count, bits: bits)
        let passed = bits.reduce(0) { $0 + $1.nonzeroBitCount }
        // Each look costs about what two bytes cost the automaton.
        return passed * 4 <= BlockFilter.bitCount ? filter : nil
    }
}
