import DetectionEngine

extension RegexParser {
    /// Reads a group, from `(` to `)`; nil for flags and comments.
    mutating func readGroup() throws(RegexSyntaxError) -> RegexNode? {
        let start = position
        position += 1
        if take("?#") {
            while let sign, sign != ")" { position += 1 }
            try takeClose(of: start)
            return nil
        }
        let outer = flags
        if sign == "*", position + 1 < signs.count, signs[position + 1].properties.isAlphabetic {
            throw unsupported("verb", "it steers how others search; remove it", at: start)
        }
        if take("?") {
            if let refusal = Self.refusedGroups.first(where: { take($0.sign) }) {
                throw unsupported(refusal.name, refusal.advice, at: start)
            }
            if take("P<") || take("<") {
                try takeName(upTo: ">", of: start)
            } else if take("'") {
                try takeName(upTo: "'", of: start)
            } else if !take(":") {
                try takeFlags(of: start)
                // Flags without a colon hold to the end of the group around them.
                if take(")") { return nil }
                position += 1
            }
        }
        let node = try readChoice()
        try takeClose(of: start)
        flags = outer
        return node
    }

    private mutating func takeClose(of start: Int) throws(RegexSyntaxError) {
        guard take(")") else {
            throw invalid("group", "its closing parenthesis is missing; add it, or escape the opening one", at: start)
        }
    }

    private mutating func takeName(upTo end: Unicode.Scalar, of start: Int) throws(RegexSyntaxError) {
        let first = position
        while let sign, sign != end {
            let value = sign.value
            let isLetter = RegexCharacters.wordCharacters.contains(value)
            guard isLetter, position > first || !RegexCharacters.digits.contains(value) else { break }
            position += 1
        }
        guard position > first, sign == end else {
            throw invalid("group", "a name is letters, digits and _, and does not begin with a digit", at: start)
        }
        position += 1
    }

    /// Takes `i`, `m` and `s`, to be set, and after a `-` to be taken away, and ends before `)` or `:`.
    private mutating func takeFlags(of start: Int) throws(RegexSyntaxError) {
        var removes = false
        while let sign, sign != ")", sign != ":" {
            let flag: RegexFlags
            switch sign {
            case "i": flag = .ignoreCase
            case "m": flag = .multiline
            case "s": flag = .dotAll
            case "-" where !removes:
                removes = true
                position += 1
                continue
            case "u" where !removes:
                position += 1
                continue
            default:
                let isFlag = ("a"..."z").contains(sign) || ("A"..."Z").contains(sign) || sign == "^"
                throw isFlag
                    ? unsupported("flag \(sign)", "there are i, m and s", at: start)
                    : invalid("group", "after (? a flag, a name or a colon must stand", at: start)
            }
            if removes { flags.remove(flag) } else { flags.insert(flag) }
            position += 1
        }
        guard sign != nil else { try takeClose(of: start); return }
    }

    /// What stands after `(?`, longer signs before shorter ones that they begin with.
    private static let refusedGroups: [(sign: String, name: String, advice: String)] = {
        let look = "test what must or must not follow in a selection of its own"
        let behind = "test what must or must not stand before in a selection of its own"
        let back = "write out what must come again"
        let recursion = "write out the levels"
        let same = "write the alternatives as (?:...)"
        return [
            ("=", "look-ahead", look), ("!", "negative look-ahead", look), ("<=", "look-behind", behind),
            ("<!", "negative look-behind", behind), (">", "atomic group", "write it as (?:...)"),
            ("|", "branch reset group", same), ("P=", "back-reference", back), ("P>", "recursion", recursion),
            ("R", "recursion", recursion), ("&", "recursion", recursion), ("+", "recursion", recursion),
            ("(", "conditional", same), ("C", "callout", "remove it"),
        ] + (0...9).flatMap { [("\($0)", "recursion", recursion), ("-\($0)", "recursion", recursion)] }
    }()
}
