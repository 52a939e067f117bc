import CanonicalCoding
import struct Crypto.SHA256

/// A hash of a Merkle tree (RFC 6962 clause 2.1, SHA-256).
package struct TreeHash: Hashable, Sendable, CustomStringConvertible {
    /// The 32 bytes as they lie in memory. Four words rather than an array: a proof then allocates nothing.
    private let words: SIMD4<UInt64>

    package static let byteCount = 32

    private init(words: SIMD4<UInt64>) { self.words = words }

    /// The hash with these bytes; nil unless there are 32.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words = SIMD4<UInt64>()
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
        self.words = words
    }

    /// The hash that 44 characters of base64 stand for.
    package init?(base64 text: String) {
        guard let bytes = Base64.decode(text) else { return nil }
        self.init(bytes)
    }

    package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }
    package var base64: String { Base64.encode(bytes) }
    package var description: String { base64 }

    /// The root of the tree without entries (RFC 6962 clause 2.1).
    package static let empty = TreeHash(finishing: SHA256())

    /// The hash of one entry: SHA-256(0x00 || entry).
    package static func leaf(_ entry: [UInt8]) -> TreeHash {
        var hasher = SHA256()
        withUnsafeBytes(of: UInt8(0)) { hasher.update(bufferPointer: $0) }
        entry.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return TreeHash(finishing: hasher)
    }

    /// The hash of two subtrees: SHA-256(0x01 || left || right).
    package static func node(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * byteCount, alignment: 1) { buffer in
            buffer[0] = 1
            withUnsafeBytes(of: left.words) {
                UnsafeMutableRawBufferPointer(rebasing: buffer[1..<33]).copyMemory(from: $0)
            }
            withUnsafeBytes(of: right.words) {
                UnsafeMutableRawBufferPointer(rebasing: buffer[33..<65]).copyMemory(from: $0)
            }
            var hasher = SHA256()
            hasher.update(bufferPointer: UnsafeRawBufferPointer(buffer))
            return TreeHash(finishing: hasher)
        }
    }

    /// The hash of a complete subtree out of those of its leaves, or of complete subtrees of one size, left to right.
    ///
    /// - Precondition: There are a power of two of them.
    static func root(of row: ArraySlice<TreeHash>) -> TreeHash {
        var run = Array(row)
        while run.count > 1 {
            run = stride(from: 0, to: run.count, by: 2).map { .node(run[$0], run[$0 + 1]) }
        }
        return run[0]
    }

    private init(finishing hasher: consuming SHA256) {
        words = hasher.finalize().withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }
}
