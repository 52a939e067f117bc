import CanonicalCoding

/// The canonical form over which TUF signs (TUF 4.2.1): OLPC's, which differs from RFC 8785 in three ways. Names are
/// sorted by code point, only the quotation mark and the backslash are escaped, and there are no fractions.
enum TufJSON {
    /// The bytes that are signed; nil when the value holds a fraction, which has no canonical form.
    static func canonical(_ value: JSONValue) -> [UInt8]? {
        var bytes: [UInt8] = []
        return append(value, to: &bytes) ? bytes : nil
    }

    private static func append(_ value: JSONValue, to bytes: inout [UInt8]) -> Bool {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let bool): bytes.append(contentsOf: (bool ? "true" : "false").utf8)
        case .integer(let integer): bytes.append(contentsOf: String(integer).utf8)
        case .number: return false
        case .string(let text): append(text, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                guard append(element, to: &bytes) else { return false }
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in ordered(object).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                guard append(member.value, to: &bytes) else { return false }
            }
            bytes.append(UInt8(ascii: "}"))
        }
        return true
    }

    /// By code point. The object's own order, by UTF-16 code unit, is the same but for names beyond the basic plane.
    static func ordered(_ object: JSONObject) -> [JSONObject.Member] {
        let isBasic = object.members.allSatisfy { $0.name.utf8.allSatisfy { $0 < 0xF0 } }
        guard !isBasic else { return object.members }
        // The order of UTF-8 bytes is that of code points.
        return object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
