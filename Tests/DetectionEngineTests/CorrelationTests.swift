@testable import DetectionEngine
import FleetModel
import Testing

@Suite("Correlations")
struct CorrelationTests {
    typealias Bound = DraftCorrelation.Bound

    /// Runs events `second rule-letter rest-of-members` and gives, one for each, what matched: rules 1 to 3 by what is
    /// in `r`, and correlations.
    private static func run(_ correlations: [DraftCorrelation], _ events: [String]) throws -> [Set<Int>] {
        var interpreter = try interpreter(correlations)
        return events.map { evaluate(&interpreter, $0) }
    }

    static func interpreter(_ correlations: [DraftCorrelation]) throws -> ProgramInterpreter {
        let rules = (1...3).map { Fixture.rule($0, Fixture.test("r", .equals(Fixture.text("\($0)")))) }
        return try Fixture.interpreter(
            ProgramDraft(
                groups: [Fixture.group("g", rules, when: Fixture.test("r", .exists))], correlations: correlations,
                isOpen: true))
    }

    static func evaluate(_ interpreter: inout ProgramInterpreter, _ event: String) -> Set<Int> {
        let parts = event.split(separator: " ")
        let members = parts.dropFirst(2).map { part in
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
            return ",\"\(pair[0])\":\"\(pair[1])\""
        }
        let time = parts[0] == "-" ? "" : "\"timestamp\":\(parts[0]),"
        let json = "{\(time)\"r\":\"\(parts[1])\"\(members.joined())}"
        let evaluation = interpreter.evaluate(json: Array(json.utf8).span)
        #expect(evaluation.refusal == nil, "\(json)")
        #expect(evaluation.matchCount == interpreter.matches().count)
        return Set(interpreter.matches().compactMap { Int($0.rule.id.suffix(12)) })
    }

    private static func correlation(
        _ kind: DraftCorrelation.Kind, _ rules: [Int] = [1], by fields: [String] = [], bounds: [Bound] = [],
        value: String? = nil
    ) -> [DraftCorrelation] {
        [CorrelationFixture.correlation(900, kind, rules, by: fields, seconds: 10, bounds: bounds, value: value)]
    }

