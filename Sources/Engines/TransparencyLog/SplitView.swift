/// Two checkpoints that one log signed and that contradict each other: neither tree is the beginning of the other.
///
/// Whoever has the log's key can see it from this value alone.
package struct SplitView: Hashable, Sendable {
    /// The one of the smaller tree, or the first seen when both have one size.
    package let smaller: SignedNote
    package let larger: SignedNote
    /// The root that the larger tree has at the size of the smaller one, which `proof` shows.
    package let prefixRoot: TreeHash
    /// Empty when both have one size.
    package let proof: [TreeHash]

    package init(smaller: SignedNote, larger: SignedNote, prefixRoot: TreeHash, proof: [TreeHash]) {
        self.smaller = smaller
        self.larger = larger
        self.prefixRoot = prefixRoot
        self.proof = proof
    }

    /// Whether this shows what it says, of a log with these keys.
    package func isProven(by trust: LogTrust) -> Bool {
        // Witnesses are not asked for: what the log signed is enough to convict it.
        guard let plain = try? LogTrust(keys: trust.keys, origin: trust.origin),
            let first = try? plain.accept(smaller), let second = try? plain.accept(larger)
        else { return false }
        return prefixRoot != first.root
            && TreeProof.isConsistent(
                old: first.size, oldRoot: prefixRoot, new: second.size, newRoot: second.root, proof: proof)
    }
}
