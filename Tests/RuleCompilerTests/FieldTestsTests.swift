import DetectionEngine
import FleetModel
import Testing

@Suite("Fields and values")
struct FieldTestsTests {
    struct Row: CustomTestStringConvertible {
        /// One field of a selection.
        var field: String
        /// Command lines that match.
        var hits: [String]
        /// Command lines that do not.
        var misses: [String]
        var testDescription: String { field }

        init(_ field: String, hits: [String], misses: [String]) {
            (self.field, self.hits, self.misses) = (field, hits, misses)
        }
    }

    static let rows: [Row] = [
        Row("CommandLine: 'Ab c'", hits: ["Ab c", "aB C"], misses: ["ab", "ab c ", " ab c", ""]),
        Row("CommandLine: [ab, cd]", hits: ["AB", "cd"], misses: ["abcd", ""]),
        Row("CommandLine|contains: bc", hits: ["abcd", "BC"], misses: ["b c", ""]),
        Row("CommandLine|contains: [bc, xy]", hits: ["abcd", "wxyz"], misses: ["bxcy"]),
        Row("CommandLine|contains|all: [bc, xy]", hits: ["xy bc"], misses: ["bc", "xy"]),
        Row("CommandLine|all|contains: [bc, xy]", hits: ["xy bc"], misses: ["bc", "xy"]),
        Row("CommandLine|startswith: ab", hits: ["ab", "ABc"], misses: ["cab", "a"]),
        Row("CommandLine|endswith: ab", hits: ["ab", "cAB"], misses: ["abc", "b"]),
        Row("CommandLine|endswith: 'a?'", hits: ["ab", "xxa\u{1F525}"], misses: ["a", "abc"]),
        Row("CommandLine|startswith: 'a?c'", hits: ["abc", "a\u{E9}cd"], misses: ["ac", "abbc"]),
        Row("CommandLine|contains: 'a*c'", hits: ["xabcx", "ac"], misses: ["ca"]),
        Row("CommandLine: 'a*c'", hits: ["abc", "ac", "a c c"], misses: ["acx", "xac"]),
        Row("CommandLine: 'a*b*c'", hits: ["abc", "a1b2c", "abbc"], misses: ["acb", "ab"]),
        Row("CommandLine: '*'", hits: ["", "x"], misses: []),
        Row("CommandLine: '?*'", hits: ["x", "\u{1F525}"], misses: [""]),
        Row("CommandLine: '??'", hits: ["ab", "\u{E9}\u{1F525}"], misses: ["a", "abc", "\u{1F525}"]),
        Row(#"CommandLine: 'a\*c'"#, hits: ["a*c"], misses: ["abc", #"a\*c"#]),
        Row(#"CommandLine: 'a\?c'"#, hits: ["a?c"], misses: ["abc"]),
        Row(#"CommandLine: 'a\\*c'"#, hits: [#"a\c"#, #"a\bc"#], misses: ["a*c"]),
        Row(#"CommandLine: 'a\\\*c'"#, hits: [#"a\*c"#], misses: [#"a\bc"#]),
        Row(#"CommandLine: 'a\bc'"#, hits: [#"a\bc"#], misses: ["abc"]),
        Row(#"CommandLine: 'a\\bc'"#, hits: [#"a\bc"#], misses: [#"a\\bc"#]),
        Row(#"CommandLine: '\\\\srv\'"#, hits: [#"\\srv\"#], misses: [#"\srv\"#]),
        Row("CommandLine|cased: aB", hits: ["aB"], misses: ["ab", "AB"]),
        Row("CommandLine|contains|cased: [aB, c]", hits: ["xaBx", "c"], misses: ["xabx", "C"]),
        Row("CommandLine: ''", hits: [""], misses: [" ", "x"]),
        Row("CommandLine: 22", hits: ["22"], misses: ["022", "22 "]),
        Row("CommandLine: -5", hits: ["-5"], misses: ["5"]),
        Row("CommandLine|contains: 22", hits: ["port 22"], misses: ["2 2"]),
        Row("CommandLine: true", hits: ["true", "TRUE"], misses: ["1"]),
        Row("CommandLine: '1_000'", hits: ["1_000"], misses: ["1000"]),
        Row("CommandLine: 1.50", hits: ["1.50"], misses: ["1.5"]),
        Row("CommandLine|neq: ab", hits: ["abc", ""], misses: ["ab", "AB"]),
        Row("CommandLine: \u{E9}A", hits: ["\u{E9}a", "\u{C9}a"], misses: ["ea"]),
    ]

    @Test("a value means what Sigma says", arguments: rows)
    func values(row: Row) throws {
        var interpreter = try Fixture.interpreter(Fixture.rule("s:\n    \(row.field)\ncondition: s"))
        for text in row.hits {
            #expect(
                interpreter.matches(of: Fixture.event([.commandLine: .text(text)])).count == 1, "\(text) must match")
        }
        for text in row.misses {
            #expect(
                interpreter.matches(of: Fixture.event([.commandLine: .text(text)])).isEmpty, "\(text) must not match")
        }
    }

    @Test("absent, null and the empty text are three things")
    func nothing() throws {
        let values: [FieldValue?] = [nil, .null, .text(""), .text("x")]
        let expected: [(String, [Bool])] = [
            ("User: null", [true, true, false, false]),
            ("User: ~", [true, true, false, false]),
            ("User: ''", [false, false, true, false]),
            ("User: '*'", [false, false, true, true]),
            ("User|exists: true", [false, true, true, true]),
            ("User|exists: false", [true, false, false, false]),
            ("User|neq: x", [true, true, true, false]),
            ("User|neq: null", [false, false, true, true]),
            ("User: [null, '']", [true, true, true, false]),
        ]
        for (field, verdicts) in expected {
            for (value, verdict) in zip(values, verdicts) {
                let fields = value.map { [EventField.user: $0] } ?? [:]
                #expect(
                    try Fixture.matches("s:\n    \(field)\ncondition: s", fields) == verdict,
                    "\(field) of \(String(describing: value))")
            }
        }
    }

    @Test("numbers have an order, whichever type the sensor sends")
    func numbers() throws {
        let expected: [(String, Set<Int64>)] = [
            ("lt: 5", [-7, 0, 4]), ("lte: 5", [-7, 0, 4, 5]), ("gt: 5", [6, 99]), ("gte: 5", [5, 6, 99]),
            ("gt: -8", [-7, 0, 4, 5, 6, 99]),
        ]
        for (order, hits) in expected {
            let detection = "s:\n    DestinationPort|\(order)\ncondition: s"
            for number in [-7, 0, 4, 5, 6, 99] as [Int64] {
                for value in [FieldValue.integer(number), .text(String(number))] {
                    let held = try Fixture.matches(detection, [.destinationPort: value], kind: .networkConnection)
                    #expect(held == hits.contains(number), "\(order) of \(value)")
                }
            }
            for value in [FieldValue.null, .text(""), .text("x"), .text("5x")] {
                #expect(try !Fixture.matches(detection, [.destinationPort: value], kind: .networkConnection))
            }
        }
        for value in [FieldValue.integer(443), .text("443")] {
            #expect(
                try Fixture.matches(
                    "s:\n    DestinationPort: [80, 443]\ncondition: s", [.destinationPort: value],
                    kind: .networkConnection))
            #expect(
                try Fixture.matches(
                    "s:\n    DestinationPort|startswith: 44\ncondition: s", [.destinationPort: value],
                    kind: .networkConnection))
        }
    }

    @Test("addresses lie in networks, and texts that are no addresses do not")
    func networks() throws {
        let detection = "s:\n    DestinationIp|cidr: [10.0.0.0/8, 192.168.4.0/23, 'fe80::/10', '::1']\ncondition: s"
        let hits = ["10.255.0.1", "192.168.5.255", "fe80::1", "febf::", "FE80::A", "::1", "0:0:0:0:0:0:0:1"]
        let misses = [
            "11.0.0.1", "192.168.6.0", "fec0::1", "::2", "10.0.0", "10.0.0.256", "10.0.0.01", "x", "",
            "::ffff:10.0.0.1",
        ]
        for text in hits {
            #expect(try Fixture.matches(detection, [.destinationIp: .text(text)], kind: .networkConnection), "\(text)")
        }
        for text in misses {
            #expect(try !Fixture.matches(detection, [.destinationIp: .text(text)], kind: .networkConnection), "\(text)")
        }
    }

    @Test("the fields of a map are all needed, the maps of a list are alternatives")
    func maps() throws {
        let detection = "s:\n    - Image: x\n      User: y\n    - Image: z\ncondition: s"
        #expect(try Fixture.matches(detection, [.image: .text("x"), .user: .text("y")]))
        #expect(try Fixture.matches(detection, [.image: .text("z")]))
        #expect(try !Fixture.matches(detection, [.image: .text("x")]))
    }

    @Test("keywords are looked for in every value, and |all means all over the event")
    func keywords() throws {
        #expect(try Fixture.matches("k:\n    - foo\n    - 'b?r'\ncondition: k", [.parentImage: .text("/xBARx")]))
        #expect(try Fixture.matches("k: foo\ncondition: k", [.user: .text("food")]))
        #expect(try !Fixture.matches("k: foo\ncondition: k", [.user: .text("fo")]))
        let all = "k:\n    '|all': [foo, bar]\ncondition: k"
        #expect(try Fixture.matches(all, [.user: .text("foo"), .image: .text("bar")]))
        #expect(try !Fixture.matches(all, [.user: .text("foo")]))
        #expect(try Fixture.matches("k: 42\ncondition: k", [.processId: .integer(1_425)]), "a number as it is written")
    }

    @Test("a match carries the fields whose tests held, and their values")
    func matchedFields() throws {
        let detection =
            "s:\n    Image|endswith: /sh\n    CommandLine|contains: [zzz, curl]\nf:\n    User: root\ncondition: s and not f"
        var interpreter = try Fixture.interpreter(Fixture.rule(detection))
        let event = Fixture.event([
            .image: .text("/bin/sh"), .commandLine: .text("curl x"), .user: .text("bob"), .processId: .integer(5),
        ])
        let match = try #require(interpreter.matches(of: event).first)
        #expect(
            match.fields == [
                .init(name: "CommandLine", value: .text("curl x")), .init(name: "Image", value: .text("/bin/sh")),
            ])
        #expect(match.rule.id == Fixture.id)
        #expect(match.rule.level == .low)
    }
}
