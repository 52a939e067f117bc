@testable import DetectionEngine
import FleetModel
import Testing

/// Loader and interpreter against bytes that an enemy wrote. A trap ends the whole run, which is the failure.
@Suite("Hostile programs and events")
struct ProgramFuzzTests {
    struct Count {
        var loaded = 0
        var evaluated = 0
        var matches = 0
        var codes: Set<ProgramError.Code> = []
        var overruns: [String] = []
    }

    private static func base(isOpen: Bool) throws -> [UInt8] {
        var draft = try Fixture.everything(isOpen: isOpen)
        draft.correlations = [
            CorrelationFixture.correlation(
                900, .eventCount, [1, 2], by: ["User"], bounds: [.init(.greaterOrEqual, 2)]),
            CorrelationFixture.correlation(901, .temporal, [900, 3], by: ["Image"]),
        ]
        return try draft.encoded()
    }

    /// One word of the program changed to an edge, a neighbour, or another word of it.
    private static func changed(_ base: ProgramImage, _ random: inout SplitMix64) -> [UInt8] {
        var image = base
        for _ in 0..<random.number(1..<3) {
            let sections = ProgramFormat.Section.allCases.filter { $0 != .texts && image.count($0) > 0 }
            let section = sections[random.number(0..<sections.count)]
            let place = random.number(0..<image[section].count)
            let word = image[section][place]
            let other = image[section][random.number(0..<image[section].count)]
            let values = [
                0, 1, word &+ 1, word &- 1, other, other, UInt32.max, UInt32.max - 1,
                word ^ 1 << UInt32(random.number(0..<32)),
            ]
            image[section][place] = values[random.number(0..<values.count)]
        }
        return image.bytes
    }

    private static func run(seed: UInt64, programs: Int) throws -> Count {
        var random = SplitMix64(seed: seed)
        let bases = [try base(isOpen: false), try base(isOpen: true)]
        let images = bases.map { ProgramImage($0) }
        let events = Fixture.events.map(EventCoding.encode)
        var count = Count()
        for number in 0..<programs {
            let isWords = random.number(0..<8) > 0
            let mutated =
                isWords ? changed(images[number % 2], &random) : random.mutated(bases[number % 2], keepingLength: false)
            let bytes = random.number(0..<8) > 0 ? ProgramImage.restated(mutated) : mutated
            let program: DetectionProgram
            do {
                program = try DetectionProgram(loading: bytes)
            } catch {
                count.codes.insert(error.code)
                continue
            }
            count.loaded += 1
            var interpreter = ProgramInterpreter(program)
            for event in events {
                let bytes = random.number(0..<2) == 0 ? event : random.mutated(event, keepingLength: false)
                let evaluation = interpreter.evaluate(bytes.span)
                count.matches += interpreter.matches().count
                if evaluation.refusal == nil { count.evaluated += 1 }
                if evaluation.steps > program.cost.steps(eventBytes: bytes.count) {
                    count.overruns.append("seed \(seed), program \(number): \(evaluation)")
                }
            }
        }
        return count
    }

    @Test(
        "1,500 mutated programs of each seed load or are refused, and run within their bound",
        arguments: [0x5EED_2001, 0x5EED_2002] as [UInt64])
    func mutations(seed: UInt64) throws {
        let count = try Self.run(seed: seed, programs: 1_500)
        #expect(count.overruns.isEmpty, "\(count.overruns.prefix(3))")
        #expect(count.loaded > 300, "\(count.loaded) loaded: the mutations must reach the interpreter")
        #expect(count.evaluated > 500 && count.matches > 100, "\(count)")
        #expect(count.codes.isSuperset(of: [.malformed, .truncated, .costMismatch]), "\(count.codes)")
    }

