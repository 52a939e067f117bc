/// Why a text is no regular expression that the compiler takes.
package struct RegexSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The text is no regular expression at all.
        case invalid = "regex.syntax_invalid"
        /// A construct that others have and Firebreak has not: most need more than linear time.
        case unsupported = "regex.construct_unsupported"
        /// Longer, deeper or more often repeated than `RegexSyntaxLimit` and `RegexLimit` allow.
        case oversized = "regex.oversized"
    }

    package let code: Code
    /// The construct and its place, for example `look-ahead at character 5`, counted from 1.
    package let subject: String
    /// What is wrong, and what to do.
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(subject): \(message)" }
}

/// The bounds of a regular expression's text.
package enum RegexSyntaxLimit {
    /// Bytes of one expression: about ten times the longest public one.
    package static let patternBytesMax = 4 << 10
    /// The largest number of a repeat: twice the largest public one.
    package static let repeatCountMax = 2_000
    /// Groups in each other: what recursion over the expression may take of the stack.
    package static let groupDepthMax = 64
    /// Members of a set of required literals: what a prefilter holds for one expression.
    package static let literalCountMax = 32
    /// Sets of required literals for one expression: each must be looked for.
    package static let literalSetCountMax = 4
    /// Members of a class that are written out in literals, case aside: more make many literals only a byte longer.
    package static let literalClassCountMax = 4
    /// Bytes of the shortest required literal.
    package static let literalBytesMin = 1
    /// Bytes that a required literal need not exceed: longer ones hardly rule out more texts.
    package static let literalBytesMax = 128
}
