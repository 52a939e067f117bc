import DetectionEngine
import RuleCompiler
import Testing

@Suite("Regular expression syntax")
struct RegexSyntaxTests {
    static let refused: [(pattern: String, name: String)] = [
        ("a(?=b)", "look-ahead"), ("a(?!b)", "negative look-ahead"), ("(?<=a)b", "look-behind"),
        ("(?<!a)b", "negative look-behind"), ("(a)\\1", "back-reference"), ("(?P<n>a)(?P=n)", "back-reference"),
        ("(a)\\k<n>", "back-reference"), ("(a)\\g{1}", "back-reference"), ("(?R)", "recursion"),
        ("(a)(?1)", "recursion"), ("(?&n)", "recursion"), ("(?P>n)", "recursion"), ("(?(1)a|b)", "conditional"),
        ("(?>a)", "atomic group"),
        ("(?|a|b)", "branch reset group"), ("a*+", "possessive quantifier"), ("a++", "possessive quantifier"),
        ("a?+", "possessive quantifier"), ("a{2}+", "possessive quantifier"), ("\\p{L}", "Unicode property"),
        ("[\\P{L}]", "Unicode property"), ("(?x)a b", "flag x"), ("(?L)a", "flag L"), ("(*ACCEPT)", "verb"),
        ("(*sr:a)", "verb"),
        ("\\Qa\\E", "quotation \\Q"), ("\\K", "escape \\K"), ("\\R", "escape \\R"), ("\\h", "escape \\h"),
        ("\\y", "escape \\y"), ("[[.a.]]", "collating element"), ("[\\A]", "escape \\A"), ("\\N{DASH}", "escape \\N"),
    ]

    @Test("a construct that is not supported is refused by name, with what to do", arguments: refused)
    func refusals(pattern: String, name: String) {
        let refusal = RegexFixture.refusal(pattern)
        #expect(refusal?.code == .unsupported)
        #expect(refusal?.subject.hasPrefix("\(name) at character ") == true, "\(String(describing: refusal))")
        #expect(refusal?.message.contains(";") == true)
    }

    @Test(
        "a text that is no expression is refused",
        arguments: [
            "(", ")", "(a", "a)", "(?", "(?i", "(?P<", "(?P<>a)", "(?P<1>a)", "(?<n", "(?'n>a)", "(?@a)", "[", "[a",
            "[]",
            "[^]", "[z-a]", "[[:nothing:]]", "*", "+a", "a|*", "(*)", "{2}", "^*", "\\b+", "$?", "a**", "a{2}{3}",
            "a??*",
            "a{3,2}", "\\", "[\\", "\\x", "\\x4", "\\xg0", "\\x{}", "\\x{41", "\\x{110000}", "\\x{d800}", "\\u004",
            "\\ud800", "\\U00110000", "\\400", "[\\8]", "(?i)*",
        ])
    func invalid(pattern: String) {
        let refusal = RegexFixture.refusal(pattern)
        #expect(refusal?.code == .invalid, "\(pattern): \(String(describing: refusal))")
        #expect(refusal?.subject.contains(" at character ") == true)
    }

