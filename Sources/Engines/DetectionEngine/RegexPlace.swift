/// 128 bits, one for each ASCII scalar.
struct RegexBitmap {
    private let low: UInt64
    private let high: UInt64

    /// The four words from `index` on.
    init(_ words: Span<UInt32>, at index: Int) {
        low = UInt64(words[index]) | UInt64(words[index + 1]) << 32
        high = UInt64(words[index + 2]) | UInt64(words[index + 3]) << 32
    }

    /// Whether the bit of `scalar`, which is below 128, is set.
    @inline(__always)
    subscript(scalar: UInt32) -> Bool { (scalar < 64 ? low : high) &>> UInt64(scalar & 63) & 1 != 0 }
}

/// A place between two scalars of a text.
struct RegexPlace {
    /// What stands before the beginning of a text and after its end: above every scalar.
    static let none = UInt32.max
    /// What a byte that is not UTF-8 counts as.
    static let replacement: UInt32 = 0xFFFD
    private static let newline: UInt32 = 10

    /// Bytes of the text before this place.
    private(set) var position = 0
    /// The scalar before this place.
    private(set) var previous = none
    /// The scalar after this place, once it has been read.
    private(set) var next = none
    /// The bytes of the scalar after this place; 0 at the end.
    private var width = 0

    /// Goes over ASCII scalars that are not in `bitmap`, and gives how many these were.
    @inline(__always)
    mutating func skip(_ text: Span<UInt8>, to bitmap: RegexBitmap) -> UInt64 {
        let start = position
        while position < text.count {
            let byte = UInt32(text[position])
            if byte >= RegexLayout.firstBeyondBitmap || bitmap[byte] { break }
            position += 1
        }
        if position > start { previous = UInt32(text[position - 1]) }
        return UInt64(position - start)
    }

    /// Reads the scalar after this place.
    @inline(__always)
    mutating func read(_ text: Span<UInt8>) {
        guard position < text.count else {
            (next, width) = (Self.none, 0)
            return
        }
        let byte = UInt32(text[position])
        if byte < RegexLayout.firstBeyondBitmap {
            (next, width) = (byte, 1)
        } else {
            (next, width) = Self.decode(text, at: position)
        }
    }

    /// Goes to the place after the scalar that was read; false at the end of the text.
    @inline(__always)
    mutating func advance() -> Bool {
        guard width > 0 else { return false }
        position += width
        previous = next
        return true
    }

    /// The scalar that begins with the byte at `position`, which is no ASCII, and its bytes (RFC 3629 clause 4).
    private static func decode(_ text: Span<UInt8>, at position: Int) -> (scalar: UInt32, width: Int) {
        let lead = UInt32(text[position])
        let (width, bits, lowest): (Int, UInt32, UInt32)
        switch lead {
        case 0xC2...0xDF: (width, bits, lowest) = (2, lead & 0x1F, 0x80)
        case 0xE0...0xEF: (width, bits, lowest) = (3, lead & 0x0F, 0x800)
        case 0xF0...0xF4: (width, bits, lowest) = (4, lead & 0x07, 0x1_0000)
        default: return (replacement, 1)
        }
        guard width <= text.count - position else { return (replacement, 1) }
        var value = bits
        for offset in 1..<width {
            let byte = UInt32(text[position + offset])
            guard byte & 0xC0 == 0x80 else { return (replacement, 1) }
            value = value << 6 | byte & 0x3F
        }
        guard value >= lowest, Unicode.Scalar(value) != nil else { return (replacement, 1) }
        return (value, width)
    }

    /// Whether an instruction that takes a scalar takes the one after this place.
    @inline(__always)
    func takes(_ word: UInt32, _ words: Span<UInt32>) -> Bool {
        let operand = word >> RegexOperation.operationBits
        switch word & RegexOperation.operationMask {
        case RegexOperation.scalar: return next == operand
        case RegexOperation.oneOf: return Self.isMember(next, ofClassAt: Int(operand), words)
        case RegexOperation.any: return next != Self.none
        default: return next != Self.none && next != Self.newline
        }
    }

    /// Whether an assertion holds at this place.
    func holds(_ word: UInt32, _ words: Span<UInt32>, textCount: Int) -> Bool {
        switch word & RegexOperation.operationMask {
        case RegexOperation.textStart: return position == 0
        case RegexOperation.textEnd: return position == textCount
        case RegexOperation.lastLineEnd:
            return position == textCount || next == Self.newline && position + 1 == textCount
        case RegexOperation.lineStart: return position == 0 || previous == Self.newline
        case RegexOperation.lineEnd: return position == textCount || next == Self.newline
        default:
            let start = Int(word >> RegexOperation.operationBits)
            let isBoundary =
                Self.isMember(previous, ofClassAt: start, words) != Self.isMember(next, ofClassAt: start, words)
            return isBoundary == (word & RegexOperation.operationMask == RegexOperation.wordBoundary)
        }
    }

    /// Complexity: one look for ASCII, and otherwise at most 14 comparisons: `RegexLimit.wordCountMax` has room for 2^14
    /// ranges.
    @inline(__always)
    private static func isMember(_ scalar: UInt32, ofClassAt start: Int, _ words: Span<UInt32>) -> Bool {
        if scalar < RegexLayout.firstBeyondBitmap {
            return words[start + Int(scalar >> 5)] &>> (scalar & 31) & 1 != 0
        }
        return isInRanges(scalar, ofClassAt: start, words)
    }

    private static func isInRanges(_ scalar: UInt32, ofClassAt start: Int, _ words: Span<UInt32>) -> Bool {
        let first = start + RegexLayout.classHeaderWordCount
        let count = Int(words[start + RegexLayout.bitmapWordCount])
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if scalar > words[first + 2 * middle + 1] { low = middle + 1 } else { high = middle }
        }
        return low < count && words[first + 2 * low] <= scalar
    }
}
