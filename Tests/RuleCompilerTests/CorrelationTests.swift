import DetectionEngine
import RuleCompiler
import Testing

@Suite("Correlations")
struct CorrelationTests {
    static let first = "00000000-0000-4000-8000-00000000000a"
    static let second = "00000000-0000-4000-8000-00000000000b"
    static let own = "00000000-0000-4000-8000-00000000000c"

    /// Two rules, `one` (low) and `two` (high), and a correlation with these lines.
    static func compiled(_ lines: String, head: String = "") -> RuleSet {
        let body = lines.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        return Fixture.open(
            Fixture.openRule("s:\n    F: 1\ncondition: s", id: first, name: "one"),
            Fixture.openRule("s:\n    F: 2\ncondition: s", id: second, name: "two")
                .replacing("level: low", with: "level: high"),
            "title: Both\nid: \(own)\n\(head)correlation:\n\(body)")
    }

    private static func correlation(_ lines: String, head: String = "") throws -> DraftCorrelation {
        let set = compiled(lines, head: head)
        try #require(set.errors.isEmpty, "\(set.errors)")
        return try #require(set.draft().correlations.first)
    }

    @Test("a count of events has its rules by id or name, its groups, its span and its bounds")
    func eventCount() throws {
        let draft = try Self.correlation(
            "type: event_count\nrules: [two, \(Self.first)]\ngroup-by: [User, Host]\ntimespan: 15m\n"
                + "condition: {gte: 10, lt: 20}\ngenerate: true", head: "level: critical\nauthor: Me\n")
        #expect(draft.kind == .eventCount)
        #expect(draft.rules == [Self.second, Self.first])
        #expect(draft.groupBy == [.init(name: "User"), .init(name: "Host")])
        #expect(draft.timespanSeconds == 900)
        #expect(draft.bounds == [.init(.greaterOrEqual, 10), .init(.less, 20)])
        #expect(draft.reportsRules)
        #expect(draft.valueField == nil)
        #expect(draft.metadata.level == .critical)
        #expect(draft.metadata.author == "Me")
    }

    @Test("a count of values names its field, and a correlation without a level has the highest of its rules")
    func valueCount() throws {
        let draft = try Self.correlation(
            "type: value_count\nrules: one\ntimespan: 1d\ncondition: {field: User, gt: 3}")
        #expect(draft.kind == .valueCount)
        #expect(draft.valueField == "User")
        #expect(draft.bounds == [.init(.greater, 3)])
        #expect(draft.groupBy.isEmpty)
        #expect(draft.metadata.level == .low)
        #expect(!draft.reportsRules)
        #expect(try Self.correlation("type: temporal\nrules: [one, two]\ntimespan: 1h").metadata.level == .high)
    }

    @Test("fields of other names are grouped under an alias, by the ids of their rules")
    func aliases() throws {
        let draft = try Self.correlation(
            "type: temporal_ordered\nrules: [one, two]\ntimespan: 30s\ngroup-by: [ip, User]\n"
                + "aliases:\n    ip:\n        one: src_ip\n        two: ip")
        #expect(draft.kind == .temporalOrdered)
        #expect(draft.groupBy == [.init(name: "ip", names: [Self.first: "src_ip"]), .init(name: "User")])
        #expect(draft.bounds.isEmpty)
    }

    @Test("a condition in words is all of its rules, or one of them")
    func words() throws {
        let all = try Self.correlation("type: temporal\ntimespan: 5m\ncondition: one and two")
        #expect(all.rules == [Self.first, Self.second])
        #expect(all.bounds.isEmpty)
        let any = try Self.correlation("type: temporal\nrules: [one, two]\ntimespan: 5m\ncondition: two or one")
        #expect(any.rules == [Self.first, Self.second], "the order is that of rules")
        #expect(any.bounds == [.init(.greaterOrEqual, 1)])
    }

    @Test(
        "a span is a number and a unit",
        arguments: [("1s", 1), ("90m", 5_400), ("2h", 7_200), ("7d", 604_800), ("1w", 604_800), ("1M", 2_629_746)])
    func spans(text: String, seconds: Int64) throws {
        let draft = try Self.correlation("type: event_count\nrules: one\ntimespan: \(text)\ncondition: {eq: 2}")
        #expect(draft.timespanSeconds == seconds)
    }

    @Test("correlations may be chained, in whatever order they stand, and come after what they refer to")
    func chains() throws {
        let later = "00000000-0000-4000-8000-000000000001"
        let chain =
            "title: Chain\nid: \(later)\ncorrelation:\n    type: temporal_ordered\n    rules: [many, two]\n    timespan: 1h"
        let many =
            "title: Many\nid: \(Self.own)\nname: many\ncorrelation:\n    type: event_count\n    rules: one\n"
            + "    timespan: 1h\n    condition: {gte: 3}"
        let set = Fixture.open(
            chain, many, Fixture.openRule("s:\n    F: 1\ncondition: s", id: Self.first, name: "one"),
            Fixture.openRule("s:\n    F: 2\ncondition: s", id: Self.second, name: "two"))
        #expect(set.errors.isEmpty, "\(set.errors)")
        #expect(set.correlations.map(\.draft.metadata.id) == [Self.own, later])
        #expect(set.correlations.last?.draft.rules == [Self.own, Self.second])
        _ = try DetectionProgram(loading: try set.program())
    }

