import DetectionEngine
import FleetModel
import RuleCompiler
import Testing

@Suite("Rule compiler")
struct RuleCompilerTests {
    struct Row: CustomTestStringConvertible {
        /// What is put in the place of a line of the good rule.
        var change: (line: Int, text: String)
        var code: RuleCompilerError.Code
        /// Where the error must point.
        var line: Int
        /// Words that it must say.
        var words: String
        var testDescription: String { "\(change.text.prefix(60)): \(code.rawValue)" }

        init(_ line: Int, _ text: String, _ code: RuleCompilerError.Code, at errorLine: Int? = nil, _ words: String) {
            (change, self.code, self.line, self.words) = ((line, text), code, errorLine ?? line, words)
        }
    }

    static let good = """
        title: Good rule
        id: 6f1c2d7e-3f54-4c7b-9a55-0c1f0d6f9b10
        status: test
        description: d
        author: Firebreak
        date: 2026-11-24
        tags:
            - attack.t1059
        logsource:
            category: process_creation
            product: linux
        detection:
            selection:
                Image|endswith: /sh
            condition: selection
        level: high
        """

    static let rows: [Row] = [
        Row(1, "titel: x", .attributeMissing, at: 1, "title: a rule needs it; add title"),
        Row(1, "titel: x\ntitle: y", .attributeUnknown, "titel: Sigma has no such attribute"),
        Row(1, "title: ''", .attributeInvalid, "0 bytes, where 1 to 256 are allowed"),
        Row(1, "title: [a]", .attributeInvalid, "it must be a text"),
        Row(1, "title: \"a\\nb\"", .attributeInvalid, "one line without control characters"),
        Row(2, "id: 12", .attributeInvalid, "\"12\" is no UUID in lower case"),
        Row(2, "id: 6F1C2D7E-3F54-4C7B-9A55-0C1F0D6F9B10", .attributeInvalid, "no UUID in lower case"),
        Row(3, "status: done", .attributeInvalid, "there are stable, test, experimental, deprecated, unsupported"),
        Row(6, "date: 24.11.2026", .attributeInvalid, "\"24.11.2026\" is no date; write it as in 2026-11-24"),
        Row(6, "date: 2026-02-29", .attributeInvalid, "is no day of the calendar"),
        Row(4, "response: destroy", .attributeInvalid, "no such response; there are alert, deny, kill, quarantine"),
        Row(4, "response: [kill]", .attributeInvalid, "it must be a text"),
        Row(8, "    - attack", .attributeInvalid, "\"attack\" is no tag"),
        Row(8, "    - Attack.T1059", .attributeInvalid, "in lower case, as in attack.t1059"),
        Row(8, "    - [a]", .attributeInvalid, "a list stands where a text must stand"),
        Row(10, "    category: registry_set", .logSourceUnsupported, "there are process_creation"),
        Row(10, "    service: auditd", .logSourceUnsupported, "service: auditd: no sensor reads this log"),
        Row(10, "    kategorie: x", .attributeUnknown, "logsource.kategorie"),
        Row(11, "    product: windows", .logSourceUnsupported, "only linux is there"),
        Row(12, "detektion:", .attributeMissing, at: 1, "detection: a rule needs it"),
        Row(14, "        Imag: /sh", .fieldUnknown, "Imag: process_creation has no such field; it has CommandLine"),
        Row(14, "        image: /sh", .fieldUnknown, "write Image"),
        Row(14, "        TargetFilename: /sh", .fieldUnknown, "process_creation has no such field"),
        Row(14, "        Image|re: '(a'", .regexInvalid, "Image|re: "),
        Row(14, "        Image|re: '(?<!a)b'", .regexInvalid, "Image|re: "),
        Row(14, "        Image|i|re: a", .modifierUnsupported, "|i is a flag of a regular expression; put |re before"),
        Row(14, "        Image|re|cased: a", .modifierUnsupported, "case counts in a regular expression as it is"),
        Row(14, "        Image|re|startswith: a", .modifierUnsupported, "cannot hold together"),
        Row(14, "        Image|re|windash: -a", .modifierUnsupported, "there is no text to encode here"),
        Row(14, "        Image|windash: -a -b -c -d", .valueInvalid, "more than 3 dashes to replace"),
        Row(14, "        Image|expand: '%x%'", .placeholderMissing, "Image|expand: %x% has no value"),
        Row(14, "        Image|base64|expand: '%x%'", .modifierUnsupported, "put |expand first"),
        Row(14, "        Image|base64offset|windash: -x", .modifierUnsupported, "put |windash first"),
        Row(14, "        Image|contains|base64: x", .modifierUnsupported, "put |base64 before the comparison"),
        Row(14, "        Image|base64|base64offset: x", .modifierUnsupported, "cannot follow another encoding"),
        Row(14, "        Image|wide|utf16be: x", .modifierUnsupported, "cannot follow another encoding"),
        Row(14, "        Image|base64: 'a*'", .valueInvalid, "wildcards and the empty text have no Base64"),
        Row(14, "        Image|base64offset|contains: x", .valueInvalid, "one byte has no part of Base64 of its own"),
        Row(14, "        Image|wide: \u{E9}", .valueInvalid, "letters beyond ASCII in UTF-16"),
        Row(14, "        Image|fieldref: Usr", .fieldUnknown, "Usr: process_creation has no such field"),
        Row(14, "        Image|fieldref: 'U*'", .valueInvalid, "a field's name has no wildcards"),
        Row(14, "        Image|fieldref: 5", .valueInvalid, "|fieldref needs the name of a field"),
        Row(14, "        Image|re|fieldref: User", .modifierUnsupported, "|fieldref compares whole fields"),
        Row(14, "        Image|hour: 24", .valueInvalid, "a hour is 0 to 23; 24 never is one"),
        Row(14, "        Image|hour|minute: 5", .modifierUnsupported, "two parts of a time cannot be one number"),
        Row(14, "        Image|hour|contains: 5", .modifierUnsupported, "a part of a time is a number"),
        Row(14, "        Image|exists|all: true", .modifierUnsupported, "|all means nothing here"),
        Row(
            14, "        Image|containz: x", .modifierUnknown, "Sigma has no modifier |containz; there are all, base64"),
        Row(14, "        Image|contains|startswith: x", .modifierUnsupported, "cannot hold together"),
        Row(14, "        Image|contains|contains: x", .modifierUnsupported, "there twice"),
        Row(14, "        ProcessId|gt|cased: 5", .modifierUnsupported, "|cased means nothing here"),
        Row(14, "        ProcessId|gt|all: 5", .modifierUnsupported, "|all means nothing here"),
        Row(14, "        ProcessId|gt: [5, 6]", .valueInvalid, "a list means nothing here"),
        Row(14, "        ProcessId|gt: 5.5", .valueInvalid, "\"5.5\" is no whole number"),
        Row(14, "        ProcessId|gt: '5'", .valueInvalid, "write one without quotes"),
        Row(14, "        Image|gt: 5", .valueInvalid, "Image is a text and has no order"),
        Row(14, "        ProcessId: bash", .valueInvalid, "ProcessId is a number and never \"bash\""),
        Row(14, "        Image|cidr: 10.0.0.1/8", .valueInvalid, "\"10.0.0.1/8\" is no network"),
        Row(14, "        Image|exists: maybe", .valueInvalid, "write one of them without quotes"),
        Row(14, "        Image|contains: ''", .valueInvalid, "the empty text is in every text"),
        Row(14, "        Image|contains: null", .valueInvalid, "null has no text to compare"),
        Row(14, "        Image: []", .valueInvalid, "an empty list; give a value"),
        Row(14, "        Image: {a: b}", .valueInvalid, "a map stands where a value must stand"),
        Row(14, "        Image: [[a]]", .valueInvalid, "a list stands where a value must stand"),
        Row(14, "        Image: 0755", .valueInvalid, "versions of YAML read 0755 differently"),
        Row(14, "        Image: 0x1f", .valueInvalid, "versions of YAML read 0x1f differently"),
        Row(14, "        Image: 1_000", .valueInvalid, "versions of YAML read 1_000 differently"),
        Row(14, "        Image: 12:30", .valueInvalid, "versions of YAML read 12:30 differently"),
        Row(14, "        Image: yes", .valueInvalid, "versions of YAML read yes differently; write it in quotes"),
        Row(14, "        Image: !!int 3", .sourceInvalid, "values have no YAML tags in Sigma; remove it"),
        Row(14, "        '|exists': true", .modifierUnsupported, "keywords have no field to compare"),
        Row(14, "        '|gt': 5", .modifierUnsupported, "keywords have no field to compare"),
        Row(14, "        {}", .detectionInvalid, "an empty map would hold for every event"),
        Row(13, "    selection: []\n    x:", .detectionInvalid, "an empty list; give maps or keywords"),
        Row(13, "    selection: [[a]]\n    x:", .detectionInvalid, "a list in a list"),
        Row(13, "    selection: ''\n    x:", .valueInvalid, "it would be in every event"),
        Row(13, "    not:", .detectionInvalid, "no word of the condition language; rename it"),
        Row(13, "    'sel ection':", .detectionInvalid, "a selection's name is 1 to 128 letters"),
        Row(13, "    timeframe: 5m\n    selection:", .documentUnsupported, "one event has no time frame"),
        Row(15, "    # nothing", .attributeMissing, at: 12, "condition: a detection needs one"),
        Row(15, "    condition: [[a]]", .conditionInvalid, "a condition is a text"),
        Row(16, "level: huge", .attributeInvalid, "there are informational, low, medium, high, critical"),
        Row(16, "level: low\nlevel: high", .sourceInvalid, at: 16, "the name level is there twice"),
        Row(
            16, "level: low\ncorrelation:\n    type: event_count", .documentUnsupported, at: 17,
            "a document is a rule, a filter or a correlation; split it"),
        Row(16, "level: 'low", .sourceInvalid, at: 16, "correct the indentation or the quotes"),
        Row(16, "level: low\ntaxonomy: ecs", .attributeInvalid, at: 17, "fields have Sigma's names here"),
        Row(16, "level: low\nrelated: x", .attributeInvalid, at: 17, "give a list or a map"),
    ]

