/// Searches in bytes, each bounded in the lengths of text and operand, and each telling the steps that it took.
enum TextSearch {
    /// Whether `needle` is where `test` wants it in `text`.
    ///
    /// - Parameter folds: Whether ASCII case does not count in the text; the needle is then in lower case, or folded too.
    static func finds(
        _ needle: Span<UInt8>, in text: Span<UInt8>, as test: Operator, folds: Bool, steps: inout UInt64
    ) -> Bool {
        switch test {
        case .equals:
            return text.count == needle.count && matches(text, needle, at: 0, folds: folds, steps: &steps)
        case .startsWith: return matches(text, needle, at: 0, folds: folds, steps: &steps)
        case .endsWith: return matches(text, needle, at: text.count - needle.count, folds: folds, steps: &steps)
        default:
            guard needle.count <= text.count else { return false }
            guard !needle.isEmpty else { return true }
            return contains(text, needle, folds: folds, steps: &steps)
        }
    }

    /// Whether a needle is in the text: eight places at a time are looked at for its first byte.
    private static func contains(
        _ text: Span<UInt8>, _ needle: Span<UInt8>, folds: Bool, steps: inout UInt64
    ) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let isFolded = folds && TextFold.isLetter(needle[0])
        let fold: UInt64 = isFolded ? 0x20 &* ones : 0
        let pattern = UInt64(isFolded ? needle[0] | 0x20 : needle[0]) &* ones
        let words = text.bytes
        let last = text.count - needle.count
        var position = 0
        steps &+= UInt64(text.count)
        while position <= last {
            var hits: UInt64 = 0xFF
            var width = 1
            if position + 8 <= text.count {
                let word = (words.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self) | fold) ^ pattern
                hits = (word &- ones) & ~word & (0x80 &* ones)
                width = 8
            }
            while hits != 0 {
                let start = position + (width == 8 ? hits.trailingZeroBitCount >> 3 : 0)
                if matches(text, needle, at: start, folds: folds, steps: &steps) { return true }
                hits = width == 8 ? hits & (hits &- 1) : 0
            }
            position += width
        }
        return false
    }

    /// Whether `needle` is in `text` at `offset`; false when it does not fit there.
    static func matches(
        _ text: Span<UInt8>, _ needle: Span<UInt8>, at offset: Int, folds: Bool, steps: inout UInt64
    ) -> Bool {
        guard offset >= 0, needle.count <= text.count - offset else { return false }
        var taken: UInt64 = 1
        defer { steps &+= taken }
        for index in 0..<needle.count {
            taken &+= 1
            guard isEqual(text[offset + index], needle[index], folds: folds) else { return false }
        }
        return true
    }

    /// Whether `needle` is anywhere in `text`, where both come from an event.
    ///
    /// Complexity: at most two steps a byte of each (Knuth, Morris and Pratt 1977).
    ///
    /// - Parameter table: Room for the needle's table, which grows to the longest needle.
    static func contains(
        _ text: Span<UInt8>, _ needle: Span<UInt8>, folds: Bool, table: inout [UInt16], steps: inout UInt64
    ) -> Bool {
        guard !needle.isEmpty else { return true }
        guard needle.count <= text.count, needle.count < Int(UInt16.max) else { return false }
        if table.count < needle.count { table = Array(repeating: 0, count: needle.count) }
        var length = 0
        table[0] = 0
        for index in 1..<needle.count {
            while length > 0, !isEqual(needle[index], needle[length], folds: folds) { length = Int(table[length - 1]) }
            if isEqual(needle[index], needle[length], folds: folds) { length += 1 }
            table[index] = UInt16(truncatingIfNeeded: length)
        }
        steps &+= 2 * UInt64(needle.count + text.count)
        var matched = 0
        for position in text.indices {
            while matched > 0, !isEqual(text[position], needle[matched], folds: folds) {
                matched = Int(table[matched - 1])
            }
            if isEqual(text[position], needle[matched], folds: folds) { matched += 1 }
            if matched == needle.count { return true }
        }
        return false
    }

    private static func isEqual(_ left: UInt8, _ right: UInt8, folds: Bool) -> Bool {
        left == right || folds && TextFold.folded(left) == TextFold.folded(right)
    }
}

extension DetectionNumber {
    /// The decimal number that `text` is, whole: digits with a minus or without, perhaps with a point and an exponent;
    /// nil for anything else, and for what is longer than any number need be.
    init?(text: Span<UInt8>) {
        guard (1...ProgramCost.numberTextBytesMax).contains(text.count) else { return nil }
        let isNegative = text[0] == UInt8(ascii: "-")
        var position = isNegative ? 1 : 0
        guard position < text.count, (48...57).contains(text[position]) else { return nil }
        var integer: Int64? = 0
        while position < text.count, (48...57).contains(text[position]) {
            let digit = Int64(text[position] - 48)
            integer = integer.flatMap { value in
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, overflowOfSum) = product.addingReportingOverflow(isNegative ? -digit : digit)
                return overflow || overflowOfSum ? nil : sum
            }
            position += 1
        }
        if position == text.count, let integer {
            self = .integer(integer)
            return
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count) { buffer, count in
            for index in text.indices { buffer[index] = text[index] }
            count = text.count
        }
        let isDecimal = bytes.allSatisfy { (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0) }
        guard isDecimal, let real = Double(String(decoding: bytes, as: UTF8.self)), !real.isNaN else { return nil }
        self = .real(real)
    }
}
