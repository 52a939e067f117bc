package import DetectionEngine

/// The submodifiers of `|re` (Sigma appendix "Modifiers", 2.1.0), which an expression can also set itself.
package struct RegexFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `i`: case does not count.
    package static let ignoreCase = RegexFlags(rawValue: 1)
    /// `m`: `^` and `$` hold at every line.
    package static let multiline = RegexFlags(rawValue: 2)
    /// `s`: `.` takes a newline too.
    package static let dotAll = RegexFlags(rawValue: 4)
}

/// The regular expressions of Sigma's `|re`: what PCRE and Python's `re` have in common, without what needs more than
/// linear time. Where they differ, Python's `re` on text decides, except that
///
/// - `(?i)` may stand anywhere, `\x{...}`, `\e`, `\z` and `[[:alpha:]]` are taken, and a hyphen beside `\w` in a class
///   is a hyphen: there PCRE decides,
/// - without case, an ASCII letter is equal to its other case alone, as everywhere in a rule. Elsewhere `k` may equal
///   the Kelvin sign (PCRE2 names this choice `PCRE2_EXTRA_CASELESS_RESTRICT`).
package enum RegexSyntax {
    /// Compiles an expression.
    package static func program(of pattern: String, flags: RegexFlags) throws(RegexSyntaxError) -> RegexProgram {
        var writer = RegexWriter()
        return try writer.program(of: try RegexParser.parse(pattern, flags).withoutOpenEnds)
    }

    /// Byte strings in ASCII lower case, of which every text that matches contains at least one when ASCII case does
    /// not count: the set whose shortest member is longest.
    ///
    /// - Returns: 1 to `RegexSyntaxLimit.literalCountMax` members of at least `RegexSyntaxLimit.literalBytesMin` bytes;
    ///   nil when there is no such set, or when the expression is refused.
    package static func requiredLiterals(of pattern: String, flags: RegexFlags) -> [[UInt8]]? {
        guard let node = try? RegexParser.parse(pattern, flags) else { return nil }
        return RegexLiterals(of: node).chosen
    }

    /// As `requiredLiterals`, but several such sets, of which each has a member in every text that matches: those of
    /// the parts that follow each other in the expression, at most `RegexSyntaxLimit.literalSetCountMax`, the longest
    /// first. Empty when there are none.
    package static func requiredSets(of pattern: String, flags: RegexFlags) -> [[[UInt8]]] {
        guard let node = try? RegexParser.parse(pattern, flags) else { return [] }
        return RegexLiterals.sets(of: node)
    }
}
