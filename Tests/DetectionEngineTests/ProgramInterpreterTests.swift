@testable import DetectionEngine
import FleetModel
import Testing

@Suite("Program interpreter")
struct ProgramInterpreterTests {
    private static func source(_ kind: EventKind) -> RuleExpression {
        Fixture.test(SourceTag.category, .equals(Fixture.text(kind.category)))
    }

    @Test("events of another kind are not looked at")
    func kinds() throws {
        let rules = [Fixture.rule(1, Fixture.test("Image", .isNull))]
        let draft = ProgramDraft(groups: [Fixture.group("files", rules, when: Self.source(.fileEvent))])
        var interpreter = try Fixture.interpreter(draft)
        for kind in EventKind.allCases {
            #expect(interpreter.matches(of: Fixture.event([:], kind: kind)).count == (kind == .fileEvent ? 1 : 0))
        }
    }

    @Test("a result of one event is not taken for the next")
    func results() throws {
        var interpreter = try Fixture.interpreter(
            Fixture.draft([Fixture.test("Image", .contains(Fixture.text("x"))), Fixture.test("a", .isNull)]))
        for round in 0..<100 {
            let json = round.isMultiple(of: 3) ? #"{"Image":"aXb","a":1}"# : #"{"Image":"ab"}"#
            #expect(Fixture.numbers(&interpreter, json) == (round.isMultiple(of: 3) ? [1] : [2]))
        }
    }

    @Test("an event whose field is null belongs where null leads, though one with an empty list came before")
    func rememberedRoutes() throws {
        let rules = [Fixture.rule(1, Fixture.test("Image", .exists))]
        let draft = ProgramDraft(
            groups: [Fixture.group("g", rules, when: .not(Fixture.test("a", .isNull)))], isOpen: true)
        var interpreter = try Fixture.interpreter(draft)
        for _ in 0..<2 {
            #expect(Fixture.numbers(&interpreter, #"{"Image":1,"a":[]}"#) == [1])
            #expect(Fixture.numbers(&interpreter, #"{"Image":1,"a":null}"#) == [])
            #expect(Fixture.numbers(&interpreter, #"{"Image":1}"#) == [])
            #expect(Fixture.numbers(&interpreter, #"{"Image":1,"a":["",""]}"#) == [1])
        }
    }

