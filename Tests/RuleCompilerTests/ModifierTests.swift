import DetectionEngine
import RuleCompiler
import Testing

@Suite("Modifiers")
struct ModifierTests {
    struct Row: CustomTestStringConvertible {
        /// Lines of one selection.
        var selection: String
        /// Members of events, in JSON, that match.
        var hits: [String]
        /// And that do not.
        var misses: [String]
        var testDescription: String { selection }

        init(_ selection: String, hits: [String], misses: [String]) {
            (self.selection, self.hits, self.misses) = (selection, hits, misses)
        }

        /// Texts of one field `F`.
        init(_ selection: String, texts: [String], not others: [String]) {
            func member(_ text: String) -> String {
                "\"F\": \"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n"))\""
            }
            self.init(selection, hits: texts.map(member), misses: others.map(member))
        }
    }

    @Test("a modifier means what Sigma says", arguments: texts + encodings + comparisons + values + keywords)
    func meaning(row: Row) throws {
        for members in row.hits { #expect(try Fixture.holds(row.selection, members), "\(members) must match") }
        for members in row.misses { #expect(try !Fixture.holds(row.selection, members), "\(members) must not match") }
    }

    static let texts: [Row] = [
        Row("F|re: '^a.c$'", texts: ["abc", "a.c"], not: ["ABC", "abcd", "a\nc"]),
        Row("F|re: 'b{2,}'", texts: ["abbc", "bbb"], not: ["b", "BB"]),
        Row("F|re|i: '^ab?c'", texts: ["ABC", "acd"], not: ["xac"]),
        Row("F|re|m: '^b$'", texts: ["a\nb\nc", "b"], not: ["ab"]),
        Row("F|re|s: 'a.b'", texts: ["a\nb", "a-b"], not: ["ab"]),
        Row("F|re|i|s: 'A.b'", texts: ["a\nB"], not: ["ab"]),
        Row("F|re|contains: 'a+'", texts: ["xaax"], not: ["b"]),
        Row("F|re|all: ['a', 'b']", texts: ["ba"], not: ["a", "b"]),
        Row("F|re|neq: 'a'", texts: ["b"], not: ["a"]),
        Row("F|windash: '-a'", texts: ["-a", "/A", "\u{2013}a", "\u{2014}a", "\u{2015}a"], not: ["a", "--a", "+a"]),
        Row("F|windash: '/a'", texts: ["-a", "/a"], not: ["a"]),
        Row("F|windash|contains: ' -x'", texts: ["p -x", "p /x q", "p \u{2013}X"], not: ["p-x", "p x"]),
        Row("F|contains|windash: '-a -b'", texts: ["-a /b", "/a -b", "\u{2015}a \u{2014}b"], not: ["-a b"]),
        Row("F|windash: 'a-b'", texts: ["a-b"], not: ["a/b"]),
        Row("F|windash: '- a'", texts: ["- a"], not: ["/ a"]),
        Row("F|contains|all|windash: ['-a', '-b']", texts: ["/a \u{2013}b"], not: ["/a"]),
        Row("F|windash|startswith: '-a*z'", texts: ["/abz1"], not: ["/ab"]),
        Row("F|cased: 'Ab'", texts: ["Ab"], not: ["ab", "AB"]),
        Row("F|cased|contains: 'Ab'", texts: ["xAbx"], not: ["xabx"]),
        Row("F|startswith|cased: 'Ab*Cd'", texts: ["Ab1Cd2"], not: ["ab1Cd2", "Ab1cd"]),
        Row("F|endswith|cased: '\u{C9}t'", texts: ["x\u{C9}t"], not: ["x\u{E9}t"]),
        Row("F|endswith: '\u{C9}t'", texts: ["x\u{E9}T", "\u{C9}t"], not: ["et"]),
        Row("F|cased: '12'", texts: ["12"], not: ["123"]),
        Row("F|neq: ab", texts: ["abc", ""], not: ["ab", "AB"]),
        Row("F|neq: [ab, cd]", texts: ["x"], not: ["ab", "cd"]),
        Row("F|contains|neq: ab", texts: ["a"], not: ["xabx"]),
        Row("F|contains|all|neq: [a, b]", texts: ["a", "b"], not: ["ab"]),
        Row("F|contains: ''", texts: ["", "x"], not: []),
        Row(#"F: '\\\\srv\\*'"#, texts: [#"\\srv\x"#], not: [#"\srv\x"#]),
    ]

    static let encodings: [Row] = [
        Row("F|base64: foo", texts: ["Zm9v"], not: ["Zm9vYg=="]),
        Row("F|base64|contains: foob", texts: ["xx Zm9vYg== yy"], not: ["Zm9v"]),
        Row("F|base64|cased: foo", texts: ["Zm9v"], not: ["zm9v"]),
        Row(
            "F|base64offset|contains: foobar",
            texts: ["Zm9vYmFyIGJheg==", "IGZvb2JhciBi", "ICBmb29iYXI="], not: ["Zm9vYmEgYmF6"]),
        Row("F|wide|base64: cmd", texts: ["YwBtAGQA"], not: ["Y21k"]),
        Row("F|utf16le|base64: cmd", texts: ["YwBtAGQA"], not: ["Y21k"]),
        Row("F|utf16be|base64: cmd", texts: ["AGMAbQBk"], not: ["YwBtAGQA"]),
        Row("F|utf16|base64: cmd", texts: ["//5jAG0AZAA="], not: ["YwBtAGQA"]),
        Row("F|wide|base64: '\u{E9}'", texts: ["6QA="], not: ["w6k="]),
        Row("F|wide|base64offset|contains: 'ab'", texts: ["YQBiAA==", "IGEAYgA=", "ICBhAGIA"], not: ["YWI="]),
        Row(#"F|base64: 'a\*b'"#, texts: ["YSpi"], not: ["YSp"]),
        Row("F|windash|base64offset|contains: '-enc'", texts: ["LWVuYw==", "L2VuYw==", "IC9lbmM="], not: ["ZW5j"]),
        Row("F|wide: 'ab'", hits: [#""F": "a\u0000b\u0000""#], misses: [#""F": "ab""#]),
        Row("F|utf16be|contains: 'b*c'", hits: [#""F": "x\u0000b--\u0000c""#], misses: [#""F": "bc""#]),
        Row("F|utf16: 'a'", hits: [#""F": "\uFEFFa\u0000""#], misses: [#""F": "a\u0000""#]),
    ]

    static let comparisons: [Row] = [
        Row("F|lt: 5", hits: [#""F": 4"#, #""F": "4""#, #""F": 4.5"#], misses: [#""F": 5"#, #""F": "x""#, ""]),
        Row("F|lte: 5.5", hits: [#""F": 5.5"#, #""F": 5"#], misses: [#""F": 5.6"#]),
        Row("F|gt: -1", hits: [#""F": 0"#], misses: [#""F": -1"#, #""F": null"#]),
        Row("F|gte: [5, 9]", hits: [#""F": 5"#], misses: [#""F": 4"#]),
        Row("F|gte|all: [5, 9]", hits: [#""F": 9"#], misses: [#""F": 5"#]),
        Row("F|gt|neq: 5", hits: [#""F": 5"#, ""], misses: [#""F": 6"#]),
        Row("F|neq: 5", hits: [#""F": 6"#, ""], misses: [#""F": 5"#, #""F": "5""#]),
        Row(
            "F|cidr: [10.0.0.0/8, 'fe80::/10']", hits: [#""F": "10.1.2.3""#, #""F": "fe80::1""#],
            misses: [#""F": "11.0.0.1""#, #""F": "x""#]),
        Row("F|cidr: 10.0.0.1", hits: [#""F": "10.0.0.1""#], misses: [#""F": "10.0.0.2""#]),
        Row("F|cidr|neq: 10.0.0.0/8", hits: [#""F": "11.0.0.1""#, ""], misses: [#""F": "10.0.0.1""#]),
        Row("F|exists: true", hits: [#""F": null"#, #""F": """#], misses: [""]),
        Row("F|exists: no", hits: [""], misses: [#""F": 1"#]),
        Row("F|exists|neq: true", hits: [""], misses: [#""F": 1"#]),
        Row("F|fieldref: G", hits: [#""F": "aB", "G": "Ab""#], misses: [#""F": "a", "G": "b""#, #""F": "a""#, ""]),
        Row("F|fieldref|neq: G", hits: [#""F": "a", "G": "b""#], misses: [#""F": "a", "G": "a""#]),
        Row("F|fieldref|startswith: G", hits: [#""F": "abc", "G": "AB""#], misses: [#""F": "ab", "G": "b""#]),
        Row("F|endswith|fieldref: G", hits: [#""F": "abc", "G": "bc""#], misses: [#""F": "abc", "G": "ab""#]),
        Row("F|fieldref|contains: G", hits: [#""F": "abc", "G": "b""#], misses: [#""F": "abc", "G": "ca""#]),
        Row("F|fieldref|cased: G", hits: [#""F": "a", "G": "a""#], misses: [#""F": "a", "G": "A""#]),
        Row("F|fieldref: [G, H]", hits: [#""F": "a", "H": "a""#], misses: [#""F": "a", "G": "b""#]),
        Row("F|fieldref|gt: G", hits: [#""F": 3, "G": 2"#], misses: [#""F": 2, "G": 2"#]),
        Row("T|hour: 23", hits: [#""T": "2026-11-24T23:59:00Z""#], misses: [#""T": "2026-11-24T22:59:00Z""#, ""]),
        Row("T|hour|gte: 22", hits: [#""T": "2026-11-24T23:59:00Z""#], misses: [#""T": "2026-11-24T21:00:00Z""#]),
        Row("T|minute|lt: 5", hits: [#""T": "2026-11-24T23:04:00Z""#], misses: [#""T": "2026-11-24T23:05:00Z""#]),
        Row("T|day: 24", hits: [#""T": "2026-11-24T23:04:00Z""#], misses: [#""T": "2026-11-25T23:05:00Z""#]),
        Row("T|week: 48", hits: [#""T": "2026-11-24T23:04:00Z""#], misses: [#""T": "2026-11-20T23:05:00Z""#]),
        Row("T|month|neq: 11", hits: [#""T": "2026-12-24T23:04:00Z""#], misses: [#""T": "2026-11-20T23:05:00Z""#]),
        Row("T|year|gt: 2025", hits: [#""T": "2026-12-24T23:04:00Z""#], misses: [#""T": "2025-11-20T23:05:00Z""#]),
    ]

    static let values: [Row] = [
        Row("F: true", hits: [#""F": true"#, #""F": "True""#], misses: [#""F": false"#, #""F": 1"#]),
        Row("F: 'true'", hits: [#""F": true"#], misses: [#""F": false"#]),
        Row("F: yes", hits: [#""F": true"#], misses: [#""F": "yes""#]),
        Row("F: 0x1f", hits: [#""F": 31"#, #""F": "31""#], misses: [#""F": "0x1f""#]),
        Row("F: 0755", hits: [#""F": 493"#], misses: [#""F": 755"#]),
        Row("F: 1_000", hits: [#""F": 1000"#], misses: [#""F": "1_000""#]),
        Row("F: 1.5", hits: [#""F": 1.5"#, #""F": "1.5""#], misses: [#""F": 1"#, #""F": 15"#]),
        Row("F: 1.0", hits: [#""F": 1"#, #""F": "1.0""#], misses: [#""F": 10"#]),
        Row("F: 22", hits: [#""F": 22"#, #""F": "22""#], misses: [#""F": "022""#, #""F": 2"#]),
        Row("F|contains: 22", hits: [#""F": "p22""#, #""F": 1225"#], misses: [#""F": "2-2""#]),
        Row("F: null", hits: [#""F": null"#, ""], misses: [#""F": """#, #""F": "null""#]),
        Row("F: []", hits: [#""F": null"#, ""], misses: [#""F": """#]),
        Row("F: ''", hits: [#""F": """#], misses: [#""F": null"#, "", #""F": " ""#]),
        Row("F: [null, '', a]", hits: ["", #""F": """#, #""F": "A""#], misses: [#""F": "b""#]),
        Row("F|neq: null", hits: [#""F": """#], misses: ["", #""F": null"#]),
        Row("F: '*'", hits: [#""F": """#, #""F": 5"#], misses: ["", #""F": null"#]),
        Row("F: b", hits: [#""F": ["a", "b"]"#], misses: [#""F": ["a", "ab"]"#, #""F": "a, b""#]),
        Row("a.b: x", hits: [#""a": {"b": "x"}"#, #""a.b": "x""#], misses: [#""a": {"c": "x"}"#]),
        Row("- F: a\n  G: b\n- H: c", hits: [#""F": "a", "G": "b""#, #""H": "c""#], misses: [#""F": "a""#]),
        Row("- - F: a\n- - G: b", hits: [#""F": "a""#, #""G": "b""#], misses: [#""H": "a""#]),
        Row("- F: a\n- word", hits: [#""F": "a""#, #""G": "a word""#], misses: [#""G": "a""#]),
    ]

    static let keywords: [Row] = [
        Row(
            "- Foo\n- 'b?r'", hits: [#""F": "xfoox""#, #""F": "a BAR""#, #""G": {"H": "foo"}"#], misses: [#""F": "fo""#]
        ),
        Row("'|all': [foo, bar]", hits: [#""F": "foo", "G": "xbar""#, #""F": "bar foo""#], misses: [#""F": "foo""#]),
        Row("'|contains|all': [foo, bar]", hits: [#""F": "foo", "G": "xbar""#], misses: [#""F": "foo""#]),
        Row("'|cased': Foo", hits: [#""F": "xFoo""#], misses: [#""F": "foo""#]),
        Row("'|re': '^fo+$'", hits: [#""F": "fooo""#], misses: [#""F": "xfoo""#]),
        Row("'|startswith': foo", hits: [#""F": "food""#], misses: [#""F": "xfoo""#]),
        Row("'|cidr': 10.0.0.0/8", hits: [#""F": "10.0.0.1""#], misses: [#""F": "11.0.0.1""#]),
        Row("- 4104", hits: [#""F": 4104"#, #""F": "id 4104""#], misses: [#""F": 410"#]),
        Row("- foo*bar", hits: [#""F": "xfoo-barx""#], misses: [#""F": "bar foo""#]),
        Row("- b", hits: [#""F": ["a", "b"]"#], misses: [#""b": "a""#]),
    ]

    @Test("a placeholder stands for each of its values, which may have wildcards, and as a part of an expression")
    func placeholders() throws {
        let values = ["admins": ["root", "adm_*"], "dot": ["."], "p%": ["never"]]
        func holds(_ selection: String, _ text: String) throws -> Bool {
            try Fixture.holds(selection, "\"F\": \"\(text)\"", placeholders: values)
        }
        #expect(try holds("F|expand: '%admins%'", "ROOT"))
        #expect(try holds("F|expand: '%admins%'", "adm_bob"))
        #expect(try !holds("F|expand: '%admins%'", "bob"))
        #expect(try holds("F|contains|expand: 'x%admins%y'", "-xrooty-"))
        #expect(try holds("F|contains|all|expand: ['%admins%', '@%dot%']", "root@."))
        #expect(try !holds("F|contains|all|expand: ['%admins%', '@%dot%']", "root"))
        #expect(try holds("F|re|expand: '^(%admins%)$'", "root"))
        #expect(try holds("F|expand: '100%'", "100%"), "a sign that begins no name is itself")
        #expect(try holds("F|contains: '%admins%'", "%admins%"), "without |expand there are no placeholders")
        #expect(try holds("F|expand|base64: '%dot%'", "Lg=="))
        let set = Fixture.open(Fixture.openRule("s:\n    F|expand: ['a', '%unknown%']\ncondition: s"))
        #expect(set.rules.isEmpty)
        #expect(set.errors.map(\.code) == [.placeholderMissing])
        #expect(set.errors.first?.line == 7)
        let many = (0...RuleSourceLimit.variantCountMax).map { "v\($0)" }
        let large = Fixture.open(
            Fixture.openRule("s:\n    F|expand: '%many%'\ncondition: s"), placeholders: ["many": many])
        #expect(large.errors.first?.message.contains("texts come of it") == true)
    }

    @Test("a literal that a pattern or a cased text needs is asked for first")
    func necessaryLiterals() throws {
        func expression(_ field: String) throws -> RuleExpression {
            let set = Fixture.open(Fixture.openRule("s:\n    \(field)\ncondition: s"))
            return try #require(set.rules.first).draft.expression
        }
        func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
        guard case .all(let pattern) = try expression("F: 'ab*CDE?f'") else { throw Unexpected() }
        #expect(pattern.first == .test(Predicate(.named("F"), .contains(bytes("cde")))))
        guard case .all(let cased) = try expression("F|endswith|cased: 'Ab'") else { throw Unexpected() }
        #expect(cased.first == .test(Predicate(.named("F"), .endsWith(bytes("ab")))))
        #expect(cased.last == .test(Predicate(.named("F"), .endsWith(bytes("Ab")), isCased: true)))
        #expect(try expression("F|cased: '12'") == .test(Predicate(.named("F"), .equals(bytes("12")))))
        guard case .test(let short) = try expression("F: 'a?b'") else { throw Unexpected() }
        #expect(short.test == .pattern([.byte(97), .one, .byte(98)]))
    }

    struct Unexpected: Error {}
}
