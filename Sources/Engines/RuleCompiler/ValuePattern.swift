import DetectionEngine
import FleetModel

/// A text of a rule with its wildcards, as Sigma reads it.
struct ValuePattern: Equatable {
    /// No two `anyRun` are neighbours.
    private(set) var elements: [Predicate.PatternElement] = []

    /// Reads `*`, `?` and backslashes: `\*` and `\?` are the signs themselves, `\\` is one backslash, and a backslash
    /// before anything else is itself (Sigma specification 2.1.0, "Escaping").
    init(_ text: String) {
        var isEscaped = false
        for byte in text.utf8 {
            let isWildcard = byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?")
            if isEscaped {
                if !isWildcard, byte != UInt8(ascii: "\\") { elements.append(.byte(UInt8(ascii: "\\"))) }
                elements.append(.byte(byte))
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if isWildcard {
                append(byte == UInt8(ascii: "*") ? .anyRun : .one)
            } else {
                elements.append(.byte(byte))
            }
        }
        if isEscaped { elements.append(.byte(UInt8(ascii: "\\"))) }
    }

    /// The text itself: nothing in it is a wildcard.
    init(literal text: String) {
        elements = text.utf8.map { .byte($0) }
    }

    private mutating func append(_ element: Predicate.PatternElement) {
        if element == .anyRun, elements.last == .anyRun { return }
        elements.append(element)
    }

    /// The pattern with `*` at its beginning.
    func openAtStart() -> ValuePattern {
        var pattern = self
        if pattern.elements.first != .anyRun { pattern.elements.insert(.anyRun, at: 0) }
        return pattern
    }

    /// The pattern with `*` at its end.
    func openAtEnd() -> ValuePattern {
        var pattern = self
        pattern.append(.anyRun)
        return pattern
    }

    /// The cheapest test that says the same. Needles are put into lower case unless case counts.
    func test(isCased: Bool) -> Predicate.Test {
        let elements = elements.map { element in
            guard !isCased, case .byte(let byte) = element else { return element }
            return .byte(TextFold.folded(byte))
        }
        let isOpenAtStart = elements.first == .anyRun
        let isOpenAtEnd = elements.count > 1 && elements.last == .anyRun
        let inner = elements.dropFirst(isOpenAtStart ? 1 : 0).dropLast(isOpenAtEnd ? 1 : 0)
        var literal: [UInt8] = []
        for element in inner {
            guard case .byte(let byte) = element else { return .pattern(elements) }
            literal.append(byte)
        }
        switch (isOpenAtStart, isOpenAtEnd) {
        case (false, false): return .equals(literal)
        case (true, true): return .contains(literal)
        case (false, true): return .startsWith(literal)
        // `*` alone is every text.
        case (true, false): return literal.isEmpty ? .contains([]) : .endsWith(literal)
        }
    }
}
