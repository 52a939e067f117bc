import DetectionEngine
import RuleCompiler

/// Short ways to run a regular expression and to make one up.
enum RegexFixture {
    /// Whether a part of the text matches.
    static func matches(_ pattern: String, _ text: String, _ flags: RegexFlags = []) throws -> Bool {
        matches(try RegexSyntax.program(of: pattern, flags: flags), Array(text.utf8))
    }

    static func matches(_ program: RegexProgram, _ text: [UInt8]) -> Bool {
        var search = RegexSearch()
        var steps: UInt64 = 0
        return search.matches(text.span, program.words.span, steps: &steps)
    }

    /// What the expression is refused for; nil when it is taken.
    static func refusal(_ pattern: String) -> RegexSyntaxError? {
        do {
            _ = try RegexSyntax.program(of: pattern, flags: [])
            return nil
        } catch {
            return error
        }
    }

    static func flags(_ letters: some StringProtocol) -> RegexFlags {
        var flags: RegexFlags = []
        if letters.contains("i") { flags.insert(.ignoreCase) }
        if letters.contains("m") { flags.insert(.multiline) }
        if letters.contains("s") { flags.insert(.dotAll) }
        return flags
    }

    private static let atoms = [
        "a", "b", "ab", "abc", "K", "s", "é", "Д", "\u{FFFD}", ".", "\\w", "\\W", "\\d", "\\s", "[ab]", "[^a]", "[a-d]",
        "[é1]", "12", "\\n", "_", "\\.", "(?i:abc)", "(?i:k)", "(?i:é)", "\\b", "^", "$",
    ]

    /// An expression of at most `depth` levels.
    static func pattern(_ random: inout SplitMix64, depth: Int) -> String {
        let quantifiers = ["*", "+", "?", "{2}", "{1,2}", "{0,2}", "{2,}", "+?"]
        switch depth == 0 ? 0 : Int.random(in: 0..<10, using: &random) {
        case 0, 1: return random.element(of: atoms)
        case 2...5:
            return (0..<Int.random(in: 1..<5, using: &random)).map { _ in pattern(&random, depth: depth - 1) }.joined()
        case 6, 7:
            return "(?:" + pattern(&random, depth: depth - 1) + "|" + pattern(&random, depth: depth - 1) + ")"
        default: return "(?:" + pattern(&random, depth: depth - 1) + ")" + random.element(of: quantifiers)
        }
    }

    /// A text of pieces that the atoms are about, a few of them no UTF-8.
    static func text(_ random: inout SplitMix64) -> [UInt8] {
        let pieces: [[UInt8]] =
            ["a", "b", "ab", "abc", "ABC", "K", "k", "s", "é", "É", "Д", "1", "12", " ", "\n", "_", ".", "\u{212A}"]
            .map { Array($0.utf8) } + [[0xFF], [0xC3], [0xEF, 0xBF, 0xBD]]
        return (0..<Int.random(in: 0..<10, using: &random)).flatMap { _ in random.element(of: pieces) }
    }
}
