import FleetModel

/// The canonical bytes of a JSON value: RFC 8785 (JSON Canonicalization Scheme).
///
/// Firebreak signs and hashes its own documents in this form, because any language has an implementation of it and
/// a reader sees plain JSON. (TUF's documents have a form of their own, OLPC's, which is not this one.)
package enum CanonicalJSON {
    /// Largest whole number with a canonical form, 2^53 - 1: beyond it a reader that holds numbers as doubles
    /// would read another number (RFC 8785 clause 6, RFC 7493 clause 2.2). Larger ones travel as strings.
    package static let integerMax: Int64 = 9_007_199_254_740_991

    /// The one sequence of bytes that stands for `value`.
    ///
    /// - Throws: ``JSONError`` with `.numberRange` for an integer beyond ``integerMax`` and for a number that is not
    ///   finite: they have no form that all readers agree on.
    package static func encode(_ value: JSONValue) throws(JSONError) -> [UInt8] {
        var bytes: [UInt8] = []
        try append(value, to: &bytes)
        return bytes
    }

    private static func append(_ value: JSONValue, to bytes: inout [UInt8]) throws(JSONError) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): try append(integer: value, to: &bytes)
        case .number(let value):
            guard let text = text(of: value) else {
                throw JSONError(.numberRange, subject: "", message: "\(value) has no JSON form")
            }
            bytes.append(contentsOf: text.utf8)
        case .string(let value): append(string: value, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                try append(element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(string: member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                try append(member.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(integer value: Int64, to bytes: inout [UInt8]) throws(JSONError) {
        guard (-integerMax...integerMax).contains(value) else {
            throw JSONError(
                .numberRange, subject: "",
                message: "\(value) is beyond 2^53 - 1 and would be read differently elsewhere; write it as a string")
        }
        bytes.append(contentsOf: String(value).utf8)
    }

    /// RFC 8785 clause 3.2.2.2: the short escapes where there are any, lower-case hex for the other control
    /// characters, everything else as it is.
    private static func append(string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case 0x08: bytes.append(contentsOf: "\\b".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0C: bytes.append(contentsOf: "\\f".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(contentsOf: Hexadecimal.encode([byte]).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

// MARK: - Numbers

extension CanonicalJSON {
    /// A double as ECMAScript writes it (ECMA-262 clause 6.1.6.1.20, required by RFC 8785 clause 3.2.2.3); nil when
    /// it is not finite.
    ///
    /// Swift's own description has the same shortest digits and places point and exponent differently.
    static func text(of value: Double) -> String? {
        guard value.isFinite else { return nil }
        // Also for minus zero, which ECMAScript writes without its sign.
        guard value != 0 else { return "0" }
        let (digits, point) = decimal(of: value.magnitude)
        let sign = value < 0 ? "-" : ""
        let count = digits.count
        func text(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        if count <= point, point <= 21 {
            return sign + text(0..<count) + String(repeating: "0", count: point - count)
        }
        if 0 < point, point <= 21 {
            return sign + text(0..<point) + "." + text(point..<count)
        }
        if -6 < point, point <= 0 {
            return sign + "0." + String(repeating: "0", count: -point) + text(0..<count)
        }
        let exponent = point - 1
        let power = "e" + (exponent < 0 ? "-" : "+") + String(exponent.magnitude)
        return sign + text(0..<1) + (count > 1 ? "." + text(1..<count) : "") + power
    }

    /// The shortest digits that read back as `magnitude`, without zeros at either end, and where the decimal point
    /// stands among them: the value is 0.DIGITS times ten to the power of `point`.
    private static func decimal(of magnitude: Double) -> (digits: [UInt8], point: Int) {
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        let description = Array(magnitude.description.utf8)
        for (index, byte) in description.enumerated() {
            if byte == UInt8(ascii: ".") {
                point = digits.count
            } else if byte == UInt8(ascii: "e") {
                exponent = Int(String(decoding: description[(index + 1)...], as: UTF8.self)) ?? 0
                break
            } else {
                digits.append(byte)
            }
        }
        var place = (point ?? digits.count) + exponent
        let zerosAhead = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(zerosAhead)
        place -= zerosAhead
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, place)
    }
}
