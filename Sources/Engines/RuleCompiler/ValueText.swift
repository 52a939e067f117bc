import DetectionEngine

/// A text of a rule with its wildcards, as Sigma reads it.
struct ValueText: Equatable {
    enum Part: Equatable {
        /// Never empty, and never next to another literal.
        case literal([UInt8])
        /// `?`
        case one
        /// `*`, never next to another.
        case anyRun
    }

    private(set) var parts: [Part] = []

    /// Reads `*`, `?` and backslashes: `\*` and `\?` are the signs themselves, `\\` is one backslash, and a backslash
    /// before anything else is itself (Sigma specification 2.1.0, "Escaping").
    init(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.contains(where: { $0 == 0x2A || $0 == 0x3F || $0 == 0x5C }) else {
            append(bytes)
            return
        }
        var literal: [UInt8] = []
        var isEscaped = false
        for byte in bytes {
            let isWildcard = byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?")
            if isEscaped {
                if !isWildcard, byte != UInt8(ascii: "\\") { literal.append(UInt8(ascii: "\\")) }
                literal.append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if isWildcard {
                append(literal)
                literal = []
                append(byte == UInt8(ascii: "*") ? .anyRun : .one)
            } else {
                literal.append(byte)
            }
        }
        if isEscaped { literal.append(UInt8(ascii: "\\")) }
        append(literal)
    }

    /// The bytes themselves: nothing in them is a wildcard.
    init(literal bytes: [UInt8]) { append(bytes) }

    init(_ parts: [Part]) {
        for part in parts { append(part) }
    }

    var hasWildcard: Bool { parts.contains { $0 == .one || $0 == .anyRun } }

    /// The bytes of a text without wildcards; of one that has some, without them.
    var bytes: [UInt8] {
        parts.flatMap { part -> [UInt8] in
            if case .literal(let bytes) = part { bytes } else { [] }
        }
    }

    private mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        if case .literal(let before) = parts.last {
            parts[parts.count - 1] = .literal(before + bytes)
        } else {
            parts.append(.literal(bytes))
        }
    }

    mutating func append(_ part: Part) {
        switch part {
        case .literal(let bytes): append(bytes)
        case .anyRun where parts.last == .anyRun: break
        case .one, .anyRun: parts.append(part)
        }
    }

    /// The text with `*` where the placement leaves it open.
    func placed(isOpenAtStart: Bool, isOpenAtEnd: Bool) -> ValueText {
        ValueText((isOpenAtStart ? [.anyRun] : []) + parts + (isOpenAtEnd ? [.anyRun] : []))
    }

    /// The cheapest question that says the same.
    ///
    /// A pattern, and a text whose case counts, is dear to look for. A literal that it cannot do without is asked for
    /// first, in either case: hardly any event has it, and then nothing more is asked.
    func expression(of field: FieldReference, isCased: Bool) -> RuleExpression {
        let isOpenAtStart = parts.first == .anyRun
        let isOpenAtEnd = parts.count > 1 && parts.last == .anyRun
        let inner = parts.dropFirst(isOpenAtStart ? 1 : 0).dropLast(isOpenAtEnd ? 1 : 0)
        guard inner.count <= 1, inner.first != .one else { return pattern(of: field, isCased: isCased) }
        var literal: [UInt8] = []
        if case .literal(let bytes) = inner.first { literal = bytes }
        func test(isCased: Bool) -> RuleExpression {
            let needle = isCased ? literal : TextFold.folded(literal)
            let test: Predicate.Test =
                switch (isOpenAtStart, isOpenAtEnd) {
                case (false, false): .equals(needle)
                case (true, true): .contains(needle)
                case (false, true): .startsWith(needle)
                // `*` alone is every text.
                case (true, false): needle.isEmpty ? .contains([]) : .endsWith(needle)
                }
            return .test(Predicate(field, test, isCased: isCased))
        }
        guard isCased else { return test(isCased: false) }
        // Without letters there is no case to look at twice.
        if TextFold.folded(literal) == literal, !Self.hasLetter(literal) { return test(isCased: false) }
        return .all([test(isCased: false), test(isCased: true)])
    }

    private func pattern(of field: FieldReference, isCased: Bool) -> RuleExpression {
        var elements: [Predicate.PatternElement] = []
        var longest: [UInt8] = []
        for part in parts {
            switch part {
            case .one: elements.append(.one)
            case .anyRun: elements.append(.anyRun)
            case .literal(let bytes):
                let folded = TextFold.folded(bytes)
                if folded.count > longest.count { longest = folded }
                elements += (isCased ? bytes : folded).map { .byte($0) }
            }
        }
        let test = RuleExpression.test(Predicate(field, .pattern(elements), isCased: isCased))
        guard longest.count >= Self.literalBytesMin else { return test }
        return .all([.test(Predicate(field, .contains(longest))), test])
    }

    /// Bytes below which a literal is in too many texts to tell anything.
    private static let literalBytesMin = 2

    private static func hasLetter(_ bytes: [UInt8]) -> Bool {
        bytes.contains { (97...122).contains($0) || (65...90).contains($0) || $0 >= 0x80 }
    }
}
