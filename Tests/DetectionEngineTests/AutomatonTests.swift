@testable import DetectionEngine
import FleetModel
import Testing

/// The automata, their filters and glances against a plain search.
@Suite("Automata")
struct AutomatonTests {
    struct Count {
        var hits = 0
        var misses = 0
        var filters = 0
    }

    /// Needles of at least `length` bytes over few letters, none twice.
    private static func needles(_ random: inout SplitMix64, length: Int, count: Int, letters: [UInt8]) -> [[UInt8]] {
        var needles: Set<[UInt8]> = []
        for _ in 0..<count {
            let extra = random.number(0..<3) == 0 ? random.number(0..<4) : 0
            needles.insert((0..<(length + extra)).map { _ in letters[random.number(0..<letters.count)] })
        }
        return needles.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// A text of whole needles, parts of needles, and letters, in either case.
    private static func text(_ random: inout SplitMix64, _ needles: [[UInt8]], letters: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for _ in 0..<random.number(0..<8) {
            let needle = needles[random.number(0..<needles.count)]
            switch random.number(0..<5) {
            case 0: text += needle
            case 1: text += needle.dropFirst(random.number(0..<(needle.count + 1)))
            case 2: text += needle.dropLast(random.number(0..<(needle.count + 1)))
            default: text += (0..<random.number(0..<6)).map { _ in letters[random.number(0..<letters.count)] }
            }
        }
        return text.map { (97...122).contains($0) && random.number(0..<4) == 0 ? $0 - 32 : $0 }
    }

    /// Runs texts through one rule for each needle; the text is in the field of the needle's test.
    private static func run(
        _ test: ([UInt8]) -> RuleExpression, length: Int, letters: String, seed: UInt64,
        expected: ([UInt8], [UInt8]) -> Bool
    ) throws -> Count {
        var random = SplitMix64(seed: seed)
        var count = Count()
        let letters = Array(letters.utf8)
        for _ in 0..<3 {
            let needles = needles(&random, length: length, count: 12, letters: letters)
            var interpreter = try Fixture.interpreter(Fixture.draft(needles.map(test)))
            count.filters += interpreter.program.filters.count { $0 != nil }
            for _ in 0..<40 {
                let text = text(&random, needles, letters: letters)
                let found = Fixture.numbers(
                    &interpreter, Array("{\"Image\":1,\"a\":\"".utf8) + text + Array("\"}".utf8))
                let folded = text.map { TextFold.folded($0) }
                for (index, needle) in needles.enumerated() {
                    let holds = expected(folded, needle)
                    if holds { count.hits += 1 } else { count.misses += 1 }
                    if found.contains(index + 1) != holds {
                        Issue.record("seed \(seed): \(needle) in \(text): \(found)")
                    }
                }
            }
        }
        return count
    }

    @Test("needles anywhere are found where a plain search finds them, with filter and without", arguments: 1...30)
    func substrings(length: Int) throws {
        for (letters, seed) in [("ab", 0x5EED_6100), ("abcdefgh -/.", 0x5EED_6200)] as [(String, UInt64)] {
            let count = try Self.run(
                { Fixture.test("a", .contains($0)) }, length: length, letters: letters, seed: seed + UInt64(length),
                expected: ReferenceEvaluation.contains)
            #expect(count.hits > 50 && (count.misses > 50 || length == 1), "\(count)")
            // Three letters tell nothing of a block of two: the filter begins where it can clear two places.
            #expect(length < 4 || count.filters == 3, "\(count)")
        }
    }

    @Test(
        "keywords are found where a plain search finds them, with a glance at the whole event and without",
        arguments: 1...30)
    func keywords(length: Int) throws {
        let count = try Self.run(
            { .test(Predicate(.anyValue, .contains($0))) }, length: length, letters: "abcdefgh", seed: 0x5EED_6300,
            expected: ReferenceEvaluation.contains)
        #expect(count.hits > 50, "\(count)")
    }

    @Test("needles that begin, end or are a text are found there and nowhere else", arguments: [1, 2, 3, 5, 9, 30])
    func ends(length: Int) throws {
        let seed = 0x5EED_6400 + UInt64(length)
        let starts = try Self.run(
            { Fixture.test("a", .startsWith($0)) }, length: length, letters: "ab", seed: seed,
            expected: { $0.starts(with: $1) })
        let ends = try Self.run(
            { Fixture.test("a", .endsWith($0)) }, length: length, letters: "ab", seed: seed,
            expected: { $0.reversed().starts(with: $1.reversed()) })
        let wholes = try Self.run(
            { Fixture.test("a", .equals($0)) }, length: length, letters: "ab", seed: seed, expected: { $0 == $1 })
        #expect(starts.hits > 10 && ends.hits > 10 && wholes.hits > 0, "\(starts) \(ends) \(wholes)")
    }

    @Test("an empty text has the empty needle and no other; an absent field has none")
    func empty() throws {
        let empty: [UInt8] = []
        var interpreter = try Fixture.interpreter(
            Fixture.draft([
                Fixture.test("a", .equals(empty)), Fixture.test("a", .contains(empty)),
                Fixture.test("a", .startsWith(empty)),
                Fixture.test("a", .endsWith(empty)), Fixture.test("a", .pattern([])),
                Fixture.test("a", .pattern([.anyRun])),
                Fixture.test("a", .equals(Fixture.text("x"))), Fixture.test("a", .contains(Fixture.text("x"))),
                .not(Fixture.test("a", .contains(Fixture.text("x")))),
            ]))
        #expect(Fixture.numbers(&interpreter, #"{"Image":1,"a":""}"#) == [1, 2, 3, 4, 5, 6, 9])
        #expect(Fixture.numbers(&interpreter, #"{"Image":1,"a":"X"}"#) == [2, 3, 4, 6, 7, 8])
        #expect(Fixture.numbers(&interpreter, #"{"Image":1,"a":[]}"#) == [9])
        #expect(Fixture.numbers(&interpreter, #"{"Image":1}"#) == [9])
        #expect(Fixture.numbers(&interpreter, #"{"Image":1,"a":["x",""]}"#) == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test("every byte can be in a needle")
    func bytes() throws {
        let bytes = (0...UInt8.max).filter { !TextFold.isUpperCase($0) }
        let draft = Fixture.draft(bytes.map { Fixture.test("CommandLine", .contains([$0])) })
        var interpreter = try Fixture.interpreter(draft)
        for (index, byte) in bytes.enumerated() {
            // A text that is no UTF-8 is told apart byte by byte; the sensor's encoding carries any.
            var event = EventCoding.encode(Fixture.event([.image: .text("i"), .commandLine: .text("xx")]))
            event[event.count - 1] = byte
            event[event.count - 2] = byte
            _ = interpreter.evaluate(event.span)
            #expect(Fixture.matched(interpreter) == [index + 1])
        }
    }

    @Test("a keyword is found though the event escapes it, and not in what the event does not say")
    func glances() throws {
        let ascii = ["mimikatz", "a\"quoted\"b", "c:\\windows", "line\nbreak", "kelvin"].map { Fixture.keyword($0) }
        let letters = Fixture.keyword("\u{E9}t\u{E9} 2026")
        var (first, second) = (
            try Fixture.interpreter(Fixture.draft(ascii)), try Fixture.interpreter(Fixture.draft(ascii + [letters]))
        )
        #expect(first.program.glances == [true] && second.program.glances == [false])
        let cases: [(String, Set<Int>)] = [
            (#"{"Image":"x MIMIKATZ y"}"#, [1]), (#"{"Image":1,"o":{"p":["q","mimiKatz"]}}"#, [1]),
            (#"{"Image":"mimi\u006batz"}"#, [1]), (#"{"Image":"mim\/ikatz"}"#, []),
            (#"{"mimikatz":"x","Image":1}"#, []),
            (#"{"Image":"a\"quoted\"b"}"#, [2]), (#"{"Image":"a\u0022quoted\u0022b"}"#, [2]),
            (#"{"Image":"C:\\Windows\\x"}"#, [3]), (#"{"Image":"line\nbreak"}"#, [4]),
            (#"{"Image":"line\u000Abreak"}"#, [4]),
            ("{\"Image\":\"\u{212A}elvin\"}", [5]), (#"{"Image":"\u212aelvin"}"#, [5]),
            ("{\"Image\":\"\u{C9}T\u{C9} 2026\"}", [6]), (#"{"Image":"\u00c9t\u00e9 2026"}"#, [6]),
            (#"{"Image":"mimikat","b":"z"}"#, []), (#"{"Image":null}"#, []),
        ]
        for (json, expected) in cases {
            #expect(Fixture.numbers(&first, json) == expected.subtracting([6]), "\(json)")
            #expect(Fixture.numbers(&second, json) == expected, "\(json)")
        }
    }

    @Test("a filter lets through every block of every needle")
    func filters() throws {
        var random = SplitMix64(seed: 0x5EED_6500)
        for length in 4...30 {
            let needles = Self.needles(&random, length: length, count: 20, letters: Array("abcdefgh \\\u{E9}".utf8))
            let program = try Fixture.interpreter(Fixture.draft(needles.map { Fixture.test("a", .contains($0)) }))
                .program
            let filter = try #require(program.filters.compactMap { $0 }.first)
            let written = needles.map { JSONText.escaped($0) }
            let shortest = try #require(written.map(\.count).min())
            #expect(filter.stride == min(shortest, BlockFilter.needleBytesMax) - filter.blockBytes + 1)
            for needle in written {
                for start in 0..<filter.stride {
                    // The walk is backwards: blocks are those before a needle's end.
                    let end = needle.count - start
                    let block = needle[(end - filter.blockBytes)..<end].reversed().reduce(UInt32(0)) {
                        $0 << 8 | UInt32($1)
                    }
                    let hash = BlockFilter.hash(block, filter.mask)
                    #expect(filter.bits[hash >> 6] >> UInt64(hash & 63) & 1 == 1)
                }
            }
        }
    }
}
