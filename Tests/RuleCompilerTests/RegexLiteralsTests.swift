import DetectionEngine
import RuleCompiler
import Testing

@Suite("Required literals")
struct RegexLiteralsTests {
    static func literals(_ pattern: String, _ flags: RegexFlags = []) -> [String]? {
        RegexSyntax.requiredLiterals(of: pattern, flags: flags)?.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("the literals are the set whose shortest member is longest, in lower case")
    func chosen() {
        #expect(Self.literals("Net\\s+user") == ["user"])
        #expect(Self.literals("ab.*cdef?") == ["cde"])
        #expect(Self.literals("(?:zip|asp)\\?d=\\d") == ["asp?d=", "zip?d="])
        #expect(Self.literals("[Rr]un(?:dll|dlg)") == ["rundlg", "rundll"])
        #expect(Self.literals("x(?:ab){3}") == ["xababab"])
        #expect(Self.literals("^C:\\\\Users\\\\[^\\\\]+\\\\NTUSER\\.DAT$", .ignoreCase) == ["\\ntuser.dat"])
        #expect(Self.literals("(?:(?:abc|abd)+x)+") == ["abc", "abd"])
        #expect(Self.literals("été") == ["été"])
        #expect(Self.literals("a.b") == ["a"])
    }

    @Test("of the parts that follow each other, each gives a set, the longest first, and no more than are looked for")
    func sets() {
        func sets(_ pattern: String) -> [[String]] {
            RegexSyntax.requiredSets(of: pattern, flags: []).map { $0.map { String(decoding: $0, as: UTF8.self) } }
        }
        #expect(sets("cmd.{0,5}(?:/c|/r).+powershell.+\"") == [["powershell"], ["cmd"], ["/c", "/r"], ["\""]])
        #expect(sets("set.*&&\\s?set") == [["set"], ["&&"]])
        #expect(sets("abc") == [["abc"]])
        #expect(sets("a|b") == [["a", "b"]])
        #expect(sets(".*").isEmpty && sets("(").isEmpty)
        #expect(sets("aa.bb.cc.dd.ee").count == RegexSyntaxLimit.literalSetCountMax)
    }

    @Test("there are none where a text can match without a byte that is known")
    func none() {
        for pattern in ["", ".*", "\\w+", "(?:abc)?", "(?:abc)*", "abc|\\d", "[a-z0-9][a-z0-9]", "ab|"] {
            #expect(Self.literals(pattern) == nil, "\(pattern)")
        }
        #expect(Self.literals("(?=abc)") == nil, "a refused expression has none")
        #expect(Self.literals("[^\\s\\S]abc") == ["abc"])
    }

    @Test("a letter that has other cases beyond ASCII is in no literal without case, nor is U+FFFD in any")
    func unsound() {
        #expect(Self.literals("éabcé", .ignoreCase) == ["abc"])
        #expect(Self.literals("中ab", .ignoreCase) == ["中ab"])
        #expect(Self.literals("\u{FFFD}\u{FFFD}ab") == ["ab"])
    }

    @Test("neither members nor bytes grow without a bound")
    func bounded() {
        #expect(Self.literals("[abc]{3}d")?.count == 27)
        #expect(Self.literals("[abc]{4}d")?.count == 27)
        #expect(Self.literals("ab[0-9]{4}") == ["ab"])
        #expect(Self.literals("(?:ab){1000}")?.allSatisfy { $0.utf8.count <= 128 } == true)
        #expect(Self.literals((0..<40).map { "ab\($0)" }.joined(separator: "|")) == nil)
    }

    struct Count {
        var matches = 0
        var withLiterals = 0
        var missed: [String] = []
    }

    /// - Parameter reads: What of a literal must be in the text.
    static func run(seed: UInt64, reads: ([UInt8]) -> [UInt8]) throws -> Count {
        var random = SplitMix64(seed: seed)
        var count = Count()
        for _ in 0..<3_000 {
            let pattern = RegexFixture.pattern(&random, depth: 3)
            let flags: RegexFlags = Int.random(in: 0..<3, using: &random) == 0 ? .ignoreCase : []
            guard let literals = RegexSyntax.requiredLiterals(of: pattern, flags: flags),
                let program = try? RegexSyntax.program(of: pattern, flags: flags)
            else { continue }
            count.withLiterals += 1
            for _ in 0..<30 {
                let text = RegexFixture.text(&random)
                guard RegexFixture.matches(program, text) else { continue }
                count.matches += 1
                let folded = text.map(TextFold.folded)
                let isSound = literals.contains { literal in
                    let needle = reads(literal)
                    return folded.indices.contains { folded[$0...].starts(with: needle) }
                }
                if !isSound { count.missed.append("\(pattern) on \(text): \(literals)") }
            }
        }
        return count
    }

    @Test("a text that matches has one of the literals in it", arguments: [0x5EED_4001, 0x5EED_4002])
    func sound(seed: UInt64) throws {
        let count = try Self.run(seed: seed) { $0 }
        #expect(count.missed.isEmpty, "seed \(seed): \(count.missed.prefix(3).joined(separator: "\n"))")
        #expect(count.withLiterals > 300 && count.matches > 500, "\(count)")
    }

    @Test("the comparison bites: a literal with one byte more is found out")
    func bites() throws {
        #expect(try !Self.run(seed: 0x5EED_4001) { $0 + [0x61] }.missed.isEmpty)
    }
}