    private static func source(_ change: (line: Int, text: String)) -> String {
        var lines = good.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines[change.line - 1] = change.text
        return lines.joined(separator: "\n")
    }

    @Test("the good rule is good")
    func goodRule() throws {
        let set = Fixture.compile(Self.good)
        #expect(set.errors.isEmpty)
        let rule = try #require(set.rules.first)
        #expect(rule.draft.metadata.tags == ["attack.t1059"])
        #expect(rule.draft.metadata.author == "Firebreak")
        #expect(rule.status == "test")
        #expect(rule.groupName == "linux/process_creation/*")
    }

    @Test("what is wrong is refused with file, line, rule, construct and what to do", arguments: rows)
    func refusals(row: Row) throws {
        let set = Fixture.compile(Self.source(row.change))
        #expect(set.rules.isEmpty, "a rule with an error is in no program")
        let error = set.errors.first { $0.code == row.code && $0.description.contains(row.words) }
        try #require(error != nil, "\(set.errors)")
        #expect(error?.line == row.line, "\(set.errors)")
        #expect(error?.file == "rules/0.yml")
        #expect(error?.description.hasPrefix("rules/0.yml:\(row.line): ") == true)
    }

    @Test("every code of a refusal is produced by some source")
    func codesAreReached() {
        var reached = Set(Self.rows.map(\.code))
        reached.formUnion([.duplicateID, .conditionInvalid])
        // In the suites of correlations, filters and taxonomies, and where a rule is too large.
        reached.formUnion([.referenceInvalid, .correlationInvalid, .taxonomyInvalid, .tooLarge])
        #expect(reached == Set(RuleCompilerError.Code.allCases))
    }