    @Test("a count tells when it is reached, once, and again when it was lost in between")
    func threshold() throws {
        let three = Self.correlation(.eventCount, bounds: [.init(.greaterOrEqual, 3)])
        #expect(
            try Self.run(three, ["0 1", "1 1", "2 1", "3 1", "4 1", "30 1", "31 1", "32 1"])
                == [[1], [1], [1, 900], [1], [1], [1], [1], [1, 900]])
        #expect(try Self.run(three, ["0 1", "1 2", "2 2", "3 1"]) == [[1], [2], [2], [1]], "other rules do not count")
    }

    @Test("the window holds a match for its whole span, and not a millisecond longer")
    func windowEdges() throws {
        let two = Self.correlation(.eventCount, bounds: [.init(.greaterOrEqual, 2)])
        #expect(try Self.run(two, ["0 1", "10 1"]) == [[1], [1, 900]])
        #expect(try Self.run(two, ["0 1", "10.001 1"]) == [[1], [1]])
        #expect(try Self.run(two, ["0 1", "0 1"]) == [[1], [1, 900]])
        #expect(try Self.run(two, ["0 1", "20 1", "30.001 1", "40.001 1"]) == [[1], [1], [1], [1, 900]])
    }

    @Test("each order of a bound counts as it says, and several must hold together")
    func bounds() throws {
        func firsts(_ bounds: [Bound]) throws -> [Int] {
            let found = try Self.run(Self.correlation(.eventCount, bounds: bounds), (0..<6).map { "\($0) 1" })
            return found.indices.filter { found[$0].contains(900) }.map { $0 + 1 }
        }
        #expect(try firsts([.init(.greaterOrEqual, 1)]) == [1])
        #expect(try firsts([.init(.greater, 1)]) == [2])
        #expect(try firsts([.init(.equal, 4)]) == [4])
        #expect(try firsts([.init(.greater, 1), .init(.less, 4)]) == [2])
        #expect(try firsts([.init(.greaterOrEqual, 3), .init(.lessOrEqual, 2)]) == [])
        for bounds in [[], [Bound(.less, 3)], [Bound(.lessOrEqual, 3)]] {
            #expect(throws: ProgramError.self, "nothing tells of what does not happen") { try firsts(bounds) }
        }
        #expect(throws: ProgramError.self) { try firsts([.init(.greater, CorrelationLimit.boundMax + 1)]) }
    }

    @Test("matches are told apart by the fields of the group, without case, and those without one count nowhere")
    func groups() throws {
        let two = Self.correlation(.eventCount, by: ["u", "h"], bounds: [.init(.greaterOrEqual, 2)])
        #expect(
            try Self.run(two, ["0 1 u=a h=x", "1 1 u=a h=y", "2 1 u=b h=x", "3 1 u=A h=X"]) == [
                [1], [1], [1], [1, 900],
            ])
        #expect(try Self.run(two, ["0 1 u=a", "1 1 u=a", "2 1 h=a", "3 1"]) == [[1], [1], [1], [1]])
        #expect(try Self.run(two, ["0 1 u=ab h=c", "1 1 u=a h=bc"]) == [[1], [1]], "values are not run together")
        #expect(try Self.run(two, ["0 1 u= h=c", "1 1 u= h=c"]) == [[1], [1, 900]], "an empty value is one")
        #expect(try Self.run(two, ["0 1 u=\u{C9} h=c", "1 1 u=\u{E9} h=c"]) == [[1], [1, 900]])
    }

    @Test("a field may be called otherwise in the matches of each rule")
    func aliases() throws {
        var correlation = Self.correlation(.temporal, [1, 2], by: ["user"])
        correlation[0].groupBy = [
            .init(name: "user", names: [Fixture.metadata(1).id: "source_user", Fixture.metadata(2).id: "target_user"])
        ]
        #expect(
            try Self.run(correlation, ["0 1 source_user=a target_user=b", "1 2 target_user=b", "2 2 target_user=a"])
                == [[1], [2], [2, 900]])
        #expect(try Self.run(correlation, ["0 1 user=a", "1 2 user=a"]) == [[1], [2]])
    }

    @Test("different values are counted once each, without case, and only where the field is")
    func values() throws {
        let three = Self.correlation(.valueCount, bounds: [.init(.greaterOrEqual, 3)], value: "v")
        #expect(
            try Self.run(three, ["0 1 v=a", "1 1 v=b", "2 1 v=A", "3 1", "4 1 v=c", "5 1 v=d"])
                == [[1], [1], [1], [1], [1, 900], [1]])
        #expect(try Self.run(three, ["0 1 v=a", "5 1 v=b", "11 1 v=c", "12 1 v=a"]) == [[1], [1], [1], [1, 900]])
        #expect(
            try Self.run(three, ["0 1 v=a", "9 1 v=a", "10 1 v=b", "19 1 v=c"]) == [[1], [1], [1], [1, 900]],
            "a value counts from when it was last seen")
    }

    @Test("all rules in any order, within the span")
    func temporal() throws {
        let three = Self.correlation(.temporal, [1, 2, 3])
        #expect(try Self.run(three, ["0 3", "1 1", "2 1", "3 2", "4 2"]) == [[3], [1], [1], [2, 900], [2]])
        #expect(try Self.run(three, ["0 3", "5 1", "11 2", "12 3"]) == [[3], [1], [2], [3, 900]])
        let two = Self.correlation(.temporal, [1, 2, 3], bounds: [.init(.greaterOrEqual, 2)])
        #expect(try Self.run(two, ["0 3", "1 3", "2 1"]) == [[3], [3], [1, 900]])
    }

    @Test("all rules in their order, within the span from the first to the last")
    func ordered() throws {
        let three = Self.correlation(.temporalOrdered, [1, 2, 3])
        #expect(try Self.run(three, ["0 1", "1 2", "2 3", "3 3"]) == [[1], [2], [3, 900], [3]])
        #expect(try Self.run(three, ["0 3", "1 2", "2 1"]) == [[3], [2], [1]])
        #expect(try Self.run(three, ["0 1", "1 3", "2 2", "3 3"]) == [[1], [3], [2], [3, 900]])
        #expect(try Self.run(three, ["0 1", "5 2", "10 3"]) == [[1], [2], [3, 900]])
        #expect(try Self.run(three, ["0 1", "5 2", "10.001 3"]) == [[1], [2], [3]])
        #expect(try Self.run(three, ["0 1", "5 2", "6 1", "7 2", "11 3"]) == [[1], [2], [1], [2], [3, 900]])
    }

    @Test("an event that comes late counts with the newest, and one that is older than the span nowhere")
    func late() throws {
        let two = Self.correlation(.eventCount, bounds: [.init(.greaterOrEqual, 2)])
        #expect(try Self.run(two, ["100 1", "91 1"]) == [[1], [1, 900]])
        #expect(try Self.run(two, ["100 1", "89 1", "101 1"]) == [[1], [1], [1, 900]])
        #expect(try Self.run(two, ["- 1", "- 1"]) == [[1], [1, 900]], "without a time all events are one moment")
    }

    @Test("a correlation counts the matches of another, and the rules beneath may be silent")
    func chains() throws {
        let two = CorrelationFixture.correlation(
            900, .eventCount, [1], by: ["u"], seconds: 10, bounds: [.init(.greaterOrEqual, 2)], reportsRules: false)
        let both = CorrelationFixture.correlation(901, .temporal, [900, 2], by: ["u"], seconds: 60)
        let events = ["0 1 u=a", "1 1 u=a", "2 2 u=b", "3 2 u=a"]
        #expect(try Self.run([two, both], events) == [[], [900], [2], [2, 901]])
        var silent = both
        silent.reportsRules = false
        #expect(try Self.run([two, silent], events) == [[], [], [], [901]])
        #expect(try Self.run([silent, two], events) == [[], [], [], [901]], "whatever their order")
        var circle = two
        circle.rules = [Fixture.metadata(901).id]
        #expect { try Self.run([circle, both], events) } throws: { "\($0)".contains("or at itself") }
    }

    @Test("a match of a correlation shows the values by which it told its matches apart")
    func fields() throws {
        var interpreter = try Self.interpreter(
            Self.correlation(.eventCount, by: ["u"], bounds: [.init(.greaterOrEqual, 1)]))
        #expect(Self.evaluate(&interpreter, "0 1 u=Root v=x") == [1, 900])
        #expect(interpreter.matches().last?.fields == [.init(name: "u", value: .text("Root"))])
        #expect(interpreter.matches().last?.rule == Fixture.metadata(900))
    }
}