    @Test("keywords do not look at what an event is said to be")
    func tags() throws {
        let rules = [
            Fixture.rule(1, Fixture.keyword("process")),
            Fixture.rule(2, .test(Predicate(.anyValue, .pattern([.anyRun])))),
        ]
        let draft = ProgramDraft(groups: [Fixture.group("p", rules, when: Self.source(.processCreation))])
        var interpreter = try Fixture.interpreter(draft)
        #expect(interpreter.matches(of: Fixture.event([:])).isEmpty)
        #expect(interpreter.matches(of: Fixture.event([.image: .text("/bin/process")])).count == 2)
        #expect(
            interpreter.matches(of: Fixture.event([.image: .integer(7)])).map(\.rule.id) == [Fixture.metadata(2).id])
    }

    @Test("what a sender says of an event counts beside what the event says")
    func sourceTags() throws {
        let windows = Fixture.test(SourceTag.product, .equals(Fixture.text("windows")))
        let draft = ProgramDraft(
            groups: [Fixture.group("w", [Fixture.rule(1, Fixture.test("a", .exists))], when: windows)], isOpen: true)
        var interpreter = try Fixture.interpreter(draft)
        func count(_ json: String, _ tags: SourceTags) -> Int {
            interpreter.evaluate(json: Array(json.utf8).span, tags: tags).matchCount
        }
        #expect(count(#"{"a":1}"#, SourceTags()) == 0)
        #expect(count(#"{"a":1}"#, SourceTags(product: "Windows")) == 1)
        #expect(count(#"{"a":1}"#, SourceTags(product: "linux", category: "windows")) == 0)
        #expect(count(#"{"a":1,"@product":"windows"}"#, SourceTags(product: "linux")) == 1)
    }

    @Test("bytes that are no event are refused with their place, match nothing, and the next event is evaluated")
    func refusals() throws {
        var interpreter = try Fixture.interpreter(try Fixture.everything())
        let good = EventCoding.encode(Fixture.events[2])
        for count in 0..<good.count {
            let evaluation = interpreter.evaluate(Array(good.prefix(count)).span)
            #expect(evaluation.refusal?.code == .truncated)
            #expect(evaluation.matchCount == 0 && evaluation.steps == 0 && interpreter.matches().isEmpty)
        }
        let evaluation = interpreter.evaluate(good.span)
        #expect(evaluation.refusal == nil && evaluation.matchCount == 1 && interpreter.matches().count == 1)
    }

    @Test("an event of more log sources than one may have is refused, whatever the first of them found")
    func groupsPerEvent() throws {
        func draft(_ count: Int) -> ProgramDraft {
            ProgramDraft(
                groups: (0..<count).map { Fixture.group("g\($0)", [Fixture.rule($0, Fixture.test("Image", .exists))]) },
                isOpen: true)
        }
        let json = Array(#"{"Image":1}"#.utf8)
        var most = try Fixture.interpreter(draft(ProgramLimit.groupsPerEventMax))
        #expect(most.evaluate(json: json.span).matchCount == ProgramLimit.groupsPerEventMax)
        var more = try Fixture.interpreter(draft(ProgramLimit.groupsPerEventMax + 1))
        #expect(more.evaluate(json: json.span).refusal?.code == .tooManyGroups)
        #expect(more.matches().isEmpty)
    }

    @Test("the first route that holds gives a log source its names, and the event has its own again for the next")
    func renames() throws {
        func route(_ kind: String, _ source: String) -> DraftRoute {
            DraftRoute(
                when: Fixture.test("kind", .equals(Fixture.text(kind))), renames: [.init(field: "User", source: source)]
            )
        }
        let rule = Fixture.test("User", .equals(Fixture.text("root")))
        let groups = [
            DraftGroup(
                name: "a", routes: [route("x", "SubjectUser"), route("x", "Never"), route("y", "TargetUser")],
                rules: [Fixture.rule(1, rule)]),
            Fixture.group("b", [Fixture.rule(2, rule)], when: Fixture.test("kind", .exists)),
        ]
        var interpreter = try Fixture.interpreter(ProgramDraft(groups: groups, isOpen: true))
        #expect(Fixture.numbers(&interpreter, #"{"kind":"x","SubjectUser":"root"}"#) == [1])
        let fields = interpreter.matches().first?.fields
        #expect(
            fields == [.init(name: "User", value: .text("root"))],
            "an alert shows the rule's names with the event's values")
        #expect(Fixture.numbers(&interpreter, #"{"kind":"y","SubjectUser":"root"}"#) == [])
        #expect(Fixture.numbers(&interpreter, #"{"kind":"y","TargetUser":["x","Root"]}"#) == [1])
        #expect(
            Fixture.numbers(&interpreter, #"{"kind":"x","SubjectUser":"root","User":"x"}"#) == [],
            "its own name goes first")
        #expect(Fixture.numbers(&interpreter, #"{"kind":"x","SubjectUser":"x","User":"root"}"#) == [1, 2])
        #expect(
            Fixture.numbers(&interpreter, #"{"kind":"x","SubjectUser":"root","User":null}"#) == [],
            "null is a value too")
    }

    @Test("a match shows the fields whose tests held, by name, with their values")
    func matches() throws {
        let expression = RuleExpression.all([
            .any([Fixture.test("b", .equals(Fixture.text("x"))), Fixture.test("a", .contains(Fixture.text("y")))]),
            .not(Fixture.test("c", .equals(Fixture.text("z")))), Fixture.keyword("key"),
            Fixture.test("n", .number(.greater, .integer(1))),
        ])
        var interpreter = try Fixture.interpreter(Fixture.draft([expression]))
        #expect(Fixture.numbers(&interpreter, #"{"Image":1,"a":"XyX","k":"a key","n":7,"c":"w"}"#) == [1])
        let match = try #require(interpreter.matches().first)
        #expect(match.rule == Fixture.metadata(1))
        #expect(match.fields == [.init(name: "a", value: .text("XyX")), .init(name: "n", value: .integer(7))])
    }

    @Test("a needle in upper case is one in lower case, and takes no other's place")
    func upperCase() throws {
        var interpreter = try Fixture.interpreter(
            Fixture.draft(["Ab", "ab", "\u{C9}", "AB c"].map { Fixture.test("a", .contains(Fixture.text($0))) }))
        #expect(Fixture.numbers(&interpreter, #"{"Image":1,"a":"xAB C"}"#) == [1, 2, 4])
        #expect(Fixture.numbers(&interpreter, "{\"Image\":1,\"a\":\"\u{E9}\"}") == [3])
    }

    @Test("steps do not depend on what was evaluated before, once routes are remembered")
    func stepsAreStable() throws {
        var interpreter = try Fixture.interpreter(try Fixture.everything())
        let events = Fixture.events.map(EventCoding.encode)
        for event in events { _ = interpreter.evaluate(event.span) }
        let first = events.map { interpreter.evaluate($0.span) }
        for _ in 0..<10 {
            for (event, expected) in zip(events, first).reversed() {
                #expect(interpreter.evaluate(event.span) == expected)
            }
        }
        #expect(first.allSatisfy { $0.steps > 0 && $0.refusal == nil })
    }
}
