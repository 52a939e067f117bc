import DetectionEngine

extension RegexParser {
    /// What an escape stands for, in a class or outside.
    enum Escape {
        case scalar(Unicode.Scalar)
        case set(RegexClass)
    }

    /// Reads an escape outside a class, from the backslash on.
    mutating func readEscape() throws(RegexSyntaxError) -> RegexNode {
        let start = position
        let places: [(sign: String, node: RegexNode)] = [
            ("\\b", .boundary(holds: true)), ("\\B", .boundary(holds: false)), ("\\A", .assert(.textStart)),
            ("\\Z", .assert(.textEnd)), ("\\z", .assert(.textEnd)),
        ]
        for place in places where take(place.sign) { return place.node }
        position += 1
        if let sign, ("1"..."9").contains(sign), !isOctal(3, at: position) {
            throw unsupported("back-reference", "write out what must come again", at: start)
        }
        position = start
        switch try readCommonEscape() {
        case .scalar(let scalar): return literal(scalar)
        case .set(let set): return .one(of: set)
        }
    }

    /// Reads an escape that means the same in a class and outside, from the backslash on.
    mutating func readCommonEscape() throws(RegexSyntaxError) -> Escape {
        let start = position
        position += 1
        guard let sign else { throw invalid("backslash", "nothing follows it; write \\\\ for a backslash", at: start) }
        position += 1
        if let control = Self.controls[sign] { return .scalar(control) }
        switch sign {
        case "d": return .set(RegexCharacters.digits)
        case "D": return .set(RegexCharacters.digits.inverted())
        case "w": return .set(RegexCharacters.wordCharacters)
        case "W": return .set(RegexCharacters.wordCharacters.inverted())
        case "s": return .set(RegexCharacters.spaces)
        case "S": return .set(RegexCharacters.spaces.inverted())
        case "x":
            if take("{") {
                let scalar = try readHex(1...6, of: start)
                guard take("}") else { throw invalid("escape", "its closing brace is missing", at: start) }
                return .scalar(scalar)
            }
            return .scalar(try readHex(2...2, of: start))
        case "u": return .scalar(try readHex(4...4, of: start))
        case "U": return .scalar(try readHex(8...8, of: start))
        case "0"..."9":
            position -= 1
            return .scalar(try readOctal(of: start))
        case "A"..."Z", "a"..."z":
            if let (name, advice) = Self.refusedEscapes[sign] { throw unsupported(name, advice, at: start) }
            throw unsupported("escape \\\(sign)", "write the sign without a backslash", at: start)
        default: return .scalar(sign)
        }
    }

    private mutating func readHex(_ lengths: ClosedRange<Int>, of start: Int) throws(RegexSyntaxError) -> Unicode.Scalar
    {
        var (value, length) = (UInt32(0), 0)
        while length < lengths.upperBound, let digit = sign?.properties.isASCIIHexDigit == true ? sign : nil,
            let number = UInt32(String(digit), radix: 16)
        {
            // Eight digits fit.
            value = value << 4 | number
            length += 1
            position += 1
        }
        guard lengths.contains(length), let scalar = Unicode.Scalar(value) else {
            throw invalid(
                "escape", "it needs \(lengths.upperBound) hexadecimal digits of a Unicode scalar", at: start)
        }
        return scalar
    }

    /// Whether `count` octal digits stand at `place`.
    private func isOctal(_ count: Int, at place: Int) -> Bool {
        place + count <= signs.count && signs[place..<place + count].allSatisfy { ("0"..."7").contains($0) }
    }

    /// `\0` with up to two octal digits more, or three octal digits (Python 3, `re`, "\number").
    private mutating func readOctal(of start: Int) throws(RegexSyntaxError) -> Unicode.Scalar {
        let isZero = sign == "0"
        guard isZero || isOctal(3, at: position) else {
            throw invalid("escape", "it is no octal number; write \\x and two hexadecimal digits", at: start)
        }
        var (value, length) = (UInt32(0), 0)
        while length < 3, isOctal(1, at: position) {
            value = value << 3 | (signs[position].value - 48)
            length += 1
            position += 1
        }
        let highest: UInt32 = 0o377
        guard value <= highest, let scalar = Unicode.Scalar(value) else {
            throw invalid("escape", "an octal number is at most \\377; write \\x{...}", at: start)
        }
        return scalar
    }

    private static let controls: [Unicode.Scalar: Unicode.Scalar] = [
        "t": "\t", "n": "\n", "r": "\r", "f": "\u{0C}", "v": "\u{0B}", "a": "\u{07}", "e": "\u{1B}",
    ]

    private static let refusedEscapes: [Unicode.Scalar: (name: String, advice: String)] = {
        let property = ("Unicode property", "write the letters as ranges, or use \\w, \\d and \\s")
        let back = ("back-reference", "write out what must come again")
        return [
            "p": property, "P": property, "X": ("grapheme cluster", "use ."), "k": back, "g": back,
            "Q": ("quotation \\Q", "put a backslash before each sign"),
            "E": ("quotation \\E", "put a backslash before each sign"),
            "h": ("escape \\h", "use [\\t ]"), "H": ("escape \\H", "use [^\\t ]"), "V": ("escape \\V", "use [^\\n]"),
            "R": ("escape \\R", "use \\r?\\n"), "N": ("escape \\N", "use . or \\uHHHH"),
            "K": ("escape \\K", "remove it: where a match begins does not count"),
            "G": ("escape \\G", "use \\A"), "C": ("escape \\C", "use ."), "c": ("escape \\c", "use \\xHH"),
        ]
    }()
}