    @Test("bytes without any form are refused")
    func noise() {
        var random = SplitMix64(seed: 0x5EED_2005)
        for _ in 0..<5_000 {
            var bytes = (0..<random.number(0..<500)).map { _ in UInt8(random.number(0..<256)) }
            if random.number(0..<2) == 0 { bytes = Array("FBRK".utf8) + bytes }
            #expect(throws: ProgramError.self) { try DetectionProgram(loading: bytes) }
        }
    }

    @Test("every truncation of a program is refused, and every byte too many")
    func truncations() throws {
        let bytes = try Self.base(isOpen: false)
        for count in 0..<bytes.count {
            let error = ProgramImage.refusal(of: Array(bytes.prefix(count)))
            #expect(error?.code == .truncated, "\(count)")
        }
        #expect(ProgramImage.refusal(of: bytes + [0]) != nil)
    }
}

/// The bound of steps, on texts that are made to come near it.
@Suite("Bound of steps")
struct ProgramBoundTests {
    /// The share of its bound that an evaluation took.
    private static func share(_ draft: ProgramDraft, _ json: String) throws -> Double {
        var interpreter = try Fixture.interpreter(draft)
        let bytes = Array(json.utf8)
        let evaluation = interpreter.evaluate(json: bytes.span)
        #expect(evaluation.refusal == nil && evaluation.steps > 0)
        return Double(evaluation.steps) / Double(interpreter.program.cost.steps(eventBytes: bytes.count))
    }

    @Test("a text that is longer in lower case stays within the bound, in eight log sources at once")
    func growingTexts() throws {
        let needle = Fixture.text("zzz")
        let rule = RuleExpression.any([
            Fixture.test("a", .contains(needle)), Fixture.test("a", .startsWith(needle)),
            Fixture.test("a", .endsWith(needle)),
        ])
        let draft = ProgramDraft(
            groups: (0..<ProgramLimit.groupsPerEventMax).map { Fixture.group("g\($0)", [Fixture.rule($0, rule)]) },
            isOpen: true)
        let share = try Self.share(draft, "{\"Image\":1,\"a\":\"\(String(repeating: "\u{23A}", count: 20_000))\"}")
        #expect(share <= 1 && share > 0.6, "\(share)")
    }

    @Test(
        "keywords that a look at the whole event does not rule out stay within the bound, in eight log sources at once")
    func keywords() throws {
        let draft = ProgramDraft(
            groups: (0..<ProgramLimit.groupsPerEventMax).map {
                Fixture.group(
                    "g\($0)", [Fixture.rule($0, .any([Fixture.keyword("keyword"), Fixture.keyword("zzzzz")]))])
            }, isOpen: true)
        for text in ["keyword", "keyword \u{23A}\u{23A}\u{23A}\u{23A}\u{23A}", "keyword\\\\", "keyword\\/"] {
            let share = try Self.share(draft, "{\"Image\":1,\"a\":\"\(String(repeating: text, count: 2_000))\"}")
            #expect(share <= 1 && share > 0.2, "\(text): \(share)")
        }
    }

    @Test("a text of the sensor that JSON would write with twice as many bytes stays within the bound")
    func backslashes() throws {
        let needle = Fixture.text("zzz")
        let rule = RuleExpression.any([
            Fixture.test("CommandLine", .contains(needle)), Fixture.test("CommandLine", .startsWith(needle)),
            Fixture.test("CommandLine", .endsWith(needle)), Fixture.keyword("zzz"),
        ])
        let draft = ProgramDraft(
            groups: (0..<ProgramLimit.groupsPerEventMax).map { Fixture.group("g\($0)", [Fixture.rule($0, rule)]) },
            isOpen: true)
        var interpreter = try Fixture.interpreter(draft)
        let text = FieldValue.text(String(repeating: "\\", count: EventCoding.textBytesMax))
        let event = EventCoding.encode(Fixture.event([.image: .text("x"), .commandLine: text]))
        let evaluation = interpreter.evaluate(event.span)
        #expect(evaluation.refusal == nil)
        #expect(evaluation.steps <= interpreter.program.cost.steps(eventBytes: event.count))
    }

