/// What is looked at before the YAML parser is: bytes that are no text, tabs, control characters, and depth.
enum SourceScan {
    /// The text of a file's bytes, without the mark that some editors put before it.
    static func text(of bytes: [UInt8]) throws(Problems) -> String {
        guard bytes.count <= PolicyFileLimit.fileBytesMax else {
            throw Problems(
                .unreadable,
                Problem(
                    mark: .start, found: "\(bytes.count) bytes",
                    allowed: "at most \(PolicyFileLimit.fileBytesMax) bytes",
                    reason: "a policy is a page or two", nextStep: "check that this is the file you mean"))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Problems(
                .unreadable,
                Problem(
                    mark: markOfInvalid(bytes), found: "a byte that is no UTF-8", allowed: "UTF-8 text",
                    nextStep: "save the file as UTF-8"))
        }
        return text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    }

    /// Where the first byte is that belongs to no character.
    private static func markOfInvalid(_ bytes: [UInt8]) -> SourceMark {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var mark = SourceMark.start
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { mark.pass(scalar) }
        return mark
    }

    /// Every tab that indents, every line end that editors do not count, and every character that YAML has not; at most
    /// ``PolicyFileLimit/problemCountMax``.
    static func characterProblems(in text: String) -> [Problem] {
        var found: [Problem] = []
        var mark = SourceMark.start
        var isIndentation = true
        var previous: (scalar: Unicode.Scalar, mark: SourceMark) = ("\n", mark)
        for scalar in text.unicodeScalars {
            if previous.scalar == "\r", scalar != "\n" { found.append(lineEnd(previous.scalar, at: previous.mark)) }
            if scalar == "\t", isIndentation {
                found.append(
                    Problem(
                        mark: mark, found: "a tab", allowed: "spaces",
                        reason: "YAML does not count tabs as indentation",
                        nextStep: "write two spaces for each level"))
            } else if ["\u{85}", "\u{2028}", "\u{2029}"].contains(scalar) {
                found.append(lineEnd(scalar, at: mark))
            } else if !isPrintable(scalar) {
                found.append(
                    Problem(
                        mark: mark, found: "the control character \(code(of: scalar))", allowed: "text",
                        nextStep: "remove it"))
            }
            previous = (scalar, mark)
            isIndentation = scalar == "\n" || isIndentation && scalar == " "
            mark.pass(scalar)
            if found.count >= PolicyFileLimit.problemCountMax { break }
        }
        return found
    }

    /// YAML ends a line here, editors and this reader do not: the places of problems would differ.
    private static func lineEnd(_ scalar: Unicode.Scalar, at mark: SourceMark) -> Problem {
        Problem(
            mark: mark, found: "the line end \(code(of: scalar))", allowed: "line feeds",
            nextStep: "save the file with the line ends of Unix or Windows")
    }

    private static func code(of scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+\(String(repeating: "0", count: max(0, 4 - digits.utf8.count)))\(digits)"
    }

    /// The characters of YAML 1.2.2 clause 5.1.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
            true
        default: false
        }
    }

    /// Refuses a text with so many aliases that a few lines might stand for billions of values (the parser follows them
    /// where it compares keys). Counts too much rather than too little; lines that are comments are left out.
    static func checkAliases(_ text: String) throws(Problems) {
        var (count, line) = (0, 1)
        var isComment = false
        var isAtStart = true
        var previous: UInt8 = UInt8(ascii: "\n")
        for byte in text.utf8 {
            if isAtStart, byte != UInt8(ascii: " ") {
                isComment = byte == UInt8(ascii: "#")
                isAtStart = false
            }
            let isWord = byte > 0x20 && ![UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "*")].contains(byte)
            if previous == UInt8(ascii: "*"), isWord, !isComment { count += 1 }
            if byte == UInt8(ascii: "\n") { (line, isAtStart) = (line + 1, true) }
            previous = byte
            guard count <= PolicyFileLimit.aliasCountMax else {
                throw Problems(
                    .unreadable,
                    Problem(
                        mark: SourceMark(line: line, column: 1),
                        found: "more than \(PolicyFileLimit.aliasCountMax) aliases", allowed: "plain values",
                        nextStep: "write each value where it belongs"))
            }
        }
    }

    /// Refuses what might nest deeper than the parser, which calls itself for each level, should go. Counts too much
    /// rather than too little: brackets in texts and comments count as well.
    static func checkDepth(_ text: String) throws(Problems) {
        var (open, indentation, markers, line) = (0, 0, 0, 1)
        var isAtStart = true
        // The last two bytes; a line begins as after a space.
        var (before, previous) = (UInt8(ascii: " "), UInt8(ascii: " "))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"): (indentation, markers, line, isAtStart) = (0, 0, line + 1, true)
            case UInt8(ascii: "["), UInt8(ascii: "{"): (open, isAtStart) = (open + 1, false)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): (open, isAtStart) = (max(0, open - 1), false)
            case UInt8(ascii: " ") where isAtStart: indentation += 1
            // `- ` and `? ` begin a level, and so does `: ` that belongs to no key before it.
            case UInt8(ascii: " ") where [UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":")].contains(previous):
                if before == UInt8(ascii: " ") { markers += 1 }
            case UInt8(ascii: " "): break
            default: isAtStart = false
            }
            (before, previous) = (previous, byte == UInt8(ascii: "\n") ? UInt8(ascii: " ") : byte)
            guard open + indentation + markers <= PolicyFileLimit.depthMax else {
                throw Problems(
                    .unreadable,
                    Problem(
                        mark: SourceMark(line: line, column: 1),
                        found: "more than \(PolicyFileLimit.depthMax) levels or columns of indentation",
                        allowed: "the few levels that a policy has", nextStep: "close the brackets, or indent less"))
            }
        }
    }
}

/// Why a text was not read, before it is known of which file.
struct Problems: Error {
    var code: PolicyDocumentError.Code
    var list: [Problem]

    init(_ code: PolicyDocumentError.Code, _ problems: Problem...) {
        self.code = code
        list = problems
    }

    init(_ code: PolicyDocumentError.Code, list: [Problem]) {
        self.code = code
        self.list = list
    }
}
