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
        /// Only in YAML 1.1. Finite.
        case real(Double)
        case text(String)
        /// A plain scalar that versions of YAML read differently.
        case ambiguous
    }

    /// The meaning for rules of a schema.
    func meaning(for schema: CompilerOptions.Schema) -> Meaning {
        schema == .open ? YAML11.meaning(of: self) : meaning
    }

    /// The meaning in YAML 1.2's core schema (YAML 1.2.2 clause 10.3.2), except where YAML 1.1, which most Sigma tools
    /// read, means something else: `yes`, `0755`, `0x1f`, `1_000`, `12:30`. Whatever one of them took it for, a rule
    /// would silently match something else in the other.
    var meaning: Meaning {
        guard isPlain else { return .text(text) }
        guard let start = text.utf8.first else { return .null }
        guard Self.isTyped(start) else { return .text(text) }
        switch text {
        case "~", "null", "Null", "NULL": return .null
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

    /// Whether a plain scalar that begins so may be more than a text.
    private static func isTyped(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "~"): true
        default: "ntfyoNTFYO".utf8.contains(byte)
        }
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

/// The types of YAML 1.1 (yaml.org/type), as far as they can be a value of a rule: `null`, `bool`, `int`, `float`.
enum YAML11 {
    static func meaning(of scalar: SourceScalar) -> SourceScalar.Meaning {
        switch scalar.meaning {
        case .text(let text) where scalar.isPlain:
            if let real = real(text) { return .real(real) }
            return .text(text)
        case .ambiguous:
            switch scalar.text.lowercased() {
            case "yes", "on": return .boolean(true)
            case "no", "off": return .boolean(false)
            default: return integer(scalar.text).map { .integer($0) } ?? .text(scalar.text)
            }
        case let meaning: return meaning
        }
    }

    /// Binary, octal, hexadecimal, to the base of 60, or decimal, grouped by `_`; nil when it is none, or beyond
    /// `Int64`.
    static func integer(_ text: String) -> Int64? {
        let isNegative = text.hasPrefix("-")
        let digits = text.drop { $0 == "-" || $0 == "+" }.filter { $0 != "_" }
        guard !digits.isEmpty else { return nil }
        let sign = isNegative ? "-" : ""
        if digits.hasPrefix("0b") { return Int64(sign + digits.dropFirst(2), radix: 2) }
        if digits.hasPrefix("0x") { return Int64(sign + digits.dropFirst(2), radix: 16) }
        guard digits.contains(":") else {
            return digits.hasPrefix("0") && digits.count > 1 ? Int64(sign + digits, radix: 8) : Int64(sign + digits)
        }
        var value: Int64 = 0
        for part in digits.split(separator: ":", omittingEmptySubsequences: false) {
            guard let number = Int64(part), value == 0 || (0..<60).contains(number) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 60)
            let (sum, overflowOfSum) = product.addingReportingOverflow(number)
            guard !overflow, !overflowOfSum else { return nil }
            value = sum
        }
        return isNegative ? -value : value
    }

    /// A decimal fraction, with an exponent or without, that is finite.
    private static func real(_ text: String) -> Double? {
        guard let first = text.utf8.first, (43...57).contains(first), text.utf8.contains(UInt8(ascii: ".")) else {
            return nil
        }
        let plain = text.filter { $0 != "_" }
        let isNumeric = plain.utf8.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
        guard isNumeric, plain.utf8.contains(where: { (48...57).contains($0) }) else { return nil }
        let whole = plain.hasSuffix(".") ? plain + "0" : plain
        guard let real = Double(whole), real.isFinite else { return nil }
        return real
    }
}
