extension [UInt8] {
    /// Appends one frame: the header first, its length filled in when `payload` has been written.
    mutating func appendFrame(type: UInt8, payload: (inout [UInt8]) -> Void) {
        let start = count
        append(integer: UInt32(0))
        append(type)
        payload(&self)
        let payloadCount = UInt32(count - start - WireLimit.headerBytes)
        for index in 0..<4 {
            self[start + index] = UInt8(truncatingIfNeeded: payloadCount >> UInt32(8 * index))
        }
    }

    /// An unsigned integer, little endian, in its full width.
    mutating func append(integer value: some FixedWidthInteger & UnsignedInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// UTF-8 after its `u16` length, cut to `bytesMax` between Unicode scalars.
    mutating func append(text: String, bytesMax: Int) {
        let kept = text.cut(toBytes: bytesMax)
        append(integer: UInt16(kept.utf8.count))
        append(contentsOf: kept.utf8)
    }
}

extension String {
    /// The longest prefix of whole Unicode scalars within `bytesMax` bytes of UTF-8.
    package func cut(toBytes bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        var end = utf8.index(startIndex, offsetBy: bytesMax)
        // Back to the start of a scalar: a continuation byte is 10xxxxxx (RFC 3629 clause 3).
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
