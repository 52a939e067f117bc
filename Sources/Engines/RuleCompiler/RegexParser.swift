import DetectionEngine

/// Reads a regular expression:
///
///     choice   = sequence *("|" sequence)
///     sequence = *(atom [quantifier])
///     atom     = "(" ... ")" / "[" ... "]" / "." / "^" / "$" / "\" ... / any other sign
///
/// Each method begins at its first sign and ends after its last one.
struct RegexParser {
    let signs: [Unicode.Scalar]
    var position = 0
    /// The flags that hold here.
    var flags: RegexFlags
    private var depth = 0

    static func parse(_ pattern: String, _ flags: RegexFlags) throws(RegexSyntaxError) -> RegexNode {
        guard pattern.utf8.count <= RegexSyntaxLimit.patternBytesMax else {
            throw RegexSyntaxError(
                .oversized, subject: "expression",
                message: "\(pattern.utf8.count) bytes, where \(RegexSyntaxLimit.patternBytesMax) are allowed; split it")
        }
        var parser = RegexParser(signs: Array(pattern.unicodeScalars), flags: flags)
        let node = try parser.readChoice()
        guard parser.position == parser.signs.count else {
            throw parser.invalid("closing parenthesis", "no group is open here; escape it as \\) or remove it")
        }
        return node
    }

    private init(signs: [Unicode.Scalar], flags: RegexFlags) {
        self.signs = signs
        self.flags = flags
    }

    /// The sign here; nil at the end.
    var sign: Unicode.Scalar? { position < signs.count ? signs[position] : nil }

    /// Goes on after `text` when it stands here.
    mutating func take(_ text: String) -> Bool {
        guard signs[position...].starts(with: text.unicodeScalars) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    /// Complexity: O(expression), and as deep on the stack as groups are.
    mutating func readChoice() throws(RegexSyntaxError) -> RegexNode {
        guard depth <= RegexSyntaxLimit.groupDepthMax else {
            throw problem(
                .oversized, "group", "more than \(RegexSyntaxLimit.groupDepthMax) are in each other; use fewer")
        }
        depth += 1
        defer { depth -= 1 }
        var branches = [try readSequence()]
        while take("|") { branches.append(try readSequence()) }
        return RegexNode.chosen(of: branches)
    }

    private mutating func readSequence() throws(RegexSyntaxError) -> RegexNode {
        var parts: [RegexNode] = []
        while let sign, sign != "|", sign != ")" {
            let isGroup = sign == "("
            let atom = try readAtom()
            if let repeated = try readQuantifier(of: atom, isGroup: isGroup) {
                parts.append(repeated)
            } else if let atom, atom != .empty {
                parts.append(atom)
            }
        }
        return RegexNode.joined(parts)
    }

    /// Nil for what is no part of the expression: flags and comments.
    private mutating func readAtom() throws(RegexSyntaxError) -> RegexNode? {
        guard let sign else { return nil }
        switch sign {
        case "(": return try readGroup()
        case "[": return .one(of: try readClass())
        case "\\": return try readEscape()
        case "*", "+", "?": return nil
        case "{": if isQuantifier(at: position) { return nil }
        case ".":
            position += 1
            return flags.contains(.dotAll) ? .any : .anyButNewline
        case "^":
            position += 1
            return .assert(flags.contains(.multiline) ? .lineStart : .textStart)
        case "$":
            position += 1
            return .assert(flags.contains(.multiline) ? .lineEnd : .lastLineEnd)
        default: break
        }
        position += 1
        return literal(sign)
    }

    /// A sign that stands for itself, and for its other cases where case does not count.
    func literal(_ scalar: Unicode.Scalar) -> RegexNode {
        let set = RegexClass([scalar.value...scalar.value])
        return .one(of: flags.contains(.ignoreCase) ? RegexCharacters.ignoringCase(set) : set)
    }

    // MARK: Quantifiers

    private func isQuantifier(at start: Int) -> Bool {
        var copy = self
        copy.position = start
        return copy.takeBounds() != nil
    }

    /// Takes `*`, `+`, `?`, `{m}`, `{m,}`, `{,n}`, `{m,n}` or `{,}`; a brace in any other form is a brace. Numbers are
    /// cut at one above what is allowed.
    private mutating func takeBounds() -> (least: Int, most: Int?)? {
        let start = position
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard take("{"), sign != "}" else {
            position = start
            return nil
        }
        let least = takeNumber()
        let most = take(",") ? takeNumber() : least
        guard take("}") else {
            position = start
            return nil
        }
        return (least ?? 0, most)
    }

    private mutating func takeNumber() -> Int? {
        var number: Int?
        while let sign, ("0"..."9").contains(sign) {
            number = min((number ?? 0) * 10 + Int(sign.value - 48), RegexSyntaxLimit.repeatCountMax + 1)
            position += 1
        }
        return number
    }

    /// The atom, repeated as the quantifier here says; nil when there is none.
    private mutating func readQuantifier(
        of atom: RegexNode?, isGroup: Bool
    ) throws(RegexSyntaxError) -> RegexNode? {
        let start = position
        guard let (least, most) = takeBounds() else { return nil }
        func problem(_ code: RegexSyntaxError.Code, _ name: String, _ message: String) -> RegexSyntaxError {
            self.problem(code, name, message, at: start)
        }
        guard let atom, isGroup || !atom.isPlace else {
            throw problem(.invalid, "quantifier", "there is nothing before it to repeat; escape it or remove it")
        }
        guard max(least, most ?? 0) <= RegexSyntaxLimit.repeatCountMax else {
            throw problem(
                .oversized, "quantifier", "numbers up to \(RegexSyntaxLimit.repeatCountMax) are allowed; lower it")
        }
        guard most.map({ least <= $0 }) ?? true else {
            throw problem(.invalid, "quantifier", "the lower number comes first; exchange them")
        }
        if take("+") {
            throw problem(
                .unsupported, "possessive quantifier",
                "it keeps what a plain one gives back; remove the + after it and say in the expression what may follow")
        }
        // Whether the shortest or the longest match is tried first does not count for whether there is one.
        _ = take("?")
        let next = position
        guard takeBounds() == nil else {
            throw self.problem(
                .invalid, "quantifier", "it follows another one; put the repeated part into (?:...)", at: next)
        }
        return .repeated(atom, least: least, most: most)
    }

    // MARK: Problems

    /// - Parameter place: Index of the sign that is meant; the one here when nil.
    func problem(
        _ code: RegexSyntaxError.Code, _ name: String, _ message: String, at place: Int? = nil
    ) -> RegexSyntaxError {
        RegexSyntaxError(code, subject: "\(name) at character \((place ?? position) + 1)", message: message)
    }

    func invalid(_ name: String, _ message: String, at place: Int? = nil) -> RegexSyntaxError {
        problem(.invalid, name, message, at: place)
    }

    func unsupported(_ name: String, _ message: String, at place: Int? = nil) -> RegexSyntaxError {
        problem(.unsupported, name, "it is not supported; " + message, at: place)
    }
}