extension CorrelationTests {
    @Test("a closed program counts by the sensor's moments, whatever moment it names")
    func sensorMoments() throws {
        var draft = try Fixture.everything()
        let bounds = [DraftCorrelation.Bound(.greaterOrEqual, 2)]
        draft.correlations = [CorrelationFixture.correlation(900, .eventCount, [3], seconds: 10, bounds: bounds)]
        func counts(_ moments: [Int64], seen: Bool = true) throws -> [Int] {
            var interpreter = try Fixture.interpreter(draft)
            return moments.map { moment in
                var event = Fixture.event([.image: .text("/bin/x"), .commandLine: .text("sh -c")])
                event.at = Moment(milliseconds: moment)
                _ = interpreter.evaluate(EventCoding.encode(event).span, seenByCorrelations: seen)
                return interpreter.matchedCorrelations.count
            }
        }
        #expect(try counts([0, 10_000, 10_001]) == [0, 1, 0])
        #expect(try counts([0, 10_001]) == [0, 0])
        #expect(try counts([0, 1], seen: false) == [0, 0], "what is only asked is not counted")
        for first in [Int64.min, .min + 1, .min + 9_999, 0, .max - 1, .max] {
            for second in [Int64.min, .min + 1, 0, .max] { #expect(try counts([first, second, first]).count == 3) }
        }
    }

    @Test("groups beyond the bound are forgotten, the one that was heard of longest ago first, and counted")
    func groupsAreBounded() throws {
        var interpreter = try Self.interpreter([
            CorrelationFixture.correlation(
                900, .eventCount, [1], by: ["u"], seconds: 1_000_000, bounds: [.init(.greaterOrEqual, 2)])
        ])
        let count = CorrelationLimit.groupCountMax
        for number in 0..<count { _ = Self.evaluate(&interpreter, "0 1 u=\(number)") }
        #expect(interpreter.forgottenGroupCount == 0)
        #expect(Self.evaluate(&interpreter, "1 1 u=0") == [1, 900], "heard of again, so that it stays")
        _ = Self.evaluate(&interpreter, "2 1 u=new")
        #expect(interpreter.forgottenGroupCount == 1)
        #expect(Self.evaluate(&interpreter, "3 1 u=1") == [1], "the one that was forgotten begins anew")
        #expect(interpreter.forgottenGroupCount == 2)
        #expect(Self.evaluate(&interpreter, "4 1 u=3") == [1, 900])
        for number in 0..<(count + 100) { _ = Self.evaluate(&interpreter, "5 1 u=other\(number)") }
        #expect(interpreter.forgottenGroupCount == UInt64(count + 102))
    }

    @Test("what one group and all groups of a correlation keep is bounded")
    func entriesAreBounded() {
        let draft = CorrelationFixture.correlation(
            900, .eventCount, [1], bounds: [.init(.greaterOrEqual, CorrelationLimit.boundMax)])
        var correlation = DetectionProgram.Correlation(
            rule: DetectionProgram.Rule(
                id: .init(start: 0, count: 0), title: .init(start: 0, count: 0), author: .init(start: 0, count: 0),
                level: .low, response: .alert, isReported: true, tags: .init(start: 0, count: 0),
                code: .init(start: 0, count: 0)),
            kind: .eventCount, sources: [0], groupFields: [[]], timespanSeconds: ProgramLimit.timespanSecondsMax,
            bounds: draft.bounds, valueField: nil)
        for kind in [DraftCorrelation.Kind.eventCount, .temporalOrdered] {
            correlation.kind = kind
            var table = CorrelationTable()
            let limit = CorrelationLimit.entryCountMax
            for number in 0..<(2 * limit) {
                // Few groups with much in each, so that the number of moments is what counts.
                let key = [UInt8(truncatingIfNeeded: number % 16)]
                _ = table.take(.init(at: Int64(number), source: 0, value: 0), key: key, correlation)
                guard table.entryCount <= limit + 1, table.groupCount <= 16 else {
                    Issue.record("\(table.entryCount) moments of \(table.groupCount) groups")
                    return
                }
            }
            #expect(table.forgottenCount > 0 || kind == .temporalOrdered)
        }
        var window = CorrelationWindow()
        correlation.kind = .eventCount
        for number in 0..<20_000 { _ = window.take(.init(at: Int64(number), source: 0, value: 0), correlation) }
        #expect(window.entries.count == Int(CorrelationLimit.boundMax) + 1)
    }
}
