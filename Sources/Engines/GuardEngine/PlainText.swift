/// Text as bytes: all that the guard reads and says.
///
/// The guard is Embedded Swift, where comparing strings would link the tables of Unicode. Its words are ASCII, and
/// ASCII is bytes.
package struct PlainText: Equatable, Sendable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

    /// Whether the text is made of visible ASCII without a space, and is no longer than `bytesMax`: what may stand in
    /// one field of a line.
    package func isWord(bytesMax: Int) -> Bool {
        !bytes.isEmpty && bytes.count <= bytesMax && bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    package static func + (left: PlainText, right: PlainText) -> PlainText { PlainText(left.bytes + right.bytes) }
    package static func += (left: inout PlainText, right: PlainText) { left.bytes += right.bytes }
}

extension PlainText: ExpressibleByStringInterpolation {
    package init(stringLiteral text: String) { bytes = Array(text.utf8) }
    package init(stringInterpolation: Interpolation) { bytes = stringInterpolation.bytes }

    /// What may stand in a text: other texts, and numbers in decimal.
    package struct Interpolation: StringInterpolationProtocol {
        var bytes: [UInt8] = []

        package init(literalCapacity: Int, interpolationCount: Int) { bytes.reserveCapacity(literalCapacity) }
        package mutating func appendLiteral(_ text: String) { bytes += Array(text.utf8) }
        package mutating func appendInterpolation(_ text: PlainText) { bytes += text.bytes }
        package mutating func appendInterpolation(_ number: UInt64) { bytes += PlainText(decimal: number).bytes }
        package mutating func appendInterpolation(_ number: Int) {
            if number < 0 { bytes.append(UInt8(ascii: "-")) }
            bytes += PlainText(decimal: UInt64(number.magnitude)).bytes
        }
    }
}

// MARK: - Numbers and fields

extension PlainText {
    package init(decimal number: UInt64) {
        var digits: [UInt8] = []
        var rest = number
        repeat {
            digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes = digits.reversed()
    }

    /// Eight hex digits, lower case.
    package init(hex number: UInt32) {
        bytes = []
        for shift in stride(from: 28, through: 0, by: -4) {
            bytes.append(Self.hexDigit(UInt8(truncatingIfNeeded: number >> UInt32(shift)) & 15))
        }
    }

    /// Two lower-case hex digits for each byte.
    package init(hex raw: [UInt8]) {
        bytes = []
        bytes.reserveCapacity(raw.count * 2)
        for byte in raw {
            bytes.append(Self.hexDigit(byte >> 4))
            bytes.append(Self.hexDigit(byte & 15))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// The number that the whole text is in decimal, without sign or leading zero; nil for any other text.
    package var decimal: UInt64? {
        guard !bytes.isEmpty, bytes.count <= 20, bytes.count == 1 || bytes[0] != UInt8(ascii: "0") else { return nil }
        var number: UInt64 = 0
        for byte in bytes {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (tens, overflows) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !overflows, !overflowsToo else { return nil }
            number = sum
        }
        return number
    }

    /// What follows `prefix`; nil when the text begins otherwise.
    package func rest(after prefix: PlainText) -> PlainText? {
        guard bytes.starts(with: prefix.bytes) else { return nil }
        return PlainText(bytes[prefix.bytes.count...])
    }

    /// The parts between the single bytes `separator`; empty parts are parts.
    package func split(at separator: UInt8) -> [PlainText] {
        var parts: [PlainText] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == separator {
            parts.append(PlainText(bytes[start..<index]))
            start = index + 1
        }
        parts.append(PlainText(bytes[start...]))
        return parts
    }

    package var words: [PlainText] { split(at: UInt8(ascii: " ")) }
    package var lines: [PlainText] { split(at: UInt8(ascii: "\n")) }
}
