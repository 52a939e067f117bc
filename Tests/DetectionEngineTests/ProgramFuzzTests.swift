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

    /// Writes the cost that the program has into its header, so that a change of the code reaches the interpreter.
    static func restated(_ bytes: [UInt8]) -> [UInt8] {
        guard let (program, _) = try? ProgramReader.read(bytes) else { return bytes }
        var bytes = bytes
        for index in 0..<8 {
            bytes[ProgramFormat.HeaderOffset.costBound + index] =
                UInt8(truncatingIfNeeded: program.costBound >> UInt64(8 * index))
        }
        return bytes
    }

    static func run(seed: UInt64, programs: Int) throws -> Count {
        var random = SplitMix64(seed: seed)
        let base = try Fixture.draft.encoded()
        let events = Fixture.events.map(EventCoding.encode)
        var count = Count()
        for _ in 0..<programs {
            let mutated = random.mutated(base, keepingLength: random.number(0..<8) > 0)
            let bytes = random.number(0..<4) > 0 ? restated(mutated) : mutated
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
                let evaluation = interpreter.evaluate(bytes.span) { _ in count.matches += 1 }
                if evaluation.refusal == nil { count.evaluated += 1 }
                if evaluation.steps > program.costBound { count.overruns.append("seed \(seed): \(evaluation)") }
            }
        }
        return count
    }

    @Test(
        "10,000 mutated programs of each seed load or are refused, and run within their cost bound",
        arguments: [0x5EED_2001, 0x5EED_2002, 0x5EED_2003, 0x5EED_2004])
    func mutations(seed: UInt64) throws {
        let count = try Self.run(seed: seed, programs: 10_000)
        #expect(count.overruns.isEmpty, "\(count.overruns.prefix(3))")
        #expect(count.loaded > 1_000, "\(count.loaded) loaded: the mutations must reach the interpreter")
        #expect(count.evaluated > 1_000 && count.matches > 100, "\(count)")
        #expect(count.codes.isSuperset(of: [.malformed, .truncated, .foreign, .costMismatch]), "\(count.codes)")
    }

    @Test("bytes without any form are refused")
    func noise() {
        var random = SplitMix64(seed: 0x5EED_2005)
        for _ in 0..<20_000 {
            let bytes = (0..<random.number(0..<200)).map { _ in UInt8(random.number(0..<256)) }
            #expect(throws: ProgramError.self) { try DetectionProgram(loading: bytes) }
        }
    }

    @Test("every truncation of a program is refused")
    func truncations() throws {
        let bytes = try Fixture.draft.encoded()
        for count in 0..<bytes.count {
            #expect(throws: ProgramError.self) { try DetectionProgram(loading: Array(bytes.prefix(count))) }
        }
    }

    @Test("random decision diagrams over random predicates stay within their bound, on texts made to be the worst")
    func worstTexts() throws {
        var random = SplitMix64(seed: 0x5EED_2006)
        let worst: [String] = ["a", "ab", "aab", "é", "\u{1F525}", "aaaaaaab"].map { piece in
            String(repeating: piece, count: EventCoding.textBytesMax / piece.utf8.count)
        }
        for _ in 0..<60 {
            let predicates = (0..<random.number(1..<8)).map { _ in Self.predicate(&random) }
            let draft = ProgramDraft(rules: [
                DraftRule(
                    metadata: Fixture.metadata(1), kind: .processCreation, code: Self.diagram(predicates, &random))
            ])
            let program = try DetectionProgram(loading: try draft.encoded())
            var interpreter = ProgramInterpreter(program)
            for text in worst {
                let event = Fixture.event([.commandLine: .text(text), .image: .text(text), .processId: .integer(.min)])
                let evaluation = interpreter.evaluate(EventCoding.encode(event).span) { _ in }
                #expect(evaluation.refusal == nil)
                #expect(evaluation.steps <= program.costBound)
            }
        }
    }

    private static func predicate(_ random: inout SplitMix64) -> Predicate {
        let field: EventField = [.commandLine, .image, .processId][random.number(0..<3)]
        let needle = (0..<random.number(1..<12)).map { _ in UInt8(ascii: "a") + UInt8(random.number(0..<2)) }
        let tests: [Predicate.Test] = [
            .contains(needle), .equals(needle), .startsWith(needle), .endsWith(needle), .less(3), .exists,
            .pattern([.anyRun, .one] + needle.map { .byte($0) } + [.anyRun] + needle.map { .byte($0) } + [.one]),
        ]
        return Predicate(field: field, test: tests[random.number(0..<tests.count)])
    }

    private static func diagram(_ predicates: [Predicate], _ random: inout SplitMix64) -> RuleCode {
        RuleCode(
            instructions: predicates.enumerated().map { index, predicate in
                func target() -> RuleCode.Target {
                    let place = random.number(index + 1..<predicates.count + 2)
                    return place < predicates.count
                        ? .instruction(place) : place == predicates.count ? .accept : .reject
                }
                return .init(predicate, onTrue: target(), onFalse: target())
            })
    }

    @Test("the bound is no idle number: a text made for a needle takes at least a third of it")
    func boundIsNear() throws {
        let needle = Array(repeating: UInt8(ascii: "a"), count: 30) + [UInt8(ascii: "b")]
        // Twenty runs of a pattern that almost fits everywhere, so that the event's own cost hardly counts.
        let predicates = (0..<20).map { index in
            Predicate(
                field: .commandLine,
                test: .pattern(
                    [.anyRun] + needle.map { .byte($0) } + [.byte(UInt8(ascii: "c") + UInt8(index)), .anyRun]))
        }
        let code = RuleCode(
            instructions: predicates.enumerated().map { index, predicate in
                .init(predicate, onTrue: .reject, onFalse: index < 19 ? .instruction(index + 1) : .reject)
            })
        let draft = ProgramDraft(rules: [DraftRule(metadata: Fixture.metadata(1), kind: .processCreation, code: code)])
        let program = try DetectionProgram(loading: try draft.encoded())
        var interpreter = ProgramInterpreter(program)
        let text = String(repeating: "a", count: EventCoding.textBytesMax)
        let event = EventCoding.encode(Fixture.event([.commandLine: .text(text)]))
        let steps = interpreter.evaluate(event.span) { _ in }.steps
        #expect(steps <= program.costBound)
        #expect(steps * 3 > program.costBound, "\(steps) of \(program.costBound)")
    }
}
