import FleetModel
import Testing

@testable import ReleaseLab

@Suite("Events of the lab")
struct EventTests {
    @Test("every hostile event is well formed: the reader of events takes it, whatever its fields hold")
    func hostileEventsAreEvents() throws {
        let hostile = HostileEvents(examples: [], seed: 3)
        for number in 0..<hostile.count {
            var index = EventIndex()
            try index.read(hostile.event(number).encoded.span)
            for (field, state) in hostile.states(of: number) {
                #expect((index.slot(of: field).content == .absent) == (state == .absent))
            }
        }
    }

    @Test("every malformed event is refused by the reader of events, and says what was broken")
    func malformedEventsAreNone() {
        let all = MalformedEvents.all()
        #expect(Set(all.map(\.name)).count == all.count)
        for event in all {
            var index = EventIndex()
            #expect(throws: EventCodingError.self, "\(event.name)") { try index.read(event.encoded.span) }
        }
    }

    @Test("equal seeds make equal events, other seeds others")
    func seeds() {
        func all(_ seed: UInt64) -> [LabEvent] {
            let hostile = HostileEvents(examples: [], seed: seed)
            return (0..<hostile.count).map(hostile.event)
        }
        #expect(all(1) == all(1))
        #expect(all(1) != all(2))
    }

    @Test("hostile events are made of rules' true examples, of each kind a bounded number that is spread over all")
    func bases() {
        let example = TelemetryEvent(kind: .fileEvent, at: Moment(milliseconds: 0))
        let examples = (0..<1_000).map { (name: "\($0)", event: example) }
        let hostile = HostileEvents(examples: examples, seed: 1)
        #expect(hostile.bases.count <= EventKind.allCases.count + LabLimit.hostileBasesPerKindMax)
        #expect(hostile.bases.last.flatMap { Int($0.name) } ?? 0 > 900)
    }

    @Test(
        "a flat Sigma event becomes one of the sensor's: kind by EventID, numbers and truth values as the schema has them"
    )
    func flatEvents() throws {
        let lines = [
            #"{"EventID":3,"UtcTime":"2022-05-11 18:10:20.472","ProcessId":"1774","Initiated":true,"DestinationPort":443,"Nobody":1}"#,
            #"{"EventID":4688,"Image":"x"}"#, #"{"EventID":11,"TargetFilename":"/tmp/x","User":null}"#,
        ]
        let recording = try LabRecording(
            Array(lines.joined(separator: "\n").utf8), fileName: "flat.jsonl", labels: .benign)
        #expect(recording.skippedCount == 1)
        #expect(recording.events.map(\.line) == [1, 3])
        let connection = recording.events[0].event
        #expect(connection.kind == .networkConnection)
        #expect(connection.at == Moment(milliseconds: 1_652_292_620_472))
        #expect(connection[.processId] == .integer(1_774))
        #expect(connection[.initiated] == .text("true"))
        #expect(connection[.destinationPort] == .integer(443))
        #expect(recording.events[1].event[.user] == .null)
    }

    @Test("labels are counted from 0, may have a heading, name the attack's step, and are refused when they are none")
    func labels() throws {
        let table = try LabelTable(
            Array("line\tlabel\ttechnique\tstep\n0\tbenign\t\tbuild\n2\tattack\tT1105\tcurl\n".utf8),
            fileName: "a.tsv")
        #expect(table.attacks == [2: "T1105 curl"])
        for text in ["0\tgood\n", "x\tattack\n", "-1\tattack\n", "7\n"] {
            #expect(throws: LabError.self) { try LabelTable(Array(text.utf8), fileName: "a.tsv") }
        }
    }

    @Test("days and dates are each other's reverse over a thousand years")
    func dates() {
        for days in stride(from: Int64(-150_000), to: 250_000, by: 37) {
            let date = CivilDate.date(days: days)
            #expect(CivilDate.days(year: date.year, month: date.month, day: date.day) == days)
        }
        #expect(CivilDate.days(year: 2000, month: 2, day: 29) == 11_016)
    }

    /// Garwood's exact bounds: half the 95% quantile of chi-squared with 2(n + 1) degrees of freedom.
    @Test(
        "the upper bound of a rate is Garwood's to one part in a hundred",
        arguments: [
            (0, 2.9957), (1, 4.7439), (3, 7.7537), (10, 16.9622), (100, 118.079),
        ])
    func upperBounds(seen: Int, bound: Double) {
        #expect(abs(RecordedStage.upperBound(seen) / bound - 1) < 0.01)
    }
}