    @Test("all that is wrong in a rule is told at once, in the order of its lines")
    func allErrors() {
        let text = Self.source((14, "        Imag: x\n    other:\n        User|re: '(y'"))
            .replacing("level: high", with: "level: huge").replacing("id: 6f", with: "id: zz")
        let set = Fixture.compile(text)
        #expect(set.errors.map(\.line) == [2, 14, 16, 18])
        #expect(Set(set.errors.map(\.rule)) == ["Good rule"])
    }

    @Test("an id that is there twice is refused, and the message names the first")
    func duplicates() throws {
        let set = Fixture.compile(Self.good, Self.good)
        #expect(set.rules.map(\.file) == ["rules/0.yml"])
        let error = try #require(set.errors.first)
        #expect(error.code == .duplicateID)
        #expect(error.file == "rules/1.yml")
        #expect(error.message.contains("rules/0.yml:1 has this id"))
    }

    @Test("a file may hold several rules, each with its own line")
    func severalDocuments() {
        let other = Self.good.replacing("6f1c2d7e", with: "7f1c2d7e").replacing("Image", with: "Imag")
        let set = Fixture.compile("---\n" + Self.good + "\n---\n" + other + "\n---\n")
        #expect(set.rules.count == 1)
        #expect(set.errors.map(\.line) == [32])
    }

