import DetectionEngine
import RuleCompiler
import Testing

@Suite("Open mode")
struct OpenModeTests {
    private static let rule = Fixture.openRule("s:\n    F: 1\ncondition: s")

    @Test("what tools differ in is taken: no level, any case of id, level and status, attributes of their own")
    func attributes() throws {
        let id = "ABCDEF00-0000-4000-8000-000000000001"
        let text =
            "title: T\nid: \(id)\nstatus: Test\nlevel: HIGH\ndate: 1/2/2024\ntags: [One, attack.t1]\nmine: {a: b}\n"
            + "logsource: {product: x, own: y}\ndetection: {s: {F: 1}, condition: s}"
        let set = Fixture.open(text)
        let rule = try #require(set.rules.first, "\(set.errors)")
        #expect(rule.draft.metadata.id == id.lowercased())
        #expect(rule.draft.metadata.level == .high)
        #expect(rule.draft.metadata.tags == ["One", "attack.t1"])
        #expect(rule.status == "test")
        let plain = Fixture.open(Self.rule.replacing("level: low\n", with: ""))
        #expect(plain.rules.map(\.draft.metadata.level) == [.medium])
    }

    @Test("a rule without an id is refused, since nothing could be told of its matches")
    func noID() {
        let set = Fixture.open(Self.rule.replacing("id: \(Fixture.id)\n", with: ""))
        #expect(set.errors.map(\.code) == [.attributeMissing])
        #expect(set.errors.first?.subject == "id")
    }

    @Test("a selection that no condition uses is a warning with its line")
    func unused() {
        let set = Fixture.open(Fixture.openRule("s:\n    F: 1\nt:\n    F: 2\ncondition: s"))
        #expect(set.rules.count == 1)
        #expect(set.warnings.map(\.line) == [8])
        #expect(set.warnings.map(\.subject) == ["t"])
    }

    @Test("a log source must name something")
    func emptySource() {
        let set = Fixture.open(Fixture.openRule("s:\n    F: 1\ncondition: s", source: "definition: x"))
        #expect(set.errors.map(\.code) == [.logSourceUnsupported])
    }

    @Test("a global document goes into those after it, which are rules of their own, until it is reset")
    func actions() throws {
        let text = """
            action: global
            title: G
            id: \(Fixture.id)
            level: low
            detection:
                s:
                    F: 1
                condition: s
            ---
            logsource: {product: a}
            ---
            logsource: {product: b}
            detection:
                s:
                    G: 2
            ---
            action: repeat
            logsource: {product: c}
            ---
            action: reset
            ---
            title: Own
            id: 00000000-0000-4000-8000-000000000009
            logsource: {product: d}
            detection: {s: {F: 3}, condition: s}
            """
        let set = Fixture.open(text)
        #expect(set.errors.isEmpty, "\(set.errors)")
        #expect(
            set.rules.map(\.draft.metadata.id) == [
                Fixture.id, Fixture.id + "#2", Fixture.id + "#3", "00000000-0000-4000-8000-000000000009",
            ])
        #expect(set.rules.map(\.groupName) == ["a/*/*", "b/*/*", "c/*/*", "d/*/*"])
        var interpreter = try Fixture.interpreter(set)
        #expect(Fixture.ids(&interpreter, #"{"@product": "a", "F": 1}"#).count == 1)
        #expect(Fixture.ids(&interpreter, #"{"@product": "b", "F": 1}"#).isEmpty)
        #expect(Fixture.ids(&interpreter, #"{"@product": "b", "F": 1, "G": 2}"#).count == 1)
        #expect(Fixture.ids(&interpreter, #"{"@product": "c", "F": 1, "G": 2}"#).count == 1)
        #expect(Fixture.ids(&interpreter, #"{"@product": "d", "F": 1}"#).isEmpty)
        let unknown = Fixture.open("action: merge\n" + Self.rule)
        #expect(unknown.errors.map(\.code) == [.documentUnsupported])
    }

    @Test("a rule whose values stand for too many tests is refused before they are made")
    func tooManyTests() {
        let values = (0..<2_000).map { "-a\($0) -b -c" }
        let text = Fixture.openRule("s:\n    F|windash: [\(values.joined(separator: ", "))]\ncondition: s")
        let set = Fixture.open(text)
        #expect(set.errors.map(\.code) == [.tooLarge])
        #expect(set.errors.first?.line == 7)
    }
}
