@testable import DetectionEngine
import FleetModel
import Testing

@Suite("Program")
struct ProgramDraftTests {
    @Test("a program that was written loads, and says of its rules what they say of themselves")
    func roundTrip() throws {
        let draft = try Fixture.everything()
        let program = try DetectionProgram(loading: try draft.encoded())
        #expect(program.ruleCount == draft.groups.reduce(0) { $0 + $1.rules.count })
        #expect(program.chaos == nil && !program.isOpen)
        // Groups come by name: the network's before the processes'.
        let expected = draft.groups.reversed().flatMap { $0.rules.map(\.metadata) }
        #expect(program.ruleNumbers.map(program.metadata(ofRule:)) == expected)
        #expect(program.cost.fixed > 0 && program.cost.perByte > ProgramCost.decodingPerByte)
    }

    @Test("a program without rules is one: an empty pack protects nothing and harms nothing")
    func empty() throws {
        for isOpen in [false, true] {
            var interpreter = try Fixture.interpreter(ProgramDraft(groups: [], isOpen: isOpen))
            #expect(interpreter.matches(of: Fixture.events[0]).isEmpty)
            #expect(Fixture.numbers(&interpreter, "{}") == [])
        }
    }

    @Test("the same rules in any order give the same bytes")
    func order() throws {
        var random = SplitMix64(seed: 0x5EED_2010)
        var draft = try Fixture.everything()
        draft.correlations = (0..<8).map {
            CorrelationFixture.correlation(900 + $0, .temporal, [1 + $0, $0 < 4 ? 9 : 899 + $0], by: ["User"])
        }
        let expected = try draft.encoded()
        for _ in 0..<20 {
            draft.groups.shuffle(using: &random)
            draft.correlations.shuffle(using: &random)
            for index in draft.groups.indices { draft.groups[index].rules.shuffle(using: &random) }
            #expect(try draft.encoded() == expected)
        }
        draft.correlations = []
        #expect(try draft.encoded() != expected)
    }

    @Test("each kind of damage to the header has its code")
    func headers() throws {
        func code(_ offset: Int, _ values: [UInt8]) throws -> ProgramError.Code? {
            var bytes = try Fixture.everything().encoded()
            bytes.replaceSubrange(offset..<(offset + values.count), with: values)
            return ProgramImage.refusal(of: bytes)?.code
        }
        #expect(ProgramImage.refusal(of: [])?.code == .truncated)
        #expect(ProgramImage.refusal(of: Array("PK".utf8))?.code == .foreign)
        #expect(
            ProgramImage.refusal(of: Array(repeating: 0, count: ProgramLimit.programBytesMax + 1))?.code == .oversized)
        #expect(try code(0, [0x50]) == .foreign)
        #expect(try code(ProgramFormat.Offset.version, [1]) == .formatUnsupported)
        #expect(try code(ProgramFormat.Offset.schema, [9]) == .schemaUnsupported)
        #expect(try code(ProgramFormat.Offset.schema, [0]) == .schemaUnsupported, "a closed program names its schema")
        #expect(try code(ProgramFormat.Offset.isOpen, [1]) == .schemaUnsupported, "and an open one names none")
        #expect(try code(ProgramFormat.Offset.isOpen, [2]) == .malformed)
        #expect(try code(ProgramFormat.Offset.chaos, [5]) == .malformed)
        #expect(try code(ProgramFormat.Offset.unused, [1]) == .malformed)
        #expect(try code(ProgramFormat.Offset.length, [0, 0]) == .truncated)
        #expect(try code(ProgramFormat.Offset.fixedSteps, [0, 0]) == .costMismatch)
        #expect(try code(ProgramFormat.Offset.perByteSteps + 7, [1]) == .costMismatch)
        for section in ProgramFormat.Section.allCases {
            let offset = ProgramFormat.Offset.counts + 4 * section.rawValue
            #expect(try code(offset + 3, [0xFF]) == .malformed, "\(section) above its limit")
        }
        let classes = ProgramFormat.Offset.classes
        #expect(try code(classes + 0x41, [0xFE]) == .malformed, "a class that tells cases apart")
    }

    @Test("a cost that is not that of the instructions is refused, above it or below")
    func costs() throws {
        let bytes = try Fixture.everything().encoded()
        for offset in [ProgramFormat.Offset.fixedSteps, ProgramFormat.Offset.perByteSteps] {
            for change in [1, 255] as [UInt8] {
                var changed = bytes
                changed[offset] &+= change
                #expect(ProgramImage.refusal(of: changed)?.code == .costMismatch)
            }
        }
    }

    @Test("texts above their bounds, rules that ask nothing and needles beyond every text are refused by the writer")
    func drafts() throws {
        let fine = Fixture.test("Image", .exists)
        func metadata(_ change: (inout RuleMetadata) -> Void) -> DraftRule {
            var rule = Fixture.rule(1, fine)
            change(&rule.metadata)
            return rule
        }
        let long = { (count: Int) in String(repeating: "x", count: count + 1) }
        let needle = Array(repeating: UInt8(ascii: "x"), count: ProgramLimit.operandBytesMax + 1)
        let rules = [
            metadata { $0.title = long(ProgramLimit.titleBytesMax) },
            metadata { $0.id = long(ProgramLimit.ruleIDBytesMax) },
            metadata { $0.author = long(ProgramLimit.authorBytesMax) },
            metadata { $0.tags = [long(ProgramLimit.tagBytesMax)] },
            metadata { $0.tags = Array(repeating: "a", count: ProgramLimit.ruleTagCountMax + 1) },
            Fixture.rule(1, .all([])), Fixture.rule(1, .any([])), Fixture.rule(1, .not(.all([]))),
            Fixture.rule(1, .atLeast(3, [fine, fine])), Fixture.rule(1, Fixture.test("Image", .contains(needle))),
            Fixture.rule(1, Fixture.test(long(ProgramLimit.nameBytesMax), .exists)),
        ]
        for rule in rules {
            let draft = ProgramDraft(groups: [Fixture.group("g", [rule])], isOpen: true)
            #expect(throws: ProgramError.self, "\(rule)") { try draft.encoded() }
        }
    }

    @Test("the refusal of a fault marker says what to do")
    func chaos() throws {
        for marker in ChaosMarker.allCases {
            let program = try DetectionProgram(loading: try ProgramDraft(groups: [], chaos: marker).encoded())
            #expect(program.chaos == marker)
            let error = ProgramError.chaosRefused(marker)
            #expect(error.code.rawValue == "program.chaos_refused")
            #expect(error.message.contains(marker.name) && error.message.contains("--chaos"))
            #expect(ChaosMarker(name: marker.name) == marker)
        }
    }

    @Test("levels keep Sigma's words and order")
    func levels() {
        #expect(RuleLevel.allCases.map(\.name) == ["informational", "low", "medium", "high", "critical"])
        #expect(RuleLevel.allCases.sorted() == RuleLevel.allCases)
        for level in RuleLevel.allCases { #expect(RuleLevel(name: level.name) == level) }
        #expect(RuleLevel(name: "High") == nil)
    }
}
