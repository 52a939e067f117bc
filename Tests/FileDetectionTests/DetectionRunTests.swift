import DetectionEngine
import FileDetection
import FleetModel
import RuleCompiler
import Testing

@Suite("DetectionRun")
struct DetectionRunTests {
    static func rule(_ number: Int, _ detection: String, level: String = "low", source: String = "service: x") -> String
    {
        """
        title: Rule \(number)
        id: 00000000-0000-4000-8000-00000000000\(number)
        level: \(level)
        logsource:
            product: test
            \(source)
        detection:
        \(detection.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
        """
    }

    static func set(_ rules: [String]) -> RuleSet {
        RuleCompiler.compile(
            rules.enumerated().map { RuleSource(file: "\($0).yml", bytes: Array($1.utf8)) }, options: .open)
    }

    @Test("matches come in the order of events, with fields when asked for, and the tally counts all")
    func run() throws {
        let set = Self.set([
            Self.rule(1, "s:\n  Name: a*\ncondition: s", level: "high"),
            Self.rule(2, "s:\n  Name|endswith: z\ncondition: s"),
        ])
        #expect(set.errors.isEmpty)
        let content = #"""
            {"Name":"abz"}
            nonsense
            {"Name":"b"}
            {"Name":"xz"}
            """#
        try TemporaryFile.with(content) { path in
            var run = DetectionRun(
                try RuleLoading.program(of: set), tags: SourceTags(product: "test", service: "x"))
            var file = try EventFile(path: path, layout: .lines)
            var matches: [String] = []
            var refusals: [Int] = []
            try run.run(
                &file, wantsDetails: true,
                onMatch: { match in
                    let fields = (match.details?.fields ?? []).map { "\($0.name)=\($0.value)" }
                    matches.append("\(match.event) \(match.ruleID.suffix(1)) \(fields.joined())")
                },
                onRefusal: { index, error in
                    #expect(error.code == .notJSON)
                    refusals.append(index)
                }, onProgress: { _ in })
            #expect(
                matches == [
                    "0 1 Name=text(\"abz\")", "0 2 Name=text(\"abz\")", "3 2 Name=text(\"xz\")",
                ])
            #expect(refusals == [1])
            let tally = run.tally
            #expect(tally.eventCount == 4 && tally.refusedCount == 1)
            #expect(tally.matchCount == 3 && tally.matchedEventCount == 2)
            #expect(tally.rulesThatMatched.map { "\($0.rule.title) \($0.count)" } == ["Rule 1 1", "Rule 2 2"])
        }
    }

    @Test("rules that all were refused are no program, and the error says so")
    func nothing() {
        let error = #expect(throws: FileDetectionError.self) {
            try RuleLoading.program(of: Self.set([Self.rule(1, "s:\n  Name|nosuch: a\ncondition: s")]))
        }
        #expect(error?.code == .rulesEmpty)
    }

    @Test(
        "paths that lead nowhere, and folders without rules, are named", arguments: ["/nonexistent", "/proc/self/fd"])
    func paths(path: String) {
        let error = #expect(throws: FileDetectionError.self) { try RuleFolder.sources(at: [path]) }
        #expect(error?.subject == path)
    }
}

@Suite("RuleSetReport")
struct RuleSetReportTests {
    private static func report(_ rules: [String]) throws -> RuleSetReport {
        try RuleSetReport(DetectionRunTests.set(rules))
    }

    private static func kinds(_ report: RuleSetReport, _ number: Int) -> Set<RuleSetReport.Finding.Kind> {
        Set(report.rules.first { $0.id.hasSuffix("\(number)") }?.findings.map(\.kind) ?? [])
    }

    @Test("rules that ask the same, or more than another, are told; rules of other log sources and less alike are not")
    func overlaps() throws {
        let report = try Self.report([
            DetectionRunTests.rule(1, "s:\n  A: x\n  B: y\ncondition: s"),
            DetectionRunTests.rule(2, "s:\n  B: y\n  A: X\ncondition: s"),
            DetectionRunTests.rule(3, "s:\n  A: x\n  B: y\n  C: z\ncondition: s"),
            DetectionRunTests.rule(4, "s:\n  A: x\n  B: y\ncondition: s", source: "service: other"),
            DetectionRunTests.rule(5, "s:\n  A: x\nt:\n  B: y\ncondition: s or t"),
        ])
        #expect(Self.kinds(report, 1).isDisjoint(with: [.duplicate, .covered]))
        #expect(Self.kinds(report, 2).contains(.duplicate))
        #expect(Self.kinds(report, 3).contains(.covered))
        #expect(Self.kinds(report, 4).isDisjoint(with: [.duplicate, .covered]))
        #expect(Self.kinds(report, 5).isDisjoint(with: [.duplicate, .covered]))
    }

    @Test("a rule that an event without fields matches is told, and one that nothing triggers")
    func everything() throws {
        let report = try Self.report([
            DetectionRunTests.rule(1, "s:\n  A: x\ncondition: not s"),
            DetectionRunTests.rule(2, "s:\n  A|gt: 5\ncondition: s"),
            DetectionRunTests.rule(3, "s:\n  A: x\ncondition: s"),
        ])
        #expect(Self.kinds(report, 1).contains(.matchesEverything))
        #expect(!Self.kinds(report, 2).contains(.matchesEverything))
        #expect(report.rules.map(\.isTriggered) == [false, false, true])
    }

    @Test("a log source that no taxonomy knows is told, and one that it knows is not")
    func unmapped() throws {
        let report = try Self.report([
            DetectionRunTests.rule(1, "s:\n  A: x\ncondition: s"),
            DetectionRunTests.rule(2, "s:\n  A: x\ncondition: s").replacing(
                "product: test\n    service: x", with: "product: windows\n    service: security"),
        ])
        #expect(Self.kinds(report, 1).contains(.unmapped) && !Self.kinds(report, 2).contains(.unmapped))
    }

    @Test("a dearer test makes a dearer rule, and refused rules are counted by document")
    func prices() throws {
        let report = try Self.report([
            DetectionRunTests.rule(1, "s:\n  A: x\ncondition: s"),
            DetectionRunTests.rule(2, "s:\n  A|re: 'x.{1,200}y'\ncondition: s"),
            DetectionRunTests.rule(3, "s:\n  A|nosuch: x\n  B|nosuch: y\ncondition: s"),
        ])
        #expect(report.refusedCount == 1 && !report.errors.isEmpty)
        #expect(report.rules[0].cost < report.rules[1].cost)
        #expect(report.cost >= report.rules[1].cost)
    }
}
