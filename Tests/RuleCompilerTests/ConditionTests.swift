import DetectionEngine
import FleetModel
import RuleCompiler
import Testing

@Suite("Condition")
struct ConditionTests {
    /// Which of the selections a, b, c, a_x and _d hold.
    struct World {
        var a, b, c, ax, d: Bool

        init(_ bits: Int) {
            (a, b, c, ax, d) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0, bits & 8 != 0, bits & 16 != 0)
        }

        /// The selections that `them` means.
        var them: [Bool] { [a, b, c, ax] }
    }

    struct Row: CustomTestStringConvertible {
        var condition: String
        var verdict: @Sendable (World) -> Bool
        var testDescription: String { condition }

        init(_ condition: String, _ verdict: @escaping @Sendable (World) -> Bool) {
            self.condition = condition
            self.verdict = verdict
        }
    }

    /// Every selection is used somewhere after `or`s and `and`s that change nothing, since an unused one is refused.
    static let rows: [Row] = [
        Row("a") { $0.a },
        Row("not a") { !$0.a },
        Row("not not a") { $0.a },
        Row("a and b") { $0.a && $0.b },
        Row("a or b") { $0.a || $0.b },
        Row("a or b and c") { $0.a || $0.b && $0.c },
        Row("a and b or c") { $0.a && $0.b || $0.c },
        Row("(a or b) and c") { ($0.a || $0.b) && $0.c },
        Row("not a and b") { !$0.a && $0.b },
        Row("not (a and b)") { !($0.a && $0.b) },
        Row("not (a or b) or c") { !($0.a || $0.b) || $0.c },
        Row("a and not b and not c") { $0.a && !$0.b && !$0.c },
        Row("a and (b or not (c and a_x))") { $0.a && ($0.b || !($0.c && $0.ax)) },
        Row("1 of them") { $0.them.contains(true) },
        Row("any of them") { $0.them.contains(true) },
        Row("all of them") { !$0.them.contains(false) },
        Row("2 of them") { $0.them.count { $0 } >= 2 },
        Row("3 of them") { $0.them.count { $0 } >= 3 },
        Row("4 of them") { !$0.them.contains(false) },
        Row("not 2 of them") { $0.them.count { $0 } < 2 },
        Row("1 of a*") { $0.a || $0.ax },
        Row("all of a*") { $0.a && $0.ax },
        Row("1 of *_x") { $0.ax },
        Row("1 of *") { $0.them.contains(true) },
        Row("1 of _*") { $0.d },
        Row("1 of * or all of _*") { $0.them.contains(true) || $0.d },
        Row("all of *") { !$0.them.contains(false) },
        Row("2 of *") { $0.them.count { $0 } >= 2 },
        Row("3 of * and not a") { $0.them.count { $0 } >= 3 && !$0.a },
        Row("b and not 1 of a*") { $0.b && !($0.a || $0.ax) },
        Row("2 of them or _d") { $0.them.count { $0 } >= 2 || $0.d },
        Row("A_X and a") { $0.ax && $0.a },
        Row("a AND b OR NOT c") { $0.a && $0.b || !$0.c },
        Row("ALL OF a* or 1 Of b*") { $0.a && $0.ax || $0.b },
        Row("a and a or not a and b") { $0.a ? true : $0.b },
    ]

    @Test("a condition has the truth table that its words say", arguments: rows)
    func truthTable(row: Row) throws {
        let text = row.condition.replacing("A_X", with: "a_x")
        let names = ["a", "b", "c", "a_x", "_d"]
        // Selections that the condition does not use would be refused: a second condition that never holds uses them.
        let detection =
            names.map { "\($0):\n    CommandLine|contains: '[\($0)]'" }.joined(separator: "\n")
            + "\nnever:\n    CommandLine: '\u{1F525}'"
            + "\ncondition:\n    - (\(text)) and not never\n    - never and (1 of * or _d)"
        // `them` and `*` would count the selection `never` as well.
        let isOverAll = text.lowercased().contains("them") || text.contains(" of *")
        var interpreter = try Fixture.interpreter(
            Fixture.rule(isOverAll ? Self.overAll(names, text) : detection))
        for bits in 0..<32 {
            let world = World(bits)
            let held = zip(names, [world.a, world.b, world.c, world.ax, world.d]).filter(\.1).map { "[\($0.0)]" }
            let event = Fixture.event([.commandLine: .text(held.joined())])
            #expect(!interpreter.matches(of: event).isEmpty == row.verdict(world), "\(text) with \(held)")
        }
    }

    /// The detection for a condition that may see no selection but the five. The second condition is never true: no
    /// event has a field that is null and holds a text.
    private static func overAll(_ names: [String], _ text: String) -> String {
        let uses = names.map { "(\($0) and not \($0))" }.joined(separator: " or ")
        return names.map { "\($0):\n    CommandLine|contains: '[\($0)]'" }.joined(separator: "\n")
            + "\ncondition:\n    - \(text)\n    - \(uses)"
    }

    @Test("several conditions are alternatives")
    func alternatives() throws {
        let detection = "a:\n    Image: x\nb:\n    User: y\ncondition:\n    - a\n    - b"
        #expect(try Fixture.matches(detection, [.image: .text("x")]))
        #expect(try Fixture.matches(detection, [.user: .text("y")]))
        #expect(try !Fixture.matches(detection, [.user: .text("x")]))
    }

    struct Refusal: CustomTestStringConvertible {
        var condition: String
        var message: String
        var testDescription: String { condition }
    }

    static let refusals: [Refusal] = [
        Refusal(condition: "a and", message: "the condition ends where a selection must stand"),
        Refusal(condition: "(a or b", message: "a closing parenthesis is missing"),
        Refusal(condition: "a b", message: "condition at \"b\": nothing may follow here"),
        Refusal(condition: "a or )", message: "condition at \")\": a selection must stand here"),
        Refusal(condition: "a and x", message: "condition at \"x\": there is no such selection; there are a, b"),
        Refusal(condition: "a*", message: "a pattern needs a quantity before it: 1 of a* or all of a*"),
        Refusal(condition: "3 of them", message: "3 of 2 selections never is a choice; give 1 to 2"),
        Refusal(condition: "0 of them", message: "0 of 2 selections never is a choice; give 1 to 2"),
        Refusal(condition: "some of them", message: "a quantity is 1, another number, any or all"),
        Refusal(condition: "1 of x*", message: "no selection has such a name; correct the pattern"),
        Refusal(condition: "1 of", message: "after \"1 of\" a pattern or them must stand"),
        Refusal(condition: "1 of (a, b)", message: "after \"1 of\" a pattern or them must stand"),
        Refusal(condition: "a | count() > 5", message: "aggregations after | are not supported"),
        Refusal(condition: "a", message: "no condition uses this selection; use it, or remove it"),
        Refusal(condition: String(repeating: "(", count: 100) + "a", message: "more than 64 levels"),
        Refusal(condition: String(repeating: "not ", count: 100) + "a", message: "more than 64 levels"),
        Refusal(condition: String(repeating: "a or ", count: 600) + "b", message: "1201 words, where 1 to 1024"),
    ]

    @Test("a condition that is wrong is refused with its line and what to do", arguments: refusals)
    func refusal(row: Refusal) throws {
        let set = Fixture.compile(Fixture.rule("a:\n    Image: x\nb:\n    User: y\ncondition: '\(row.condition)'"))
        let error = try #require(set.errors.first)
        #expect(set.rules.isEmpty)
        #expect(error.description.contains(row.message), "\(error)")
        #expect(error.line == (row.condition == "a" ? 11 : 13))
    }
}
