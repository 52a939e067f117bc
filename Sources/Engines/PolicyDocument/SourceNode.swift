/// A place in a text. Both are counted from 1, columns in Unicode scalars.
struct SourceMark: Hashable, Comparable {
    var line: Int
    var column: Int

    static let start = SourceMark(line: 1, column: 1)

    /// Goes past a character.
    mutating func pass(_ scalar: Unicode.Scalar) {
        if scalar == "\n" {
            (line, column) = (line + 1, 1)
        } else {
            column += 1
        }
    }

    static func < (left: SourceMark, right: SourceMark) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A value of a YAML document, with the place where it begins.
struct SourceNode: Equatable {
    var mark: SourceMark
    var value: Value

    indirect enum Value: Equatable {
        case scalar(SourceScalar)
        case list([SourceNode])
        /// In the order of the source. No key is there twice.
        case map([Entry])
        /// Something that was refused already: whoever meets it says nothing more.
        case refused
    }

    struct Entry: Equatable {
        var key: String
        /// The place of the key.
        var mark: SourceMark
        var node: SourceNode
    }

    /// What the value is, for messages.
    var words: String {
        switch value {
        case .scalar(let scalar): scalar.words
        case .list: "a list"
        case .map: "a map"
        case .refused: "something else"
        }
    }

    var scalar: SourceScalar? {
        if case .scalar(let scalar) = value { scalar } else { nil }
    }

    var isNull: Bool { scalar.map { $0.isPlain && ["", "~", "null", "Null", "NULL"].contains($0.text) } ?? false }
}

/// A scalar of YAML, as it was written.
struct SourceScalar: Equatable {
    var text: String
    /// Written without quotes, so that YAML gives it a type.
    var isPlain: Bool

    /// Characters of a value that a message repeats.
    static let quotedCountMax = 60

    /// The value as a message repeats it.
    var words: String {
        if isPlain, text.isEmpty { return "nothing" }
        let shown = text.count > Self.quotedCountMax ? text.prefix(Self.quotedCountMax - 1) + "…" : text[...]
        return isPlain ? String(shown) : "\"\(shown)\""
    }

    /// Whether some version of YAML reads the plain scalar as something else than a text: a number, a truth value,
    /// nothing. Such a text is asked for in quotes, so that no other tool reads another policy than this one.
    var isTextOnlyInQuotes: Bool {
        guard isPlain else { return false }
        let words: Set<String> = ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        if words.contains(text.lowercased()) { return true }
        let first = text.utf8.drop { [UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: ".")].contains($0) }.first
        guard let first, (48...57).contains(first) else { return [".inf", ".nan"].contains(text.lowercased()) }
        return text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
                || "+-._:xoXO".utf8.contains(byte)
        }
    }
}
