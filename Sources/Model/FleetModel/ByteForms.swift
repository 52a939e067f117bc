extension String {
    /// The longest beginning of whole Unicode scalars that takes at most `bytesMax` bytes of UTF-8.
    package func cut(toBytes bytesMax: Int) -> String {
        utf8.count > bytesMax ? String(self[..<cutEnd(atBytes: bytesMax)]) : self
    }

    /// Where ``cut(toBytes:)`` ends, for a text that is longer.
    func cutEnd(atBytes bytesMax: Int) -> Index {
        var end = utf8.index(startIndex, offsetBy: bytesMax)
        // Back to the start of a scalar: a continuation byte is 10xxxxxx (RFC 3629 clause 3).
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return end
    }
}

extension [UInt8] {
    /// Appends a number in its full width, its least byte first.
    @inlinable
    package mutating func append(littleEndian number: some FixedWidthInteger & UnsignedInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
