/// Which hashes a proof has, and what is computed from them (RFC 6962 clauses 2.1.1 and 2.1.2).
package enum TreeProof {
    /// The largest power of two below `count`, which is at least 2.
    static func split(_ count: UInt64) -> UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }

    /// The ranges whose hashes prove that the entry at `index` is in the tree of `size`, leaf to root: PATH of RFC 6962
    /// clause 2.1.1. Empty when the index is not below the size.
    package static func inclusionRanges(of index: UInt64, in size: UInt64) -> [Range<UInt64>] {
        guard index < size, size <= LogLimit.treeSizeMax else { return [] }
        var ranges: [Range<UInt64>] = []
        var (low, high) = (UInt64(0), size)
        while high - low > 1 {
            let middle = low + split(high - low)
            if index < middle {
                ranges.append(middle..<high)
                high = middle
            } else {
                ranges.append(low..<middle)
                low = middle
            }
        }
        return ranges.reversed()
    }

    /// The ranges whose hashes prove that the tree of `old` is the beginning of the tree of `new`: PROOF of RFC 6962
    /// clause 2.1.2. Empty when one of them has no entries, when they are the same size, or when `old` is the larger.
    package static func consistencyRanges(from old: UInt64, to new: UInt64) -> [Range<UInt64>] {
        guard old > 0, old < new, new <= LogLimit.treeSizeMax else { return [] }
        var ranges: [Range<UInt64>] = []
        var (low, high) = (UInt64(0), new)
        // The prefix is known to the verifier as long as it is a whole left part.
        var isKnown = true
        while old < high {
            let middle = low + split(high - low)
            if old <= middle {
                ranges.append(middle..<high)
                high = middle
            } else {
                ranges.append(low..<middle)
                low = middle
                isKnown = false
            }
        }
        if !isKnown { ranges.append(low..<high) }
        return ranges.reversed()
    }

    /// The root of the tree of `size` that has the entry with hash `leaf` at `index`, if `proof` is its path; nil when
    /// the number of hashes is not that of any path (RFC 9162 clause 2.1.3.2, whose proofs are RFC 6962's).
    package static func root(leaf: TreeHash, index: UInt64, size: UInt64, proof: [TreeHash]) -> TreeHash? {
        guard index < size, size <= LogLimit.treeSizeMax else { return nil }
        var (position, last) = (index, size - 1)
        var hash = leaf
        for sibling in proof {
            guard last > 0 else { return nil }
            if position & 1 == 1 || position == last {
                hash = .node(sibling, hash)
                while position & 1 == 0, position > 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                hash = .node(hash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 ? hash : nil
    }

    /// Whether `proof` shows that the entry with hash `leaf` is at `index` of the tree.
    package static func includes(
        leaf: TreeHash, index: UInt64, size: UInt64, root: TreeHash, proof: [TreeHash]
    ) -> Bool {
        Self.root(leaf: leaf, index: index, size: size, proof: proof) == root
    }

    /// Whether `proof` shows that the tree of size `old` is the beginning of the tree of size `new` (RFC 9162
    /// clause 2.1.4.2, whose proofs are RFC 6962's).
    ///
    /// The tree without entries is the beginning of every tree, and its proof is empty; so is that of a tree and itself.
    package static func isConsistent(
        old: UInt64, oldRoot: TreeHash, new: UInt64, newRoot: TreeHash, proof: [TreeHash]
    ) -> Bool {
        guard old <= new, new <= LogLimit.treeSizeMax else { return false }
        if old == new { return proof.isEmpty && oldRoot == newRoot }
        if old == 0 { return proof.isEmpty && oldRoot == .empty }
        var hashes = proof[...]
        if old & (old - 1) == 0 { hashes = [oldRoot] + hashes }
        guard let first = hashes.popFirst() else { return false }
        var (position, last) = (old - 1, new - 1)
        while position & 1 == 1 {
            position >>= 1
            last >>= 1
        }
        var (foundOld, foundNew) = (first, first)
        for sibling in hashes {
            guard last > 0 else { return false }
            if position & 1 == 1 || position == last {
                foundOld = .node(sibling, foundOld)
                foundNew = .node(sibling, foundNew)
                while position & 1 == 0, position > 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                foundNew = .node(foundNew, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && foundOld == oldRoot && foundNew == newRoot
    }
}
