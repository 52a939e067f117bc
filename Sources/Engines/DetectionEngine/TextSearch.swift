/// ASCII case: the letters A to Z are equal to a to z, and every other byte is equal to itself alone.
package enum TextFold {
    package static func isUpperCase(_ byte: UInt8) -> Bool { byte &- 65 < 26 }

    /// The byte in lower case.
    package static func folded(_ byte: UInt8) -> UInt8 { isUpperCase(byte) ? byte | 0x20 : byte }
}

/// Searches in bytes, each bounded in the lengths of text and operand, and each telling the steps that it took.
enum TextSearch {
    /// The Knuth-Morris-Pratt table of `needle`: at each index the length of the longest proper prefix that ends there.
    ///
    /// Built by the loader rather than carried in a program: there is then no table to check.
    static func table(for needle: ArraySlice<UInt8>) -> [UInt16] {
        let needle = Array(needle)
        var table = [UInt16](repeating: 0, count: needle.count)
        var length = 0
        for index in needle.indices.dropFirst() {
            while length > 0, needle[index] != needle[length] { length = Int(table[length - 1]) }
            if needle[index] == needle[length] { length += 1 }
            table[index] = UInt16(truncatingIfNeeded: length)
        }
        return table
    }

    /// Whether `needle` is in `text`. `table` is the needle's.
    ///
    /// Complexity: at most two steps a byte of the text (Knuth, Morris and Pratt 1977), whatever text and needle are.
    static func contains(_ text: Span<UInt8>, _ needle: Span<UInt8>, table: Span<UInt16>, steps: inout UInt64) -> Bool {
        guard !needle.isEmpty else { return true }
        guard needle.count <= text.count else { return false }
        var (position, matched, taken): (Int, Int, UInt64) = (0, 0, 0)
        defer { steps &+= taken }
        while position < text.count {
            taken &+= 1
            if text[position] == needle[matched] {
                position += 1
                matched += 1
                if matched == needle.count { return true }
            } else if matched > 0 {
                matched = Int(table[matched - 1])
            } else {
                position += 1
            }
        }
        return false
    }

    /// Whether `needle` is in `text` at `offset`; false when it does not fit there.
    static func matches(_ text: Span<UInt8>, _ needle: Span<UInt8>, at offset: Int, steps: inout UInt64) -> Bool {
        guard offset >= 0, needle.count <= text.count - offset else { return false }
        for index in 0..<needle.count {
            steps &+= 1
            if text[offset + index] != needle[index] { return false }
        }
        return true
    }

    /// The whole decimal number that `text` is, with a minus or without; nil for anything else, and for what `Int64`
    /// does not hold.
    static func integer(_ text: Span<UInt8>) -> Int64? {
        guard (1...ProgramCost.integerTextBytesMax).contains(text.count) else { return nil }
        let isNegative = text[0] == UInt8(ascii: "-")
        guard !isNegative || text.count > 1 else { return nil }
        var value: Int64 = 0
        for index in (isNegative ? 1 : 0)..<text.count {
            guard (48...57).contains(text[index]) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(text[index] - 48)
            let (sum, overflowOfSum) = product.addingReportingOverflow(isNegative ? -digit : digit)
            guard !overflow, !overflowOfSum else { return nil }
            value = sum
        }
        return value
    }
}
