import DetectionEngine
import Testing

@Suite("Regular expression searches")
struct RegexSearchTests {
    static func matches(
        _ text: [UInt8], _ instructions: [RegexInstruction], _ classes: [RegexClass] = []
    ) throws -> Bool {
        let program = try RegexProgram(instructions: instructions, classes: classes)
        var search = RegexSearch()
        var steps: UInt64 = 0
        return search.matches(text.span, program.words.span, steps: &steps)
    }

    static func matches(
        _ text: String, _ instructions: [RegexInstruction], _ classes: [RegexClass] = []
    ) throws -> Bool { try matches(Array(text.utf8), instructions, classes) }

    @Test("a match may begin anywhere, and a text without one has none")
    func unanchored() throws {
        let code: [RegexInstruction] = [.scalar("a"), .scalar("é"), .match]
        #expect(try Self.matches("xxaaé", code))
        #expect(try Self.matches("aé", code))
        #expect(try !Self.matches("ae", code))
        #expect(try !Self.matches("", code))
        #expect(try Self.matches("", [.match]))
    }

    @Test("a scalar takes one to four bytes of UTF-8")
    func widths() throws {
        let code: [RegexInstruction] = [.assert(.textStart), .any, .assert(.textEnd), .match]
        for text in ["a", "é", "中", "\u{1F525}", "\u{10FFFF}"] { #expect(try Self.matches(text, code), "\(text)") }
        #expect(try !Self.matches("ab", code))
        #expect(try Self.matches("\u{1F525}", [.scalar("\u{1F525}"), .match]))
        #expect(try Self.matches("\u{1F525}", [.oneOf(0), .match], [RegexClass([0x1F000...0x1FFFF])]))
    }

    @Test(
        "each byte that is not UTF-8 counts as one U+FFFD",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xE4, 0xB8],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x94], [0xFF],
        ] as [[UInt8]])
    func invalidBytes(bytes: [UInt8]) throws {
        let each = [RegexInstruction](repeating: .scalar("\u{FFFD}"), count: bytes.count)
        let whole: [RegexInstruction] = [.assert(.textStart)] + each + [.assert(.textEnd), .match]
        #expect(try Self.matches(bytes, whole))
        #expect(try !Self.matches(bytes + [0x61], whole))
        #expect(try Self.matches(bytes + [0x61], [.scalar("\u{FFFD}"), .scalar("a"), .match]))
    }

    @Test("an assertion holds where Python's re says")
    func assertions() throws {
        let a: RegexInstruction = .scalar("a")
        func places(_ text: String, _ assertion: RegexAssertion) throws -> [Bool] {
            try [
                Self.matches(text, [.assert(assertion), a, .match], [RegexClass([0x61...0x7A])]),
                Self.matches(text, [a, .assert(assertion), .match], [RegexClass([0x61...0x7A])]),
            ]
        }
        #expect(try places("a", .textStart) == [true, false] && places("ba", .textStart) == [false, false])
        #expect(try places("\na", .textStart) == [false, false] && places("\na", .lineStart) == [true, false])
        #expect(try places("a", .textEnd) == [false, true] && places("a\n", .textEnd) == [false, false])
        #expect(try places("a\n", .lastLineEnd) == [false, true] && places("a\n\n", .lastLineEnd) == [false, false])
        #expect(try places("a\n\n", .lineEnd) == [false, true] && places("ab", .lineEnd) == [false, false])
        #expect(try places("a", .wordBoundary(0)) == [true, true])
        #expect(try places("a", .notWordBoundary(0)) == [false, false])
        #expect(try places("bab", .wordBoundary(0)) == [false, false])
        #expect(try places("bab", .notWordBoundary(0)) == [true, true])
        #expect(try places("éaé", .wordBoundary(0)) == [true, true])
    }

    @Test("an instruction that leads back to itself without taking a scalar does no harm")
    func circles() throws {
        #expect(try !Self.matches("aaaa", [.jump(0)]))
        #expect(try !Self.matches("aaaa", [.split(0), .jump(0)]))
        #expect(try Self.matches("aab", [.split(0), .split(1), .scalar("b"), .match]))
    }

    @Test("a program that nothing matches takes one step, and an anchored one ends with its last way")
    func early() throws {
        var search = RegexSearch()
        let text = [UInt8](repeating: 0x61, count: 1_000)
        func steps(_ instructions: [RegexInstruction], _ classes: [RegexClass] = []) throws -> UInt64 {
            var steps: UInt64 = 0
            let program = try RegexProgram(instructions: instructions, classes: classes)
            #expect(!search.matches(text.span, program.words.span, steps: &steps))
            return steps
        }
        #expect(try steps([.scalar("a"), .oneOf(0), .jump(0)], [RegexClass()]) == 1)
        #expect(try steps([RegexInstruction](repeating: .any, count: 1_001) + [.match]) == 1)
        #expect(try steps([.assert(.textStart), .scalar("a"), .scalar("b"), .match]) < 10)
        #expect(try steps([.scalar("b"), .match]) <= 1_002)
    }

    @Test("a search takes nothing over from the one before")
    func reuse() throws {
        var search = RegexSearch()
        let program = try RegexProgram(instructions: [.scalar("a"), .scalar("b"), .match], classes: [])
        var steps: UInt64 = 0
        for text in ["a", "b", "ab", "a", "b"] {
            let bytes = Array(text.utf8)
            #expect(search.matches(bytes.span, program.words.span, steps: &steps) == (text == "ab"))
        }
    }
}
