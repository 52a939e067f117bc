import FleetModel

/// Reads one JSON text strictly and within bounds.
///
/// Strict is RFC 8259 with the limits of I-JSON (RFC 7493): well-formed UTF-8, no byte order mark, each name once in
/// an object, no half surrogate pairs, and nothing but white space after the value. Two readers that both follow
/// this cannot understand one signed document differently.
package struct JSONParser {
    /// What the parser takes before it gives up.
    package struct Limits: Sendable {
        /// Largest text, in bytes. The value in memory can be about 40 times as large, for an array of digits.
        package var bytesMax: Int
        /// Deepest nesting of arrays and objects. The parser recurses once a level, so this also bounds its stack.
        package var depthMax: Int

        /// 32 levels: our own documents need six, and one level costs less than 1 KiB of stack.
        package static let depthMaxDefault = 32

        package init(bytesMax: Int, depthMax: Int = depthMaxDefault) {
            self.bytesMax = bytesMax
            self.depthMax = depthMax
        }
    }

    private let bytes: [UInt8]
    private let depthMax: Int
    private var offset = 0

    private init(bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    /// The value that `bytes` stand for.
    ///
    /// - Throws: ``JSONError`` whose subject names the byte at which the text went wrong. Never traps, whatever the
    ///   bytes are.
    package static func parse(_ bytes: [UInt8], limits: Limits) throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.bytesMax else {
            throw JSONError(
                .oversized, subject: "",
                message: "the text has \(bytes.count) bytes; at most \(limits.bytesMax) are read")
        }
        var parser = JSONParser(bytes: bytes, depthMax: limits.depthMax)
        let value = try parser.value(depth: 0)
        parser.skipWhitespace()
        guard parser.offset == bytes.count else {
            throw parser.failure(.syntax, "only white space may follow the value")
        }
        return value
    }

    private func failure(_ code: JSONError.Code, _ message: String, at place: Int? = nil) -> JSONError {
        JSONError(code, subject: "byte \(place ?? offset)", message: message)
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipWhitespace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    /// Takes `byte` when it comes next.
    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipWhitespace()
        guard let next else { throw failure(.syntax, "the text ends where a value should be") }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), 48...57: return try number()
        default: throw failure(.syntax, "a value was expected here")
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let wanted = text.utf8CodeUnitCount
        let matches = text.withUTF8Buffer { bytes[offset...].prefix(wanted).elementsEqual($0) }
        guard matches else { throw failure(.syntax, "a value was expected here: true, false or null") }
        offset += wanted
        return value
    }

    private func checkDepth(_ depth: Int) throws(JSONError) {
        guard depth <= depthMax else {
            throw failure(.tooDeep, "nested deeper than \(depthMax) levels")
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        try checkDepth(depth)
        offset += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if take("]") { return .array(elements) }
        while true {
            elements.append(try value(depth: depth))
            skipWhitespace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw failure(.syntax, "a comma or ] was expected here") }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        try checkDepth(depth)
        offset += 1
        var found: [(member: JSONObject.Member, offset: Int)] = []
        skipWhitespace()
        if take("}") { return .object(JSONObject()) }
        while true {
            skipWhitespace()
            let place = offset
            guard next == UInt8(ascii: "\"") else { throw failure(.syntax, "a member's name was expected here") }
            let name = try string()
            skipWhitespace()
            guard take(":") else { throw failure(.syntax, "a colon was expected here") }
            found.append((JSONObject.Member(name: name, value: try value(depth: depth)), place))
            skipWhitespace()
            if take("}") { break }
            guard take(",") else { throw failure(.syntax, "a comma or } was expected here") }
        }
        return .object(try sorted(found))
    }

    private func sorted(_ found: [(member: JSONObject.Member, offset: Int)]) throws(JSONError) -> JSONObject {
        let members = found.sorted { JSONObject.precedes($0.member.name, $1.member.name) }
        for (left, right) in zip(members, members.dropFirst())
        where JSONObject.isSame(left.member.name, right.member.name) {
            throw failure(
                .duplicateName, "the name \"\(left.member.name.prefix(80))\" is in this object twice",
                at: max(left.offset, right.offset))
        }
        return JSONObject(sorted: members.map(\.member))
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        _ = take("-")
        let firstDigit = offset
        try digits()
        if bytes[firstDigit] == UInt8(ascii: "0"), offset > firstDigit + 1 {
            throw failure(.syntax, "a number has no leading zero", at: firstDigit)
        }
        var isInteger = true
        if take(".") {
            isInteger = false
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isInteger = false
            offset += 1
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        // "-0" is a Double's value: as an integer it would lose its sign without a word.
        if isInteger, text != "-0" {
            guard let integer = Int64(text) else {
                throw failure(.numberRange, "a whole number must fit 64 bits with its sign", at: start)
            }
            return .integer(integer)
        }
        guard let number = Double(text), number.isFinite else {
            throw failure(.numberRange, "the number is too large for a double", at: start)
        }
        return .number(number)
    }

    private mutating func digits() throws(JSONError) {
        guard let first = next, (48...57).contains(first) else { throw failure(.syntax, "a digit was expected here") }
        while let byte = next, (48...57).contains(byte) { offset += 1 }
    }
}

// MARK: - Strings

extension JSONParser {
    /// Reads the string whose opening quote comes next.
    private mutating func string() throws(JSONError) -> String {
        let start = offset
        offset += 1
        var text: [UInt8] = []
        var copied = offset
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                text.append(contentsOf: bytes[copied..<offset])
                offset += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw failure(.encoding, "the string that begins here is not well-formed UTF-8", at: start)
                }
                return string
            case UInt8(ascii: "\\"):
                text.append(contentsOf: bytes[copied..<offset])
                let scalar = try escape()
                text.append(contentsOf: Array(String(scalar).utf8))
                copied = offset
            case 0..<0x20:
                throw failure(.syntax, "a control character in a string must be escaped")
            default:
                offset += 1
            }
        }
        throw failure(.syntax, "the string that begins here has no end", at: start)
    }

    /// Reads the escape whose backslash comes next.
    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let start = offset
        offset += 1
        let kind = next
        offset += 1
        switch kind {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape(start: start)
        default: throw failure(.syntax, "no such escape", at: start)
        }
    }

    /// Reads the digits of `\uXXXX`, and the second half of a surrogate pair.
    private mutating func unicodeEscape(start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800...0xDBFF).contains(first), take("\\"), take("u") else {
            throw failure(.encoding, "half of a surrogate pair", at: start)
        }
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else {
            throw failure(.encoding, "half of a surrogate pair", at: start)
        }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Hexadecimal.value(of: byte) else {
                throw failure(.syntax, "four hex digits were expected here")
            }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }
}
