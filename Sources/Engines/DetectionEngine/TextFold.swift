/// Case that does not count: ASCII by table in the automata, other letters by Unicode's simple mappings beforehand.
///
/// Text that is no UTF-8 keeps its bytes as they are.
package enum TextFold {
    package static func isUpperCase(_ byte: UInt8) -> Bool { byte &- 65 < 26 }

    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 }

    /// An ASCII byte in lower case, any other as it is.
    package static func folded(_ byte: UInt8) -> UInt8 { isUpperCase(byte) ? byte | 0x20 : byte }

    /// The whole text in lower case, for needles and for texts that are compared without case.
    package static func folded(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { $0 >= 0x80 }) else { return text.map { folded($0) } }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        appendFolded(text.span, to: &result)
        return result.map { folded($0) }
    }

    /// Bytes of the longest result of ``appendFolded(_:to:)`` for a text of `count` bytes: no simple mapping makes two
    /// bytes longer than three.
    static func foldedBytesMax(_ count: Int) -> Int { count + (count + 1) / 2 }

    /// Appends `text` with its letters beyond ASCII in lower case.
    static func appendFolded(_ text: Span<UInt8>, to result: inout [UInt8]) {
        var position = 0
        while position < text.count {
            let byte = text[position]
            guard byte >= 0xC2, let (scalar, length) = scalar(of: text, at: position) else {
                result.append(byte)
                position += 1
                continue
            }
            result.append(contentsOf: utf8(lowerCase(scalar)))
            position += length
        }
    }

    /// The simple lower-case mapping of a scalar; itself when it has none.
    static func lowerCase(_ scalar: UInt32) -> UInt32 {
        if scalar < 0x80 { return UInt32(folded(UInt8(truncatingIfNeeded: scalar))) }
        let runs = LowerCaseRuns.runs
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].last < scalar { low = middle + 1 } else { high = middle }
        }
        guard low < runs.count, runs[low].first <= scalar,
            (scalar - runs[low].first).isMultiple(of: runs[low].stride)
        else { return scalar }
        return UInt32(truncatingIfNeeded: Int64(scalar) + Int64(runs[low].offset))
    }

    /// The scalar of two to four bytes at `position`; nil when the bytes are none (RFC 3629 clause 4).
    private static func scalar(of text: Span<UInt8>, at position: Int) -> (UInt32, Int)? {
        let first = text[position]
        let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard first <= 0xF4, position + length <= text.count else { return nil }
        var value = UInt32(first) & (0xFF >> UInt32(length + 1))
        for index in 1..<length {
            let byte = text[position + index]
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        let least: [UInt32] = [0, 0, 0x80, 0x800, 0x1_0000]
        guard value >= least[length], value <= 0x10_FFFF, !(0xD800...0xDFFF).contains(value) else { return nil }
        return (value, length)
    }

    /// A scalar as UTF-8; U+FFFD for a number that is none.
    static func utf8(_ scalar: UInt32) -> UTF8.EncodedScalar {
        UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter
    }
}
