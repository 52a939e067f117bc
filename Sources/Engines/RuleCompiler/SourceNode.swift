/// A value of a YAML document, with the line where it begins.
struct SourceNode: Equatable {
    /// Counted from 1.
    var line: Int
    var value: Value

    indirect enum Value: Equatable {
        case scalar(SourceScalar)
        case list([SourceNode])
        /// In the order of the source. No name is there twice.
        case map([Entry])
    }

    struct Entry: Equatable {
        var name: String
        /// The line of the name.
        var line: Int
        var node: SourceNode
    }

    /// What the value is, for messages.
    var word: String {
        switch value {
        case .scalar: "a value"
        case .list: "a list"
        case .map: "a map"
        }
    }
}

/// A scalar of YAML, as it was written.
struct SourceScalar: Equatable {
    var text: String
    /// Written without quotes, so that YAML gives it a type.
    var isPlain: Bool

    /// What a scalar means in a rule.
    enum Meaning: Equatable {
        case null
        case boolean(Bool)
        case integer(Int64)
        case text(String)
        /// A plain scalar that versions of YAML read differently.
        case ambiguous
    }

    /// The meaning in YAML 1.2's core schema (YAML 1.2.2 clause 10.3.2), except where YAML 1.1, which most Sigma tools
    /// read, means something else: `yes`, `0755`, `0x1f`, `1_000`, `12:30`. Whatever one of them took it for, a rule
    /// would silently match something else in the other.
    var meaning: Meaning {
        guard isPlain else { return .text(text) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .boolean(true)
        case "false", "False", "FALSE": return .boolean(false)
        case "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF": return .ambiguous
        default: break
        }
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        let signCount = text.utf8.count - digits.count
        guard signCount <= 1, let first = digits.first, (48...57).contains(first) else { return .text(text) }
        if digits.allSatisfy({ (48...57).contains($0) }) {
            guard first != UInt8(ascii: "0") || digits.count == 1, let integer = Int64(text) else { return .ambiguous }
            return .integer(integer)
        }
        return Self.isOtherNumber(digits) ? .ambiguous : .text(text)
    }

    /// Whether digits with something between them are an integer in YAML 1.1: hexadecimal, octal, binary, grouped by
    /// `_`, or to the base of 60.
    private static func isOtherNumber(_ digits: Substring.UTF8View) -> Bool {
        let rest = digits.dropFirst(2)
        if digits.first == UInt8(ascii: "0"), let mark = digits.dropFirst().first, !rest.isEmpty {
            let isHexadecimal = mark == UInt8(ascii: "x")
            if isHexadecimal || mark == UInt8(ascii: "o") || mark == UInt8(ascii: "b") {
                return rest.allSatisfy { byte in
                    (48...57).contains(byte) || byte == UInt8(ascii: "_")
                        || isHexadecimal && ((97...102).contains(byte) || (65...70).contains(byte))
                }
            }
        }
        return digits.allSatisfy {
            (48...57).contains($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ":")
        }
    }
}
