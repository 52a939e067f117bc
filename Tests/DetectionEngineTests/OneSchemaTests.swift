@testable import DetectionEngine
import FleetModel
import Testing

/// A sensor that supplies 20 fields to a program that reads 21 brought down 8.5 million machines on 19 July 2024
/// (CrowdStrike, "External Technical Root Cause Analysis", 6 August 2024). Here each joint between the two is tried.
@Suite("One schema")
struct OneSchemaTests {
    private static func closed(_ expression: RuleExpression, _ kind: EventKind) -> ProgramDraft {
        let source = Fixture.test(SourceTag.category, .equals(Fixture.text(kind.category)))
        return ProgramDraft(groups: [Fixture.group(kind.category, [Fixture.rule(1, expression)], when: source)])
    }

    @Test("the writer refuses by name a field that the schema has not, wherever a closed program may name one")
    func writer() throws {
        let foreign = "IntegrityLevel"
        let fine = Fixture.test("Image", .exists)
        var renamed = Self.closed(fine, .fileEvent)
        renamed.groups[0].routes[0].renames = [.init(field: "Image", source: foreign)]
        var counted = Self.closed(fine, .fileEvent)
        counted.correlations = [
            CorrelationFixture.correlation(2, .valueCount, [1], bounds: [.init(.greater, 1)], value: foreign)
        ]
        var grouped = Self.closed(fine, .fileEvent)
        grouped.correlations = [CorrelationFixture.correlation(2, .temporal, [1], by: [foreign])]
        let drafts = [
            Self.closed(Fixture.test(foreign, .exists), .processCreation),
            Self.closed(Fixture.test("Image", .field(.equals, foreign)), .processCreation),
            Self.closed(.not(.any([fine, Fixture.test(foreign, .isNull)])), .processCreation), renamed, counted,
            grouped,
        ]
        for draft in drafts {
            #expect { try draft.encoded() } throws: { "\($0)".contains("\(foreign) is not in the schema") }
            var open = draft
            open.isOpen = true
            #expect(throws: Never.self) { try open.encoded() }
        }
    }

    @Test("the loader refuses a program that an open schema was written for and that says it is closed")
    func loader() throws {
        var draft = Self.closed(Fixture.test("IntegrityLevel", .exists), .processCreation)
        draft.isOpen = true
        var image = ProgramImage(try draft.encoded())
        image.header[ProgramFormat.Offset.isOpen] = 0
        image.header[ProgramFormat.Offset.schema] = UInt8(TelemetrySchema.version)
        #expect(ProgramImage.refusal(of: image.bytes)?.message.contains("IntegrityLevel is not in the schema") == true)
    }

    @Test("the loader refuses a program of another version of the schema by name")
    func versions() throws {
        var image = ProgramImage(try Self.closed(Fixture.test("Image", .exists), .processCreation).encoded())
        image.header[ProgramFormat.Offset.schema] = UInt8(TelemetrySchema.version) + 1
        let error = ProgramImage.refusal(of: image.bytes)
        #expect(error?.code == .schemaUnsupported)
        #expect(error?.message.contains("schema 2, and this worker has 1") == true)
    }

    /// A program that tells of each field whether the event carries it, by the field's number.
    private static func presence() throws -> ProgramInterpreter {
        let rules = EventField.allCases.map { Fixture.rule(Int($0.rawValue), Fixture.test($0.name, .exists)) }
        let sources = EventKind.allCases.map { Fixture.test(SourceTag.category, .equals(Fixture.text($0.category))) }
        return try Fixture.interpreter(ProgramDraft(groups: [Fixture.group("all", rules, when: .any(sources))]))
    }

    @Test(
        "of each kind the program finds the fields that the schema gives to it, and no other",
        arguments: EventKind.allCases)
    func fieldsOfKinds(kind: EventKind) throws {
        var interpreter = try Self.presence()
        var event = TelemetryEvent(kind: kind, at: Moment(milliseconds: 0))
        // The event is given every field there is: what is not of its kind cannot leave the encoder.
        for field in EventField.allCases { event[field] = .text("x") }
        #expect(interpreter.evaluate(EventCoding.encode(event).span).refusal == nil)
        #expect(Fixture.matched(interpreter) == Set(kind.fields.map { Int($0.rawValue) }))
    }

    @Test(
        "a field that the schema does not give to the kind is refused by the reader, whatever else is right",
        arguments: EventKind.allCases)
    func foreignFields(kind: EventKind) throws {
        var interpreter = try Self.presence()
        for number in 0..<UInt16(64) {
            let isOfKind = kind.fields.contains { $0.rawValue == number }
            let bytes = Self.encoded(kind, count: 1, numbers: [number])
            let evaluation = interpreter.evaluate(bytes.span)
            #expect(evaluation.refusal?.code == (isOfKind ? nil : .unknownField), "\(number)")
            #expect(evaluation.refusal == nil || interpreter.matchedRules.isEmpty)
        }
    }

    @Test("an event that declares 21 fields and supplies 20 is refused, as is one that declares 20 and supplies 21")
    func counts() throws {
        var interpreter = try Self.presence()
        for kind in EventKind.allCases {
            let numbers = kind.fields.map(\.rawValue).sorted()
            #expect(
                interpreter.evaluate(Self.encoded(kind, count: numbers.count, numbers: numbers).span).refusal == nil)
            let more = interpreter.evaluate(Self.encoded(kind, count: numbers.count + 1, numbers: numbers).span)
            #expect(more.refusal?.code == .truncated)
            let fewer = interpreter.evaluate(Self.encoded(kind, count: numbers.count - 1, numbers: numbers).span)
            #expect(fewer.refusal?.code == .trailingBytes)
            #expect(more.steps == 0 && fewer.steps == 0 && interpreter.matchedRules.isEmpty)
            // The same with a field that no schema has, so that there are really 21.
            let stretched = Array(1...UInt16(21))
            #expect(interpreter.evaluate(Self.encoded(kind, count: 21, numbers: stretched).span).refusal != nil)
            #expect(
                interpreter.evaluate(Self.encoded(kind, count: 21, numbers: Array(stretched.dropLast())).span).refusal
                    != nil)
        }
    }

    @Test(
        "a rule that asks for a field of another kind finds it absent, not the field in its place",
        arguments: EventKind.allCases)
    func absentFields(kind: EventKind) throws {
        for field in EventField.allCases where !kind.fields.contains(field) {
            let absent = RuleExpression.all([
                Fixture.test(field.name, .isNull), .not(Fixture.test(field.name, .exists)),
            ])
            var interpreter = try Fixture.interpreter(Self.closed(absent, kind))
            var event = TelemetryEvent(kind: kind, at: Moment(milliseconds: 0))
            for other in kind.fields { event[other] = .text("x") }
            #expect(interpreter.matches(of: event).count == 1, "\(field.name)")
        }
    }

    /// An event that declares `count` fields and carries an integer for each of `numbers`.
    private static func encoded(_ kind: EventKind, count: Int, numbers: [UInt16]) -> [UInt8] {
        var bytes: [UInt8] = [kind.rawValue]
        bytes.append(littleEndian: 0 as UInt64)
        bytes.append(littleEndian: UInt16(count))
        for number in numbers {
            bytes.append(littleEndian: number)
            bytes.append(EventCoding.Tag.integer.rawValue)
            bytes.append(littleEndian: 7 as UInt64)
        }
        return bytes
    }
}
