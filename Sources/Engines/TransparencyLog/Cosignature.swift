/// A witness's timestamped signature (C2SP tlog-cosignature, "cosignature/v1"): that at that time this was the largest
/// tree it had seen of the log, consistent with all before.
package struct Cosignature: Hashable, Sendable {
    /// Seconds since 1970, at most 2^63 - 1.
    package let time: UInt64
    /// 64 bytes.
    package let signature: [UInt8]

    static let byteCount = 8 + 64

    init(time: UInt64, signature: [UInt8]) {
        self.time = time
        self.signature = signature
    }

    /// From what follows the key hash in a signature line; nil when it is none.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        time = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        signature = Array(bytes.dropFirst(8))
        guard time <= UInt64(Int64.max) else { return nil }
    }

    package var bytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: time >> UInt64(56 - 8 * $0)) } + signature
    }

    /// What is signed.
    static func message(time: UInt64, text: [UInt8]) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n".utf8) + text
    }
}