    @Test("files that are no rules are refused: no map, not UTF-8, too large, too deep, too many values")
    func strangeFiles() {
        func code(_ bytes: [UInt8]) -> RuleCompilerError.Code? {
            let set = RuleCompiler.compile([RuleSource(file: "f.yml", bytes: bytes)])
            return set.rules.isEmpty ? set.errors.first?.code : nil
        }
        #expect(code(Array("- a".utf8)) == .sourceInvalid)
        #expect(code(Array("just text".utf8)) == .sourceInvalid)
        #expect(code([0x74, 0xFF, 0xFE]) == .sourceInvalid)
        #expect(code(Array("title: \u{1}".utf8)) == .sourceInvalid)
        #expect(code(Array(repeating: 0x20, count: RuleSourceLimit.fileBytesMax + 1)) == .sourceInvalid)
        #expect(code(Array(repeating: UInt8(ascii: "["), count: 100_000)) == .sourceInvalid)
        #expect(code(Array(String(repeating: "- ", count: 100_000).utf8)) == .sourceInvalid)
        #expect(code(Array(String(repeating: "? ", count: 100_000).utf8)) == .sourceInvalid)
        var doubling = "a0: &a0 [x, x]\n"
        for level in 1...40 { doubling += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(code(Array(doubling.utf8)) == .sourceInvalid, "aliases that double at each level")
        #expect(
            RuleCompiler.compile([RuleSource(file: "f.yml", bytes: [])]).errors.isEmpty, "an empty file has no rule")
    }

    @Test("a rule above the bound of instructions is refused")
    func tooLarge() {
        let names = (0..<300).map { "s\($0):\n    CommandLine|contains: 'x\($0)x'" }.joined(separator: "\n")
        let set = Fixture.compile(Fixture.rule(names + "\ncondition: 150 of them"))
        #expect(set.errors.map(\.code) == [.tooLarge])
        let fine = Fixture.compile(Fixture.rule(names + "\ncondition: 3 of them"))
        #expect(fine.errors.isEmpty)
    }

    @Test("the same sources give the same bytes, in whatever order they come")
    func reproducible() throws {
        var random = SplitMix64(seed: 0x5EED_0002)
        var sources = (0..<40).map { index in
            let id = "00000000-0000-4000-8000-0000000000" + (index < 10 ? "0\(index)" : "\(index)")
            let kind = EventKind.allCases[index % EventKind.allCases.count].category
            let text = Fixture.rule("s:\n    Image|contains: [a\(index), b, c]\ncondition: s", id: id, category: kind)
            return RuleSource(file: "r\(index).yml", bytes: Array(text.utf8))
        }
        let first = try RuleCompiler.compile(sources).program()
        for _ in 0..<10 {
            sources.shuffle(using: &random)
            #expect(try RuleCompiler.compile(sources).program() == first)
        }
    }

    @Test("a chaos marker is in the program, and nothing else is different")
    func chaos() throws {
        let set = Fixture.compile(Self.good)
        let plain = try set.program()
        for marker in ChaosMarker.allCases {
            let marked = try set.program(chaos: marker)
            #expect(try DetectionProgram(loading: marked).chaos == marker)
            #expect(zip(plain, marked).count { $0 != $1 } == 1)
        }
        #expect(try DetectionProgram(loading: plain).chaos == nil)
    }
}
