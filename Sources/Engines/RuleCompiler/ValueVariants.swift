/// The texts that one value of a rule stands for, under the modifiers that make several of it or write it differently.
enum ValueVariants {
    /// Characters that `|windash` takes for one another (Sigma appendix "Modifiers" 2.1.0): hyphen, slash, en dash, em
    /// dash and horizontal bar.
    static let dashes: [[UInt8]] = ["-", "/", "\u{2013}", "\u{2014}", "\u{2015}"].map { Array($0.utf8) }

    /// Replaces every `%name%` by each of its values, which may have wildcards.
    ///
    /// - Returns: Every combination; nil when there are more than `RuleSourceLimit.variantCountMax`.
    /// - Throws: The name of a placeholder without a value.
    static func expanded(
        _ text: ValueText, _ placeholders: [String: [String]]
    ) throws(MissingPlaceholder) -> [ValueText]? {
        var choices: [[ValueText]] = []
        for part in text.parts {
            guard case .literal(let bytes) = part else {
                choices.append([ValueText([part])])
                continue
            }
            for piece in pieces(bytes) {
                switch piece {
                case .literal(let literal): choices.append([ValueText(literal: literal)])
                case .placeholder(let name):
                    guard let values = placeholders[name], !values.isEmpty else { throw MissingPlaceholder(name: name) }
                    choices.append(values.map { ValueText($0) })
                }
            }
        }
        return combinations(choices)
    }

    /// Replaces every `%name%` of a regular expression, whose values are parts of expressions.
    static func expanded(
        pattern: String, _ placeholders: [String: [String]]
    ) throws(MissingPlaceholder) -> [String]? {
        var patterns: [[UInt8]] = [[]]
        for piece in pieces(Array(pattern.utf8)) {
            switch piece {
            case .literal(let bytes): patterns = patterns.map { $0 + bytes }
            case .placeholder(let name):
                guard let values = placeholders[name], !values.isEmpty else { throw MissingPlaceholder(name: name) }
                patterns = patterns.flatMap { pattern in values.map { pattern + Array($0.utf8) } }
                guard patterns.count <= RuleSourceLimit.variantCountMax else { return nil }
            }
        }
        return patterns.map { String(decoding: $0, as: UTF8.self) }
    }

    struct MissingPlaceholder: Error {
        var name: String
    }

    private enum Piece {
        case literal([UInt8])
        case placeholder(String)
    }

    /// A name is at least one character other than `%` and backslash. A `%` that begins none is itself.
    private static func pieces(_ bytes: [UInt8]) -> [Piece] {
        let percent = UInt8(ascii: "%")
        var pieces: [Piece] = []
        var (literal, index): ([UInt8], Int) = ([], 0)
        while index < bytes.count {
            if bytes[index] == percent, let end = bytes[(index + 1)...].firstIndex(of: percent), end > index + 1,
                !bytes[(index + 1)..<end].contains(UInt8(ascii: "\\"))
            {
                if !literal.isEmpty { pieces.append(.literal(literal)) }
                literal = []
                pieces.append(.placeholder(String(decoding: bytes[(index + 1)..<end], as: UTF8.self)))
                index = end + 1
            } else {
                literal.append(bytes[index])
                index += 1
            }
        }
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        return pieces
    }

    /// Every form of the text with another dash where a hyphen or slash begins a word.
    ///
    /// - Returns: Every combination; nil when more than `RuleSourceLimit.dashCountMax` are to be replaced.
    static func windash(_ text: ValueText) -> [ValueText]? {
        var choices: [[ValueText]] = []
        var dashCount = 0
        for part in text.parts {
            guard case .literal(let bytes) = part else {
                choices.append([ValueText([part])])
                continue
            }
            let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
            var literal = String.UnicodeScalarView()
            for (index, scalar) in scalars.enumerated() {
                let isDash = scalar == "-" || scalar == "/"
                guard isDash, index == 0 || !isWord(scalars[index - 1]), index + 1 < scalars.count,
                    isWord(scalars[index + 1])
                else {
                    literal.append(scalar)
                    continue
                }
                dashCount += 1
                choices.append([ValueText(literal: Array(String(literal).utf8))])
                choices.append(dashes.map { ValueText(literal: $0) })
                literal = String.UnicodeScalarView()
            }
            choices.append([ValueText(literal: Array(String(literal).utf8))])
        }
        return dashCount <= RuleSourceLimit.dashCountMax ? combinations(choices) : nil
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return (48...57).contains(scalar.value) || (65...90).contains(scalar.value)
                || (97...122).contains(scalar.value) || scalar == "_"
        }
        return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    private static func combinations(_ choices: [[ValueText]]) -> [ValueText]? {
        var texts = [ValueText([])]
        for choice in choices {
            texts = texts.flatMap { text in choice.map { ValueText(text.parts + $0.parts) } }
            guard texts.count <= RuleSourceLimit.variantCountMax else { return nil }
        }
        return texts
    }
}

/// The encodings of values (Sigma appendix "Modifiers" 2.1.0, "Encoding").
enum ValueEncoding: Equatable {
    /// `wide` and `utf16le`: two bytes a unit, the lower first.
    case utf16LittleEndian
    case utf16BigEndian
    /// With the byte order mark before it.
    case utf16
    case base64
    /// What three ways to fall into the groups of three bytes have for certain in Base64.
    case base64Offset

    var isBase64: Bool { self == .base64 || self == .base64Offset }

    /// The text in UTF-16, each literal for itself. Wildcards stay, which Base64 does not take.
    ///
    /// - Parameter isInBase64: Whether the bytes go into Base64. Otherwise an event has them as characters, and the byte
    ///   order mark as the character U+FEFF.
    func encode(_ text: ValueText, isInBase64: Bool) -> ValueText {
        let bytes: [UInt8] = isInBase64 ? [0xFF, 0xFE] : [0xEF, 0xBB, 0xBF]
        let mark: [ValueText.Part] = self == .utf16 ? [.literal(bytes)] : []
        return ValueText(
            mark
                + text.parts.map { part in
                    guard case .literal(let bytes) = part else { return part }
                    let units = Array(String(decoding: bytes, as: UTF8.self).utf16)
                    return .literal(
                        units.flatMap { unit in
                            let (low, high) = (UInt8(truncatingIfNeeded: unit), UInt8(truncatingIfNeeded: unit >> 8))
                            return self == .utf16BigEndian ? [high, low] : [low, high]
                        })
                })
    }

    /// Base64 of the bytes, in all the forms that the encoding gives.
    func variants(_ bytes: [UInt8]) -> [[UInt8]] {
        guard self == .base64Offset else { return [Self.base64(bytes)] }
        return (0..<3).map { shift in
            let encoded = Self.base64([UInt8](repeating: 0x20, count: shift) + bytes)
            // Characters that hold bits of what stands before, and of what comes after.
            let start = [0, 2, 3][shift]
            let tail = [0, 3, 2][(bytes.count + shift) % 3]
            return Array(encoded.dropFirst(start).dropLast(tail))
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// RFC 4648 clause 4.
    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        var encoded: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let index = Int(bits >> UInt32(18 - 6 * place) & 63)
                encoded.append(place <= group.count ? alphabet[index] : UInt8(ascii: "="))
            }
        }
        return encoded
    }
}
