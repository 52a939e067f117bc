@testable import DetectionEngine
import FleetModel
import Testing

@Suite("Events in JSON")
struct JSONEventTests {
    private static let names = [
        "Image", "a", "a.b", "a.b.c", "A", "a b", "\u{E9}", "n\"q", "x.y", "seventeen letters and", "sixteen letters.",
    ]

    private static func interpreter() throws -> ProgramInterpreter {
        try Fixture.interpreter(Fixture.draft(names.map { Fixture.test($0, .exists) }))
    }

    /// What the interpreter read of a field.
    private static func value(_ field: String, of json: String) throws -> FieldValue? {
        var interpreter = try interpreter()
        let evaluation = interpreter.evaluate(json: Array(json.utf8).span)
        #expect(evaluation.refusal == nil, "\(json)")
        let number = try #require(
            interpreter.program.fields.indices.first { interpreter.program.fieldName($0) == field })
        return interpreter.record.value(number)
    }

    @Test("texts, numbers and words are read as RFC 8259 says")
    func values() throws {
        let cases: [(String, FieldValue?)] = [
            (#""""#, .text("")), (#""x""#, .text("x")), (#""\"\\\/\b\f\n\r\t""#, .text("\"\\/\u{8}\u{C}\n\r\t")),
            (#""\u0041\u00e9\u20AC""#, .text("A\u{E9}\u{20AC}")), (#""\uD83D\uDD25""#, .text("\u{1F525}")),
            (#""\u0000""#, .text("\0")), (#""x\ud83dy""#, .text("x\u{FFFD}y")),
            (#""\udd25\ud83d""#, .text("\u{FFFD}\u{FFFD}")),
            (#""\ud83d\u0041""#, .text("\u{FFFD}A")), ("\"\u{1F525}\u{E9}\"", .text("\u{1F525}\u{E9}")),
            ("0", .integer(0)), ("-7", .integer(-7)), ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .text("9223372036854775808")), ("1.5", .text("1.5")), ("1E+2", .text("1E+2")),
            ("true", .text("true")), ("false", .text("false")), ("null", .null), ("[]", .null),
            ("[1,2]", .text("1, 2")),
            ("[1]", .integer(1)), (#"["1"]"#, .text("1")), (#"[[["x"]],[],"y",null]"#, .text("x, y")), ("{}", nil),
            (#"{"b":1}"#, nil), (#""12345678901234567890\"""#, .text("12345678901234567890\"")),
        ]
        for (text, expected) in cases {
            #expect(try Self.value("a", of: "{\"Image\":1,\"a\":\(text)}") == expected, "\(text)")
            #expect(try Self.value("a", of: " {\n\"a\" :\t\(text)\r\n, \"Image\" : 1 } \n") == expected, "\(text)")
        }
    }

    @Test("members of objects inside are named by dots, in lists too, and names are decoded")
    func names() throws {
        let cases: [(String, String)] = [
            (#"{"a":{"b":1}}"#, "a.b"), (#"{"a":{"b":{"c":1}}}"#, "a.b.c"), (#"{"a":[{"b":1}]}"#, "a.b"),
            (#"{"a":[[{"b":2},{"b":1}]]}"#, "a.b"), (#"{"a.b":1}"#, "a.b"), (#"{"x":{"y":1}}"#, "x.y"),
            (#"{"x.y":1}"#, "x.y"), (#"{"\u0061":1}"#, "a"), (#"{"\u0061":{"b":1}}"#, "a.b"),
            (#"{"a":{"\u0062":1}}"#, "a.b"),
            (#"{"n\"q":1}"#, "n\"q"), (#"{"\u00e9":1}"#, "\u{E9}"), ("{\"\u{E9}\":1}", "\u{E9}"),
            (#"{"a b":1}"#, "a b"),
            (#"{"seventeen letters and":1}"#, "seventeen letters and"),
            (#"{"sixteen letters.":1}"#, "sixteen letters."),
            ("{\"a\":\n{\"b\":1}}", "a.b"), ("{\"a\"\t:\r\n {\"b\":1}}", "a.b"),
            ("{\"a\" : {\"b\" : {\"c\" : 1}}}", "a.b.c"),
            (#"{"A":1}"#, "A"),
        ]
        for (json, name) in cases {
            for other in Self.names {
                let value = try Self.value(other, of: json)
                #expect(
                    (value != nil) == (other == name || value == .null),
                    "\(json): \(other) is \(String(describing: value))")
            }
        }
        #expect(try Self.value("a.b.c", of: #"{"a":{"b":2},"a.b":{"c":1},"b":{"c":3}}"#) == .integer(1))
        #expect(try Self.value("a.b", of: #"{"x":{"a":{"b":2}},"b":3,"a":{"x":{"b":1}}}"#) == nil)
    }

    @Test("a name that is there twice gives the field both values, and null none")
    func duplicates() throws {
        #expect(try Self.value("a", of: #"{"a":1,"a":"x"}"#) == .text("1, x"))
        #expect(try Self.value("a", of: #"{"a":null,"a":"x"}"#) == .text("x"))
        #expect(try Self.value("a", of: #"{"a":"x","a":null}"#) == .text("x"))
        #expect(try Self.value("a", of: #"{"a":null,"a":null}"#) == .null)
        #expect(try Self.value("a.b", of: #"{"a":{"b":1},"a.b":2,"a":{"b":3}}"#) == .text("1, 2, 3"))
    }

    @Test("a member of an object whose name is too long is none of the event, nor of another object")
    func longNames() throws {
        for count in [JSONEventReader.pathBytesMax - 1, JSONEventReader.pathBytesMax, 16 << 10] {
            let long = String(repeating: "n", count: count)
            for json in [
                "{\"\(long)\":{\"a\":1}}", "{\"\(long)\":{\"a\":{\"b\":1}}}", "{\"a\":{\"\(long)\":{\"b\":1}}}",
                "{\"\(long)\":[{\"a\":1}]}", "{\"a\":{\"\(long)\":1}}", "{\"\(long)\":\"a\"}",
            ] {
                var interpreter = try Self.interpreter()
                #expect(Fixture.numbers(&interpreter, json.dropLast() + ",\"Image\":1}") == [1], "\(count)")
            }
        }
        let exact = String(repeating: "n", count: ProgramLimit.nameBytesMax)
        var interpreter = try Fixture.interpreter(Fixture.draft([Fixture.test(exact, .exists)]))
        #expect(Fixture.numbers(&interpreter, "{\"Image\":1,\"\(exact)\":1}") == [1])
        #expect(Fixture.numbers(&interpreter, "{\"Image\":1,\"\(exact.dropLast())x\":1}") == [])
        #expect(Fixture.numbers(&interpreter, "{\"Image\":1,\"n\(exact.dropFirst(9))nnnnnnnx\":1}") == [])
    }

    @Test("what is no object of JSON is refused")
    func garbage() throws {
        var interpreter = try Self.interpreter()
        for text in [
            "", " ", "null", "1", "\"a\"", "[]", "[{}]", "{", "}", "{]", "{}}", "{}x", "{} {}", "{,}", "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}", "{\"a\":1,,\"b\":2}", "{\"a\":1 \"b\":2}", "{\"a\":{} \"b\":2}", "{\"a\":[] \"b\":2}",
            "{\"a\":[1,]}",
            "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":[[] 1]}", "{\"a\":[1}", "{\"a\":{\"b\":1]}", "{a:1}", "{'a':1}",
            "{\"a\":tru}", "{\"a\":True}", "{\"a\":nul}", "{\"a\":nulll}", "{\"a\":undefined}", "{\"a\":+1}",
            "{\"a\":.5}",
            "{\"a\":\"x}", "{\"a\":\"x\\\"}", "{\"a\":\"x\"\"y\"}", "{\"a\"=1}", "{\"a\"::1}", "{1:2}", "{\"a\":1}\0",
            "\u{FEFF}{}",
            "{\"a\":1}//", "{\"a\":\0}", "\0{}", "{\"a\":{},}", "{\"a\":[{}}",
        ] {
            let evaluation = interpreter.evaluate(json: Array(text.utf8).span)
            #expect(evaluation.refusal?.code == .notJSON, "\(text)")
            #expect(evaluation.steps == 0 && interpreter.matchedRules.isEmpty && interpreter.matches().isEmpty)
        }
        #expect(Fixture.numbers(&interpreter, #"{"Image":1}"#) == [1], "the next event is evaluated")
    }

    @Test("every truncation of an event is refused")
    func truncations() throws {
        var interpreter = try Self.interpreter()
        let json = Array(
            "{\"Image\": \"C:\\\\x\\u00e9\", \"a\": {\"b\": [1, -2.5e3, null, {\"c\": true}]}, \"A\": \"\u{1F525}\"}"
                .utf8)
        #expect(Fixture.numbers(&interpreter, json) == [1, 3, 4, 5])
        for count in 0..<json.count {
            #expect(interpreter.evaluate(json: Array(json.prefix(count)).span).refusal?.code == .notJSON, "\(count)")
        }
    }

    @Test("32 levels are read, 33 refused, and more values than there is room for")
    func bounds() throws {
        var interpreter = try Self.interpreter()
        func nested(_ depth: Int, _ open: String, _ close: String) -> [UInt8] {
            let inside = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            return Array("{\"Image\":1,\"a\":\(inside)}".utf8)
        }
        for (open, close) in [("[", "]"), ("{\"x\":", "}"), ("[{\"x\":", "}]")] {
            let each = open.count > 1 && close.count > 1 ? 2 : 1
            let most = JSONEventReader.depthMax / each
            #expect(interpreter.evaluate(json: nested(most, open, close).span).refusal == nil)
            #expect(interpreter.evaluate(json: nested(most + 1, open, close).span).refusal?.code == .tooDeep)
            #expect(interpreter.evaluate(json: nested(50_000, open, close).span).refusal?.code == .tooDeep)
        }
        func list(_ count: Int) -> [UInt8] {
            Array("{\"a\":[\(Array(repeating: "1", count: count).joined(separator: ","))]}".utf8)
        }
        #expect(interpreter.evaluate(json: list(FieldTable.pieceCountMax).span).refusal == nil)
        #expect(interpreter.evaluate(json: list(FieldTable.pieceCountMax + 1).span).refusal?.code == .tooManyValues)
    }

    @Test("mutated events, bytes that are no UTF-8 and NULs are read or refused, within the bound")
    func mutations() throws {
        var random = SplitMix64(seed: 0x5EED_7001)
        var interpreter = try Fixture.interpreter(Fixture.everything(isOpen: true))
        let source = RandomDraft(names: ["Image", "CommandLine", "User", "DestinationIp", "d.e"], isOpen: true)
        var count = (read: 0, refused: 0)
        for _ in 0..<15_000 {
            var event = source.event(&random)
            event.members.append(.init(name: "@category", value: .text("process_creation")))
            let json = random.mutated(event.json(&random), keepingLength: false)
            let evaluation = interpreter.evaluate(json: json.span)
            if evaluation.refusal == nil { count.read += 1 } else { count.refused += 1 }
            #expect(evaluation.steps <= interpreter.program.cost.steps(eventBytes: json.count))
            _ = interpreter.matches()
        }
        #expect(count.read > 2_000 && count.refused > 2_000, "\(count)")
    }

    @Test("escapes without digits are no longer than they were written, so that the room for texts is enough")
    func growingEscapes() throws {
        var interpreter = try Fixture.interpreter(
            Fixture.draft([
                Fixture.test("a", .contains(Fixture.text("uuu"))), Fixture.test("b", .contains(Fixture.text("\n\n"))),
            ]))
        for escape in ["\\u", "\\u1", "\\ud800", "\\ud800\\u", "\\uXYZA", "\\x", "\u{23A}\\u"] {
            let long = String(repeating: escape, count: 64_000 / escape.utf8.count)
            let json = "{\"Image\":1,\"a\":\"\(long)\",\"b\":\"\(String(repeating: "\\n", count: 700))\"}"
            #expect(Fixture.numbers(&interpreter, json).contains(2), "\(escape)")
        }
    }
}
