import DetectionEngine
import RuleCompiler
import Testing

@Suite("Filters")
struct FilterTests {
    static let second = "00000000-0000-4000-8000-000000000002"
    static let third = "00000000-0000-4000-8000-000000000003"

    static func filter(_ rules: String, source: String = "product: test", condition: String = "not selection") -> String
    {
        "title: Filter\nlogsource: {\(source)}\nfilter:\n    rules: \(rules)\n    selection:\n        User|startswith: adm_\n"
            + "    condition: \(condition)"
    }

    /// Ids of the rules that match where the filter's user acts; all three would without a filter.
    private static func matching(_ filters: String...) throws -> [String] {
        let detection = "s:\n    F: 1\ncondition: s"
        let rules = [
            Fixture.openRule(detection, name: "one"),
            Fixture.openRule(detection, id: second, source: "product: test, category: login"),
            Fixture.openRule(detection, id: third, source: "category: login"),
        ]
        let sources = (filters + rules).enumerated().map { RuleSource(file: "\($0).yml", bytes: Array($1.utf8)) }
        var interpreter = try Fixture.interpreter(RuleCompiler.compile(sources, options: .open))
        let event = #""@product": "test", "@category": "login", "F": 1"#
        #expect(Fixture.ids(&interpreter, "{\(event), \"User\": \"bob\"}").count == 3)
        return Fixture.ids(&interpreter, "{\(event), \"User\": \"adm_x\"}")
    }

    @Test("a filter is joined to the rules that it names, by id or name, in either order of files")
    func named() throws {
        #expect(try Self.matching() == [Fixture.id, Self.second, Self.third])
        #expect(try Self.matching(Self.filter("[one]")) == [Self.second, Self.third])
        #expect(try Self.matching(Self.filter(Self.second)) == [Fixture.id, Self.third])
        #expect(try Self.matching(Self.filter("[one, \(Self.second)]")) == [Self.third])
    }

    @Test("a filter for any rule is for every rule whose log source has all that its own names")
    func any() throws {
        #expect(try Self.matching(Self.filter("any")) == [Self.third])
        #expect(try Self.matching(Self.filter("[]")) == [Self.third])
        #expect(try Self.matching(Self.filter("any", source: "category: login")) == [Fixture.id])
        #expect(
            try Self.matching(Self.filter("any", source: "product: test, category: login")) == [Fixture.id, Self.third])
    }

    @Test("several filters hold at once, and a condition that is not negated keeps only what it selects")
    func several() throws {
        #expect(try Self.matching(Self.filter("[one]"), Self.filter(Self.second)) == [Self.third])
        let set = Fixture.open(
            Self.filter("any", condition: "selection"), Fixture.openRule("s:\n    F: 1\ncondition: s"))
        var interpreter = try Fixture.interpreter(set)
        #expect(Fixture.ids(&interpreter, #"{"@product": "test", "F": 1, "User": "adm_x"}"#).count == 1)
        #expect(Fixture.ids(&interpreter, #"{"@product": "test", "F": 1, "User": "bob"}"#).isEmpty)
    }

    @Test("a filter that is for no rule is a warning, and one of another log source changes nothing")
    func unused() {
        let rule = Fixture.openRule("s:\n    F: 1\ncondition: s")
        for filter in [Self.filter("[nobody]"), Self.filter("any", source: "product: other")] {
            let set = Fixture.open(filter, rule)
            #expect(set.errors.isEmpty)
            #expect(set.warnings.map(\.code) == [.referenceInvalid])
            #expect(set.rules.map(\.draft) == Fixture.open(rule).rules.map(\.draft))
        }
    }

    @Test("a filter that is wrong is refused with its line")
    func refusals() {
        let rows: [(String, Int, RuleCompilerError.Code)] = [
            (Self.filter("any").replacing("    rules: any\n", with: ""), 3, .attributeMissing),
            (Self.filter("{a: b}"), 4, .referenceInvalid),
            (Self.filter("any", condition: "other"), 7, .conditionInvalid),
            (Self.filter("any").replacing("logsource: {product: test}\n", with: ""), 1, .attributeMissing),
            (Self.filter("any").replacing("startswith", with: "beginswith"), 6, .modifierUnknown),
        ]
        for (text, line, code) in rows {
            let set = Fixture.open(text)
            #expect(set.errors.first?.code == code, "\(set.errors)")
            #expect(set.errors.first?.line == line, "\(set.errors)")
        }
    }

    @Test("a filter for the sensor's rules is held to the sensor's fields")
    func sensor() throws {
        let source = "product: linux, category: process_creation"
        let rule = Fixture.rule("s:\n    Image: /bin/sh\ncondition: s")
        let good = Fixture.compile(rule, Self.filter("any", source: source))
        #expect(good.errors.isEmpty)
        let bad = Fixture.compile(rule, Self.filter("any", source: source).replacing("User", with: "Usr"))
        #expect(bad.errors.map(\.code) == [.fieldUnknown])
    }
}
