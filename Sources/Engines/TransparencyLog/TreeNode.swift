/// A complete subtree: the 2^level entries from index * 2^level on.
package struct TreeNode: Hashable, Sendable {
    package var level: Int
    package var index: UInt64

    package init(level: Int, index: UInt64) {
        self.level = level
        self.index = index
    }

    /// The complete subtrees that make up a range, left to right.
    ///
    /// The range is one that RFC 6962 hashes: it begins at a multiple of the largest power of two in its length. Its hash
    /// is then that of the last two, with the one before, and so on: ``hash(of:with:)``.
    package static func nodes(of range: Range<UInt64>) -> [TreeNode] {
        var nodes: [TreeNode] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let level = 63 - (range.upperBound - start).leadingZeroBitCount
            nodes.append(TreeNode(level: level, index: start >> UInt64(level)))
            start += 1 << UInt64(level)
        }
        return nodes
    }

    /// The Merkle tree hash of a range (RFC 6962 clause 2.1) out of the hashes of its ``nodes(of:)``; nil when one of
    /// them is not known.
    package static func hash(of range: Range<UInt64>, with known: (TreeNode) -> TreeHash?) -> TreeHash? {
        if range.isEmpty { return .empty }
        var result: TreeHash?
        for node in nodes(of: range).reversed() {
            guard let hash = known(node) else { return nil }
            result = result.map { TreeHash.node(hash, $0) } ?? hash
        }
        return result
    }
}
