/// Finds and decodes texts of JSON (RFC 8259 clause 7).
enum JSONText {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080
    private static let quotes: UInt64 = 0x2222_2222_2222_2222
    private static let backslashes: UInt64 = 0x5C5C_5C5C_5C5C_5C5C

    /// A text between quotes.
    struct Extent {
        /// Where the closing quote is.
        var end: Int
        var isEscaped = false
        /// Escapes beside those of backslashes and quotes.
        var hasOtherEscapes = false
        var isBeyondASCII = false
    }

    /// The end of the text that begins at `start`, eight bytes at a time; nil when no quote closes it before `limit`.
    ///
    /// - Parameter bytes: Eight readable bytes follow `limit`.
    @inline(__always)
    static func extent(_ bytes: RawSpan, from start: Int, limit: Int) -> Extent? {
        var position = start
        var extent = Extent(end: 0)
        var beyond: UInt64 = 0
        precondition(start >= 0 && limit + 8 <= bytes.byteCount, "A record has room behind every event.")
        while position < limit {
            // Unchecked: `position` is below `limit`, which eight bytes follow.
            let word = bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
            let quote = word ^ quotes
            let backslash = word ^ backslashes
            let found =
                ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash) & highs
            guard found != 0 else {
                beyond |= word
                position += 8
                continue
            }
            let offset = found.trailingZeroBitCount >> 3
            beyond |= word & ~(UInt64.max &<< UInt64(truncatingIfNeeded: offset &* 8))
            position += offset
            guard position < limit else { return nil }
            if bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self) == UInt8(ascii: "\"") {
                extent.end = position
                extent.isBeyondASCII = beyond & highs != 0
                return extent
            }
            extent.isEscaped = true
            let kind = bytes.unsafeLoad(fromByteOffset: position + 1, as: UInt8.self)
            if kind != UInt8(ascii: "\\"), kind != UInt8(ascii: "\"") { extent.hasOtherEscapes = true }
            position += 2
        }
        return nil
    }

    /// Whether the text has the one sign beyond ASCII whose lower case is in ASCII: U+212A, the sign of Kelvin.
    static func hasKelvinSign(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        for position in range
        where bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt32.self) & 0xFF_FFFF == 0xAA_84E2 {
            return true
        }
        return false
    }

    /// The text with a backslash before each backslash and quote, as most writers of JSON write it.
    static func escaped(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + 8)
        for byte in text {
            if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") { result.append(UInt8(ascii: "\\")) }
            result.append(byte)
        }
        return result
    }

    /// Writes the text of `range` with a backslash before each backslash and quote from `target` on, which lies behind it.
    ///
    /// - Returns: Where it ends.
    static func escape(_ bytes: inout [UInt8], _ range: Range<Int>, to target: Int) -> Int {
        var position = target
        var bytes = bytes.mutableSpan
        for source in range {
            let byte = bytes[source]
            if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") {
                bytes[position] = UInt8(ascii: "\\")
                position += 1
            }
            bytes[position] = byte
            position += 1
        }
        return position
    }

    /// Writes the text of `range` without its escapes from `target` on, which lies behind it.
    ///
    /// - Parameter bytes: Eight bytes more than the text has can be written from `target` on.
    /// - Returns: Where it ends, and whether an escape stood for something beyond ASCII.
    static func unescape(
        _ bytes: inout [UInt8], _ range: Range<Int>, to target: Int
    ) -> (position: Int, isBeyondASCII: Bool) {
        var (source, position) = (range.lowerBound, target)
        var isBeyondASCII = false
        var bytes = bytes.mutableSpan
        var words = bytes.mutableBytes
        while source < range.upperBound {
            let word = words.unsafeLoadUnaligned(fromByteOffset: source, as: UInt64.self)
            words.storeBytes(of: word, toByteOffset: position, as: UInt64.self)
            let backslash = word ^ backslashes
            let found = (backslash &- ones) & ~backslash & highs
            let plain = min(found == 0 ? 8 : found.trailingZeroBitCount >> 3, range.upperBound - source)
            source += plain
            position += plain
            guard plain < 8, source + 1 < range.upperBound else {
                if plain < 8, source < range.upperBound {
                    // A backslash that ends the text is itself.
                    words.storeBytes(of: UInt8(ascii: "\\"), toByteOffset: position, as: UInt8.self)
                    source += 1
                    position += 1
                }
                continue
            }
            let kind = words.unsafeLoad(fromByteOffset: source + 1, as: UInt8.self)
            source += 2
            if kind == UInt8(ascii: "u") {
                let scalar = scalar(words.bytes, at: &source, limit: range.upperBound)
                isBeyondASCII = isBeyondASCII || scalar >= 0x80
                write(scalar, &words, at: &position)
            } else {
                words.storeBytes(of: escaped(kind), toByteOffset: position, as: UInt8.self)
                position += 1
            }
        }
        return (position, isBeyondASCII)
    }

    /// What a letter behind a backslash stands for; other signs stand for themselves.
    private static func escaped(_ kind: UInt8) -> UInt8 {
        switch kind {
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "t"): 9
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "f"): 12
        default: kind
        }
    }

    /// The scalar of `XXXX`, or of two halves; U+FFFD for one half alone. `source` is behind the `u`, which stands for
    /// itself when no digits follow: whatever is written is no longer than its escape.
    private static func scalar(_ bytes: RawSpan, at source: inout Int, limit: Int) -> UInt32 {
        guard let first = unit(bytes, at: source, limit: limit) else {
            return UInt32(UInt8(ascii: "u"))
        }
        source += 4
        guard (0xD800...0xDFFF).contains(first) else { return first }
        guard first < 0xDC00, source + 1 < limit, byte(bytes, source) == UInt8(ascii: "\\"),
            byte(bytes, source + 1) == UInt8(ascii: "u"), let second = unit(bytes, at: source + 2, limit: limit),
            (0xDC00...0xDFFF).contains(second)
        else { return 0xFFFD }
        source += 6
        return 0x1_0000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private static func unit(_ bytes: RawSpan, at start: Int, limit: Int) -> UInt32? {
        guard start + 4 <= limit else { return nil }
        var value: UInt32 = 0
        for index in start..<(start + 4) {
            let digit = byte(bytes, index)
            switch digit {
            case 48...57: value = value << 4 | UInt32(digit - 48)
            case 65...70: value = value << 4 | UInt32(digit - 55)
            case 97...102: value = value << 4 | UInt32(digit - 87)
            default: return nil
            }
        }
        return value
    }

    private static func byte(_ bytes: RawSpan, _ position: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
    }

    /// Writes a scalar as UTF-8: at most three bytes, of an escape of six; four of one of twelve.
    private static func write(_ scalar: UInt32, _ bytes: inout MutableRawSpan, at position: inout Int) {
        for byte in TextFold.utf8(scalar) {
            bytes.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
            position += 1
        }
    }
}
