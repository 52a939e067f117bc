import CanonicalCoding
import Testing

@Suite("JSON parser")
struct JSONParserTests {
    static let limits = JSONParser.Limits(bytesMax: 1 << 16, depthMax: 8)

    static func parse(_ text: String) throws -> JSONValue {
        try JSONParser.parse(Array(text.utf8), limits: limits)
    }

    @Test("a text that RFC 8259 allows is read")
    func reads() throws {
        let value = try Self.parse(
            #" {"b":[1,-2,3.5,1e2,-0],"a":null,"c":{"d":true,"e":false}, "f":"x\u00e9\ud83d\ude00\n"} "#)
        #expect(
            value == [
                "a": nil, "b": [1, -2, 3.5, 100.0, .number(-0.0)], "c": ["d": true, "e": false],
                "f": "x\u{e9}\u{1F600}\n",
            ])
        #expect(try Self.parse("\"\"") == "")
        #expect(try Self.parse("[]") == [])
        #expect(try Self.parse("9223372036854775807") == .integer(.max))
    }

    @Test(
        "a text that is no JSON is refused, and the byte is named",
        arguments: [
            ("", 0), ("{", 1), ("[1,]", 3), ("{\"a\"}", 4), ("{\"a\":1,}", 7), ("01", 0), ("1.", 2), ("+1", 0),
            ("1e", 2),
            ("tru", 0), ("[1 2]", 3), ("\"a", 0), ("\"\u{1}\"", 1), ("\"\\x\"", 1), ("\"\\u12g4\"", 5), ("1 1", 2),
            ("{a:1}", 1),
            ("'a'", 0), ("NaN", 0), ("-", 1), ("\u{FEFF}1", 0), ("[", 1), ("\"\\", 1), (".5", 0), ("[1}", 2),
        ])
    func refuses(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try Self.parse(text) }
        #expect(error?.code == .syntax)
        #expect(error?.subject == "byte \(offset)")
    }

    @Test("a name that is in an object twice is refused, even when one of the two is escaped")
    func duplicateNames() {
        for text in [#"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#] {
            #expect(throws: JSONError.self) { try Self.parse(text) }
        }
    }

    @Test("two names that differ only in how an accent is written are two names")
    func composedNames() throws {
        let object = try JSONReader(Self.parse("{\"\u{e9}\":1,\"e\u{301}\":2}")).object()
        #expect(object.count == 2)
        #expect(object["\u{e9}"] == 1)
        #expect(object["e\u{301}"] == 2)
        #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
    }

    @Test(
        "half of a surrogate pair is refused",
        arguments: [#""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\ud800x""#])
    func surrogates(text: String) {
        #expect(throws: JSONError.self) { try Self.parse(text) }
    }

    @Test(
        "bytes that are no UTF-8 are refused",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) {
            try JSONParser.parse([0x22] + bytes + [0x22], limits: Self.limits)
        }
        #expect(error?.code == .encoding)
    }

    @Test(
        "numbers beyond their type are refused and not rounded", arguments: ["9223372036854775808", "1e999", "-1e999"])
    func numberRange(text: String) {
        let error = #expect(throws: JSONError.self) { try Self.parse(text) }
        #expect(error?.code == .numberRange)
    }

    @Test("the limits hold: exactly at them a text is read, one beyond it is refused")
    func limits() throws {
        #expect(throws: Never.self) {
            try Self.parse(String(repeating: "[", count: 8) + String(repeating: "]", count: 8))
        }
        let deep = #expect(throws: JSONError.self) {
            try Self.parse(String(repeating: "[", count: 9) + String(repeating: "]", count: 9))
        }
        #expect(deep?.code == .tooDeep)
        let limits = JSONParser.Limits(bytesMax: 4)
        #expect(try JSONParser.parse(Array("1234".utf8), limits: limits) == 1234)
        let long = #expect(throws: JSONError.self) { try JSONParser.parse(Array("12345".utf8), limits: limits) }
        #expect(long?.code == .oversized)
    }

    @Test("no text, however mangled, traps; what is read has one canonical form that reads back the same")
    func mangled() throws {
        let seed = Array(#"{"a":[1,-2.5e3,"\u00e9\n\ud83d\ude00",{"b":null}],"c":true,"d":"é"}"#.utf8)
        var random = SplitMix(state: 0x5EED)
        var read = 0
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0...Int(random.next() % 3) {
                let place = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: place)
                default: bytes.insert(seed[Int(random.next() % UInt64(seed.count))], at: place)
                }
            }
            guard let value = try? JSONParser.parse(bytes, limits: Self.limits),
                let canonical = try? CanonicalJSON.encode(value)
            else { continue }
            read += 1
            let again = try JSONParser.parse(canonical, limits: Self.limits)
            #expect(try CanonicalJSON.encode(again) == canonical)
        }
        #expect(read > 500, "the mangling leaves too few texts readable to say anything")
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