    @Test("an expression above a bound is refused, and one at it is taken")
    func bounds() throws {
        let code = RegexSyntaxError.Code.oversized
        #expect(RegexFixture.refusal("a{2001}")?.code == code && RegexFixture.refusal("a{0,2000}") == nil)
        #expect(RegexFixture.refusal("a{99999999999999999999}")?.code == code)
        #expect(RegexFixture.refusal("(?:a{1000}){1000}")?.code == code)
        #expect(RegexFixture.refusal("(?:(?:(?:(?:a{99}){99}){99}){99}){99}")?.code == code)
        let open = { (count: Int) in String(repeating: "(", count: count) + String(repeating: ")", count: count) }
        #expect(RegexFixture.refusal(open(65))?.code == code && RegexFixture.refusal(open(64)) == nil)
        #expect(RegexFixture.refusal(String(repeating: "a", count: 4_097))?.code == code)
        #expect(RegexFixture.refusal(String(repeating: "[^a]", count: 1_024)) == nil)
        #expect(
            RegexFixture.refusal((0..<257).map { "[a\\x{\(String(0x4E00 + $0, radix: 16))}]" }.joined())?.code == code)
        #expect(try RegexSyntax.program(of: "\\w{1000}", flags: []).instructionCount == 1_001)
    }

    @Test("repeats of what takes nothing end at once")
    func emptyRepeats() throws {
        var pattern = "(?:)"
        for _ in 0..<20 { pattern = "(?:\(pattern)){2000}" }
        #expect(try RegexFixture.matches(pattern, ""))
        #expect(try RegexFixture.matches("(?:(?:a*)*)*b", "aab"))
        #expect(try RegexFixture.matches("(?:|(?:)+)*b", "b"))
    }

    @Test("ends that may go on for ever cost nothing")
    func openEnds() throws {
        func count(_ pattern: String) throws -> Int {
            try RegexSyntax.program(of: pattern, flags: []).instructionCount
        }
        #expect(try count(".*ab.*") == 3 && count("a+b{2,9}") == 4 && count("(?:x?|.*)(?:ab){1,}\\w*") == 3)
        #expect(try count(".*") == 1 && count("(?:ab*)+") == 2 && count("a*b*^c") == 3)
    }

    @Test("the words after a backslash have the classes of Python's re on text")
    func namedClasses() throws {
        for (text, isDigit, isWord, isSpace) in [
            ("5", true, true, false), ("٣", true, true, false), ("a", false, true, false), ("é", false, true, false),
            ("Ж", false, true, false), ("ω", false, true, false), ("中", false, true, false), ("_", false, true, false),
            ("²", false, true, false), ("Ⅷ", false, true, false), ("\u{301}", false, false, false),
            (" ", false, false, true), ("\u{A0}", false, false, true), ("\u{1C}", false, false, true),
            ("\u{85}", false, false, true), ("\u{200B}", false, false, false), ("-", false, false, false),
        ] {
            for (name, holds) in [("d", isDigit), ("w", isWord), ("s", isSpace)] {
                #expect(try RegexFixture.matches("\\\(name)", text) == holds, "\\\(name) on \(text)")
                #expect(try RegexFixture.matches("\\\(name.uppercased())", text) != holds, "\\\(name) on \(text)")
                #expect(try RegexFixture.matches("[^\\\(name)]", text) != holds, "\\\(name) on \(text)")
            }
        }
    }

    @Test("a POSIX class is one inside a class, and ASCII alone")
    func posixClasses() throws {
        #expect(try RegexFixture.matches("^[[:alpha:]_]+$", "aZ_"))
        #expect(try !RegexFixture.matches("[[:alpha:]]", "é1"))
        #expect(try RegexFixture.matches("[[:^digit:]]", "é") && !RegexFixture.matches("[[:^digit:]]", "1"))
        #expect(try RegexFixture.matches("^[[:xdigit:][:space:]]+$", "aF0 \t"))
        #expect(try RegexFixture.matches("[[:upper:]]", "a", .ignoreCase))
        #expect(try RegexFixture.matches("[:alpha:]", ":") && !RegexFixture.matches("[:alpha:]", "b"))
        #expect(try RegexFixture.matches("^[[a]+$", "[a"))
    }

    @Test("without case, ASCII letters have their other case alone, and others their simple mappings")
    func ignoringCase() throws {
        for (pattern, text, isMatch) in [
            ("k", "K", true), ("k", "\u{212A}", false), ("s", "ſ", false), ("i", "ı", false), ("I", "İ", false),
            ("é", "É", true), ("Д", "д", true), ("σ", "Σ", true), ("σ", "ς", true), ("ß", "ẞ", true),
            ("ß", "ss", false), ("ſ", "s", false), ("[ÿ-ſ]", "S", false), ("\u{212A}", "k", false),
            ("[à-ö]", "Ö", true), ("[^à-ö]", "Ö", false), ("[a-z]", "Q", true), ("[^a-z]", "Q", false),
            ("[a-z]", "\u{212A}", false), ("\\x41", "a", true), ("\\W", "\u{345}", true), ("[\\W]", "ι", false),
            ("a(?-i:b)", "AB", false), ("a(?-i:b)c", "AbC", true),
        ] {
            #expect(try RegexFixture.matches(pattern, text, .ignoreCase) == isMatch, "\(pattern) on \(text)")
        }
        #expect(try !RegexFixture.matches("é", "É"))
    }

    @Test("flags hold from where they stand to the end of the group around them")
    func flags() throws {
        #expect(try RegexFixture.matches("a(?i)b", "aB") && !RegexFixture.matches("a(?i)b", "AB"))
        #expect(try RegexFixture.matches("(?:(?i)a|b)c", "Bc") && !RegexFixture.matches("(?:(?i)a|b)c", "BC"))
        #expect(
            try RegexFixture.matches("(?is)A.B", "a\nb") && !RegexFixture.matches("(?s-i:a.b)", "A\nb", .ignoreCase))
        #expect(try RegexFixture.matches("^b$", "a\nb\nc", .multiline) && !RegexFixture.matches("^b$", "a\nb\nc"))
        #expect(try RegexFixture.matches("a.b", "a\nb", .dotAll) && !RegexFixture.matches("a.b", "a\nb"))
    }

    @Test("what PCRE alone has is taken where a row says so")
    func pcre() throws {
        #expect(try RegexFixture.matches("\\x{1F525}\\e", "\u{1F525}\u{1B}"))
        #expect(try RegexFixture.matches("a\\z", "a") && !RegexFixture.matches("a\\z", "a\n"))
        #expect(try RegexFixture.matches("^[\\w-.]+$", "a-.") && RegexFixture.matches("^[a-\\d]+$", "a-5"))
        #expect(try RegexFixture.matches("(?<n>a)(?'m'b)", "ab"))
        #expect(try RegexFixture.matches("\\B", ""))
    }

    @Test("whatever text is given as an expression is compiled or refused")
    func anyText() {
        var random = SplitMix64(seed: 0x5EED_4003)
        let pieces = [
            "a", "b", "é", "(", ")", "(?:", "(?i)", "(?P<n>", "[", "]", "[^", "-", "\\", "\\w", "\\x", "{", "}", "{2}",
            ",",
            "1", "*", "+", "?", "|", "^", "$", ".", "[:alpha:]", "(?", "\\b", "\n", "(?-", ":", "\\u00", "\\0", "{,3}",
        ]
        var (compiled, refused) = (0, 0)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<12, using: &random)
            let pattern = (0..<count).map { _ in random.element(of: pieces) }.joined()
            if RegexFixture.refusal(pattern) == nil { compiled += 1 } else { refused += 1 }
        }
        #expect(compiled > 2_000 && refused > 2_000, "\(compiled) compiled, \(refused) refused")
    }
}
