package import FleetModel

/// What is sealed: enough to tell, at the next start, whether the state directory is the one that was left.
package struct SealedState: Hashable, Sendable {
    /// The counter after the seal was made.
    package var counter: UInt64
    package var commitCount: UInt64
    package var recallRevision: UInt64
    /// SHA-256 of the policy in force; all zero before the first.
    package var policyHash: Digest

    package init(counter: UInt64, commitCount: UInt64, recallRevision: UInt64, policyHash: Digest?) {
        self.counter = counter
        self.commitCount = commitCount
        self.recallRevision = recallRevision
        self.policyHash = policyHash ?? Self.noPolicy
    }

    package static let noPolicy = Digest(accepted: String(repeating: "0", count: 64))

    private static let magic = Array("FBSS1\n".utf8)
    /// Bytes of the encoded form: magic, three counts, one hash. Below ``StateLimit/sealedBytesMax``.
    package static let byteCount = 6 + 3 * 8 + 32

    package var encoded: [UInt8] {
        var bytes = Self.magic
        for count in [counter, commitCount, recallRevision] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: count >> shift))
            }
        }
        return bytes + policyHash.bytes
    }

    /// The state that `bytes` stand for; nil when they are none.
    package init?(decoding bytes: [UInt8]) {
        guard bytes.count == Self.byteCount, bytes.starts(with: Self.magic),
            let policy = Digest(bytes: bytes.suffix(32))
        else { return nil }
        let counts = (0..<3).map { index in
            bytes[(6 + index * 8)..<(14 + index * 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        (counter, commitCount, recallRevision) = (counts[0], counts[1], counts[2])
        policyHash = policy
    }

    /// What it means that this was found sealed while the counter stands at `counter` and the journal says `facts`.
    ///
    /// A seal is written before the counter moves on, so that one step between the two is an interruption. Below it, the
    /// seal is older than the counter; and commits never go back in one journal.
    package func finding(counter: UInt64, commitCount: UInt64, recallRevision: UInt64)
        -> MeasuredState.Finding
    {
        guard self.counter == counter || (self.counter > counter && self.counter - counter == 1) else {
            return .rolledBack
        }
        return commitCount < self.commitCount || recallRevision < self.recallRevision
            ? .rolledBack : .held
    }
}
