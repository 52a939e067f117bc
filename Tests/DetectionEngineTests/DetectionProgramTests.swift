@testable import DetectionEngine
import FleetModel
import Testing

@Suite("Program")
struct DetectionProgramTests {
    private static func loaded(_ bytes: [UInt8]) -> ProgramError? {
        do {
            _ = try DetectionProgram(loading: bytes)
            return nil
        } catch {
            return error
        }
    }

    /// The program with some of its bytes replaced.
    private static func changed(_ place: Int, _ values: [UInt8]) throws -> [UInt8] {
        var bytes = try Fixture.draft.encoded()
        bytes.replaceSubrange(place..<(place + values.count), with: values)
        return bytes
    }

    @Test("a program that was written loads, and says of its rules what they say of themselves")
    func roundTrip() throws {
        let program = try DetectionProgram(loading: try Fixture.draft.encoded())
        #expect(program.ruleCount == 3)
        #expect(program.chaos == nil)
        #expect(
            (0..<3).map(program.metadata(ofRule:)) == [Fixture.metadata(1), Fixture.metadata(2), Fixture.metadata(3)])
        #expect(program.fields(of: .networkConnection) == [.destinationIp])
        #expect(program.fields(of: .fileEvent) == [])
    }

    @Test("a program without rules is one: an empty pack protects nothing and harms nothing")
    func empty() throws {
        var interpreter = ProgramInterpreter(try DetectionProgram(loading: try ProgramDraft(rules: []).encoded()))
        #expect(interpreter.matches(of: Fixture.events[0]).isEmpty)
    }

    @Test("each kind of damage to the header has its code")
    func headers() throws {
        #expect(Self.loaded([])?.code == .truncated)
        #expect(Self.loaded(Array("PK".utf8))?.code == .foreign)
        #expect(Self.loaded(try Self.changed(0, [0x50]))?.code == .foreign)
        #expect(Self.loaded(try Self.changed(8, [2]))?.code == .formatUnsupported)
        #expect(Self.loaded(try Self.changed(10, [9]))?.code == .schemaUnsupported)
        #expect(Self.loaded(try Self.changed(12, [3]))?.code == .malformed)
        #expect(Self.loaded(try Self.changed(13, [1]))?.code == .malformed)
        #expect(Self.loaded(try Self.changed(16, [0]))?.code == .costMismatch)
        #expect(Self.loaded(try Self.changed(24, [0]))?.code == .truncated)
        #expect(Self.loaded(try Self.changed(31, [0xFF]))?.code == .malformed)
        #expect(Self.loaded(try Self.changed(52, [1]))?.code == .malformed)
        #expect(Self.loaded(Array(repeating: 0, count: ProgramLimit.programBytesMax + 1))?.code == .oversized)
    }

    @Test("a jump back, to itself or out of the rule is refused: no program runs in a circle")
    func jumps() throws {
        let bytes = try Fixture.draft.encoded()
        let header = try ProgramReader.Header(bytes)
        let instructions =
            ProgramFormat.headerBytes + header.kindCount * ProgramFormat.kindBytes
            + header.ruleCount * ProgramFormat.ruleBytes + header.predicateCount * ProgramFormat.predicateBytes
        // The second instruction of the first rule: its predicate, then its two jumps.
        let second = instructions + ProgramFormat.instructionBytes
        for target in [0, 1, 12, 13, 255] as [UInt8] {
            for jump in [4, 8] {
                let error = Self.loaded(try Self.changed(second + jump, [target, 0, 0, 0]))
                #expect(error?.code == .malformed)
                #expect(
                    error?.description.contains("rule 0: instruction 1 jumps to") == true,
                    "\(String(describing: error))")
            }
        }
        #expect(Self.loaded(try Self.changed(second, [99, 0, 0, 0]))?.message.contains("names predicate 99") == true)
    }

    @Test(
        "a field that the schema does not give to the rule's events is refused: no rule can ask for what no sensor sends"
    )
    func fieldsOfKinds() throws {
        let code = RuleCode(instructions: [
            .init(Predicate(field: .targetFilename, test: .exists), onTrue: .accept, onFalse: .reject)
        ])
        let draft = ProgramDraft(rules: [DraftRule(metadata: Fixture.metadata(1), kind: .processCreation, code: code)])
        #expect { try draft.encoded() } throws: { error in
            "\(error)".contains("the schema gives no field 18 to process_creation")
        }
    }

    @Test("a needle in upper case could never match where case does not count, and is refused")
    func needles() {
        for test in [Predicate.Test.contains([0x41]), .equals([0x41]), .pattern([.byte(0x41), .one])] {
            let code = RuleCode(instructions: [
                .init(Predicate(field: .image, test: test), onTrue: .accept, onFalse: .reject)
            ])
            let draft = ProgramDraft(rules: [DraftRule(metadata: Fixture.metadata(1), kind: .fileEvent, code: code)])
            #expect { try draft.encoded() } throws: { "\($0)".contains("upper case") }
        }
    }

    @Test("texts above their bounds, empty rules and jumps out of a rule are refused by the writer")
    func drafts() {
        let fine = RuleCode(instructions: [
            .init(Predicate(field: .image, test: .exists), onTrue: .accept, onFalse: .reject)
        ])
        var metadata = Fixture.metadata(1)
        metadata.title = String(repeating: "x", count: ProgramLimit.titleBytesMax + 1)
        let out = RuleCode(instructions: [
            .init(Predicate(field: .image, test: .exists), onTrue: .instruction(5), onFalse: .reject)
        ])
        let drafts = [
            DraftRule(metadata: metadata, kind: .fileEvent, code: fine),
            DraftRule(metadata: Fixture.metadata(1), kind: .fileEvent, code: RuleCode(instructions: [])),
            DraftRule(metadata: Fixture.metadata(1), kind: .fileEvent, code: out),
        ]
        for draft in drafts { #expect(throws: ProgramError.self) { try ProgramDraft(rules: [draft]).encoded() } }
    }

    @Test("search tables are bounded, however many predicates share one operand")
    func tables() {
        let needle = Array(repeating: UInt8(ascii: "a"), count: ProgramLimit.operandBytesMax)
        let fields: [EventField] = [
            .image, .user, .commandLine, .currentDirectory, .parentImage, .parentUser, .parentCommandLine,
        ]
        let rules = fields.enumerated().map { place, field in
            DraftRule(
                metadata: Fixture.metadata(place), kind: .processCreation,
                code: RuleCode(
                    instructions: (0..<100).map { index in
                        .init(
                            Predicate(field: field, test: .contains(Array(needle.dropLast(index)))), onTrue: .accept,
                            onFalse: index < 99 ? .instruction(index + 1) : .reject)
                    }))
        }
        #expect { try ProgramDraft(rules: rules).encoded() } throws: { ($0 as? ProgramError)?.code == .oversized }
    }

    @Test("the refusal of a fault marker says what to do")
    func chaos() throws {
        for marker in ChaosMarker.allCases {
            let program = try DetectionProgram(loading: try ProgramDraft(rules: [], chaos: marker).encoded())
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

@Suite("Program interpreter")
struct ProgramInterpreterTests {
    @Test("events of another kind are not looked at")
    func kinds() throws {
        let code = RuleCode(instructions: [
            .init(Predicate(field: .image, test: .isNull), onTrue: .accept, onFalse: .reject)
        ])
        let rules = [DraftRule(metadata: Fixture.metadata(1), kind: .fileEvent, code: code)]
        var interpreter = ProgramInterpreter(try DetectionProgram(loading: try ProgramDraft(rules: rules).encoded()))
        for kind in EventKind.allCases {
            #expect(interpreter.matches(of: Fixture.event([:], kind: kind)).count == (kind == .fileEvent ? 1 : 0))
        }
    }

    @Test("a result of one event is not taken for the next")
    func results() throws {
        let code = RuleCode(instructions: [
            .init(Predicate(field: .image, test: .contains(Array("x".utf8))), onTrue: .accept, onFalse: .reject)
        ])
        let rules = [DraftRule(metadata: Fixture.metadata(1), kind: .processCreation, code: code)]
        var interpreter = ProgramInterpreter(try DetectionProgram(loading: try ProgramDraft(rules: rules).encoded()))
        for round in 0..<100 {
            let text = round.isMultiple(of: 3) ? "aXb" : "ab"
            #expect(interpreter.matches(of: Fixture.event([.image: .text(text)])).isEmpty != round.isMultiple(of: 3))
        }
    }

    @Test("bytes that are no event are refused with their place, hand out nothing, and the next event is evaluated")
    func refusals() throws {
        var interpreter = ProgramInterpreter(try DetectionProgram(loading: try Fixture.draft.encoded()))
        let good = EventCoding.encode(Fixture.events[2])
        for count in 0..<good.count {
            let evaluation = interpreter.evaluate(Array(good.prefix(count)).span) { _ in Issue.record("a match") }
            #expect(evaluation.refusal?.code == .truncated)
            #expect(evaluation.matchCount == 0 && evaluation.steps == 0)
        }
        #expect(interpreter.evaluate(good.span) { _ in }.refusal == nil)
    }

    @Test("a predicate that several rules share is tested once an event")
    func sharing() throws {
        let predicate = Predicate(field: .commandLine, test: .contains(Array("zz".utf8)))
        let code = RuleCode(instructions: [.init(predicate, onTrue: .accept, onFalse: .reject)])
        func steps(_ count: Int) throws -> (UInt64, UInt64) {
            let rules = (0..<count).map {
                DraftRule(metadata: Fixture.metadata($0), kind: .processCreation, code: code)
            }
            let program = try DetectionProgram(loading: try ProgramDraft(rules: rules).encoded())
            var interpreter = ProgramInterpreter(program)
            let event = EventCoding.encode(Fixture.event([.commandLine: .text(String(repeating: "z ", count: 1_000))]))
            return (interpreter.evaluate(event.span) { _ in }.steps, program.costBound)
        }
        let (one, ten) = (try steps(1), try steps(9))
        #expect(ten.0 - one.0 == 8, "one step for each further rule")
        #expect(ten.1 - one.1 == 8, "and the bound knows it")
    }

    @Test("steps do not depend on what was evaluated before")
    func stepsAreStable() throws {
        var interpreter = ProgramInterpreter(try DetectionProgram(loading: try Fixture.draft.encoded()))
        let events = Fixture.events.map(EventCoding.encode)
        let first = events.map { interpreter.evaluate($0.span) { _ in } }
        for _ in 0..<10 {
            for (event, expected) in zip(events, first).reversed() {
                #expect(interpreter.evaluate(event.span) { _ in } == expected)
            }
        }
        #expect(first.allSatisfy { $0.steps > 0 })
    }
}