    @Test("a field with 30 other names stays within the bound, one name by the other or in a row")
    func renamedTexts() throws {
        let names = (0..<30).map { "f\($0)" }
        let pattern = Predicate.Test.pattern([.anyRun, .byte(97), .byte(97), .byte(98), .anyRun])
        for isChain in [false, true] {
            let renames = names.enumerated().map { index, name in
                DraftRoute.Rename(field: name, source: isChain && index > 0 ? names[index - 1] : "s")
            }
            let draft = ProgramDraft(
                groups: [
                    DraftGroup(
                        name: "g", routes: [DraftRoute(when: Fixture.test("Image", .exists), renames: renames)],
                        rules: names.enumerated().map { Fixture.rule($0, Fixture.test($1, pattern)) })
                ], isOpen: true)
            let share = try Self.share(draft, "{\"Image\":1,\"s\":\"\(String(repeating: "a", count: 20_000))\"}")
            #expect(share <= 1 && share > 0.15, "\(share)")
        }
    }

    @Test("the bound is no idle number: a text made for a pattern takes at least a third of it")
    func boundIsNear() throws {
        let needle = Array(repeating: UInt8(ascii: "a"), count: 30) + [UInt8(ascii: "b")]
        let draft = Fixture.draft(
            (0..<20).map { index in
                let last = Predicate.PatternElement.byte(UInt8(ascii: "c") + UInt8(index))
                return Fixture.test("a", .pattern([.anyRun] + needle.map { .byte($0) } + [last, .anyRun]))
            })
        let share = try Self.share(draft, "{\"Image\":1,\"a\":\"\(String(repeating: "a", count: 8_192))\"}")
        #expect(share <= 1 && share > 0.33, "\(share)")
    }

    @Test("two fields with a list each, compared with each other, stay within the bound")
    func fieldPairs() throws {
        for piece in ["aaaaaaab", "\u{23A}\u{23A}"] {
            let draft = Fixture.draft(
                FieldComparison.allCases.flatMap { comparison in
                    [false, true].map { Fixture.test("a", .field(comparison, "b"), isCased: $0) }
                })
            for count in [1, 16, 17] {
                let text = String(repeating: piece, count: 200)
                let list = "[" + Array(repeating: "\"\(text)\"", count: count).joined(separator: ",") + "]"
                #expect(
                    try Self.share(draft, "{\"Image\":1,\"a\":\(list),\"b\":\(list.replacing("b", with: "c"))}") <= 1)
                let short = "[" + Array(repeating: "\"\"", count: count).joined(separator: ",") + "]"
                #expect(try Self.share(draft, "{\"Image\":1,\"a\":\(short),\"b\":\(short)}") <= 1)
            }
        }
    }

    @Test("random programs stay within their bound on texts made to be the worst")
    func worstTexts() throws {
        var random = SplitMix64(seed: 0x5EED_2006)
        let worst = ["a", "ab", "aab", "\u{E9}", "\u{23A}", "\u{1F525}", "aaaaaaab", "\\u0061"].map {
            "\"" + String(repeating: $0, count: 2_000 / $0.utf8.count) + "\""
        }
        let lists = [
            "[" + Array(repeating: "1", count: 1_000).joined(separator: ",") + "]",
            "[[\"a\",\"ab\"],\"\",\"\",\"\",\"\"]",
        ]
        for _ in 0..<25 {
            let draft = RandomDraft.open.draft(&random, rules: 10, groups: 4)
            guard (try? draft.encoded()) != nil else { continue }
            var interpreter = try Fixture.interpreter(draft)
            for text in worst + lists {
                let json = Array("{\"a\":\(text),\"b\":\(text),\"c\":\(text),\"d\":{\"e\":\(text),\"f\":\(text)}}".utf8)
                let evaluation = interpreter.evaluate(json: json.span)
                #expect(evaluation.steps <= interpreter.program.cost.steps(eventBytes: json.count))
            }
        }
    }
}