    static let refusals: [(lines: String, line: Int, words: String)] = [
        ("type: value_sum\nrules: one\ntimespan: 1m\ncondition: {gte: 1}", 4, "there are event_count, value_count"),
        ("type: event_count\nrules: one\ntimespan: 1m\ncondition: {neq: 1}", 7, "write two correlations"),
        ("type: event_count\nrules: one\ntimespan: 1m\ncondition: {gte: x}", 7, "\"x\" is no count"),
        ("type: event_count\nrules: one\ntimespan: 1m\ncondition: {field: User, gte: 1}", 7, "only value_count looks"),
        ("type: value_count\nrules: one\ntimespan: 1m\ncondition: {gte: 1}", 3, "value_count counts the values"),
        ("type: event_count\nrules: one\ntimespan: 1m\ncondition: {above: 1}", 7, "lt, lte, gt, gte, eq and field"),
        ("type: event_count\nrules: one\ntimespan: 1m\ncondition: one and two", 7, "give a map, as in gte: 10"),
        ("type: temporal\nrules: one\ntimespan: 1m\ncondition: one and not two", 7, "only names joined by and"),
        ("type: temporal\nrules: one\ntimespan: 1m\ncondition: one and two", 7, "the same rules as rules"),
        ("type: event_count\nrules: one\ntimespan: 1m", 3, "condition: a correlation needs it"),
        ("type: event_count\nrules: one\ncondition: {gte: 1}", 3, "timespan: a correlation needs it"),
        ("type: event_count\ntimespan: 1m\ncondition: {gte: 1}", 3, "rules: a correlation needs it"),
        ("type: event_count\nrules: one\ntimespan: 5 min\ncondition: {gte: 1}", 6, "a number and s, m, h or d"),
        ("type: event_count\nrules: one\ntimespan: 0m\ncondition: {gte: 1}", 6, "a number and s, m, h or d"),
        ("type: event_count\nrules: one\ntimespan: 400d\ncondition: {gte: 1}", 6, "at most 366d"),
        ("type: event_count\nrules: three\ntimespan: 1m\ncondition: {gte: 1}", 5, "no rule that compiled has this id"),
        ("type: temporal\nrules: [one, one]\ntimespan: 1m", 5, "it is there twice"),
        ("type: temporal\nrules: [one, two]\ntimespan: 1m\ncondition: {gte: 3}", 1, "3 rules never match where"),
        ("type: temporal\nrules: [\(own)]\ntimespan: 1m", 5, "leads back to this one"),
        ("type: temporal\nrules: one\ntimespan: 1m\nwindow: sliding", 7, "correlation.window: a correlation has type"),
        ("type: temporal\nrules: one\ntimespan: 1m\ngenerate: maybe", 7, "it is true or false"),
        (
            "type: temporal\nrules: one\ntimespan: 1m\ngroup-by: ip\naliases:\n    ip:\n        two: x", 10,
            "a rule that the correlation does not have"
        ),
    ]

    @Test("a correlation that is wrong is refused with its line, and its rules stay", arguments: refusals)
    func refusal(lines: String, line: Int, words: String) throws {
        let set = Self.compiled(lines)
        #expect(set.rules.count == 2)
        #expect(set.correlations.isEmpty)
        let error = try #require(set.errors.first)
        #expect(error.description.contains(words), "\(error)")
        #expect(error.line == line)
        #expect(error.file == "rules/2.yml")
        #expect([.correlationInvalid, .referenceInvalid, .attributeMissing].contains(error.code))
    }

    @Test("a name that two rules have is no reference")
    func severalOfAName() throws {
        let correlation = "title: C\nid: \(Self.own)\ncorrelation: {type: temporal, rules: [one], timespan: 1m}"
        let set = Fixture.open(
            Fixture.openRule("s:\n    F: 1\ncondition: s", id: Self.first, name: "one"),
            Fixture.openRule("s:\n    F: 2\ncondition: s", id: Self.second, name: "one"), correlation)
        #expect(set.errors.map(\.code) == [.referenceInvalid])
        #expect(set.errors.first?.message.contains("several rules have this name") == true)
    }

    @Test("a correlation of the sensor's rules groups by fields that their events have")
    func sensor() {
        func compiled(_ field: String, _ condition: String) -> RuleSet {
            Fixture.compile(
                Fixture.rule("s:\n    Image: /bin/sh\ncondition: s"),
                "title: C\nid: \(Self.own)\nlevel: low\ncorrelation:\n    type: value_count\n    rules: \(Fixture.id)\n"
                    + "    timespan: 1m\n    group-by: \(field)\n    condition: {field: \(condition), gte: 2}")
        }
        #expect(compiled("User", "CommandLine").correlations.count == 1)
        #expect(compiled("Host", "CommandLine").errors.map(\.subject) == ["Host"])
        #expect(compiled("User", "Command").errors.map(\.line) == [9])
    }
}
