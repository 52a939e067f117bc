import DetectionEngine
import FleetModel
import RuleCompiler
import Testing

@Suite("Response of a rule")
struct ResponseTests {
    private static func rule(_ response: String, kind: EventKind) -> String {
        "response: \(response)\n" + Fixture.rule("a:\n    Image: /x\ncondition: a", category: kind.category)
    }

    @Test("a rule that names no response asks for an alert")
    func isAlertByDefault() throws {
        let set = Fixture.compile(Fixture.rule("a:\n    Image: /x\ncondition: a"))
        #expect(set.rules.map(\.draft.metadata.response) == [.alert])
    }

    @Test(
        "a rule may ask for what its events can be answered with, and for nothing else", arguments: EventKind.allCases)
    func fitsTheEvents(_ kind: EventKind) throws {
        for response in RuleResponse.allCases {
            let set = Fixture.compile(Self.rule(response.name, kind: kind))
            if response.applies(to: kind) {
                #expect(set.errors.isEmpty && set.rules.map(\.draft.metadata.response) == [response])
            } else {
                let error = try #require(set.errors.first, "\(response) for \(kind) was taken")
                #expect(set.rules.isEmpty && error.code == .attributeInvalid && error.line == 1)
                #expect(error.message.contains("no \(kind.category) event can be answered so, only process_creation"))
            }
        }
        #expect(RuleResponse.deny.applies(to: kind) == (kind == .processCreation))
    }

    @Test("a correlation has no response but alert: no single event is the one to act on")
    func correlations() throws {
        func set(_ response: String) -> RuleSet {
            Fixture.compile(
                """
                title: Many
                id: 00000000-0000-4000-8000-000000000009
                level: low
                response: \(response)
                correlation:
                    type: event_count
                    rules: [\(Fixture.id)]
                    timespan: 5m
                    condition:
                        gte: 3
                """, Fixture.rule("a:\n    Image: /x\ncondition: a"))
        }
        #expect(set("alert").errors.isEmpty)
        let error = try #require(set("kill").errors.first)
        #expect(error.line == 4 && error.message.contains("only a rule has one"))
    }

    @Test("the response goes through the program to the match")
    func reachesTheMatch() throws {
        for response in RuleResponse.allCases {
            var interpreter = try Fixture.interpreter(Self.rule(response.name, kind: .processCreation))
            let matches = interpreter.matches(of: Fixture.event([.image: .text("/x")]))
            #expect(matches.map(\.rule.response) == [response])
        }
    }

    @Test("rules for files are other tools' as well, whose attribute of the same name is left alone")
    func openRules() {
        let text = "response: page the duty officer\n" + Fixture.openRule("a:\n    x: 1\ncondition: a")
        let set = RuleCompiler.compile(
            [RuleSource(file: "a.yml", bytes: Array(text.utf8))], options: CompilerOptions(schema: .open))
        #expect(set.errors.isEmpty && set.rules.map(\.draft.metadata.response) == [.alert])
    }
}
