@testable import DetectionEngine
import FleetModel
import Testing

@Suite("Differential")
struct DifferentialTests {
    struct Count {
        var pairs = 0
        var hits = 0
        var kinds: Set<String> = []
        var differences: [String] = []
    }

    static let rulesOfGroup = 12
    static let groupsOfProgram = 4
    static let eventsOfProgram = 60

    static func run(_ source: RandomDraft, seed: UInt64, programs: Int, foldsCase: Bool = true) throws -> Count {
        var random = SplitMix64(seed: seed)
        var count = Count()
        for _ in 0..<programs {
            let draft = source.draft(&random, rules: rulesOfGroup, groups: groupsOfProgram)
            guard let bytes = try? draft.encoded() else { continue }
            var interpreter = ProgramInterpreter(try DetectionProgram(loading: bytes))
            for _ in 0..<eventsOfProgram {
                let event = source.event(&random)
                let bytes = source.isOpen ? event.json(&random) : event.encoded
                let evaluation =
                    source.isOpen ? interpreter.evaluate(json: bytes.span) : interpreter.evaluate(bytes.span)
                let found = Fixture.matched(interpreter)
                var reference = ReferenceEvaluation(event)
                reference.foldsCase = foldsCase
                let expected = reference.matches(draft)
                count.pairs += rulesOfGroup * groupsOfProgram
                count.hits += expected.count
                guard evaluation.refusal == nil, found == expected,
                    evaluation.steps <= interpreter.program.cost.steps(eventBytes: bytes.count)
                else {
                    let wrong = found.symmetricDifference(expected).sorted().first ?? 0
                    let rule = draft.groups.flatMap(\.rules).first { $0.metadata.id == Fixture.metadata(wrong).id }
                    count.differences.append(
                        "\(evaluation)\n\(String(decoding: bytes, as: UTF8.self))\n\(event)\nfound \(found.contains(wrong))"
                            + "\n\(rule.map { "\($0.expression)" } ?? "")")
                    continue
                }
            }
        }
        return count
    }

    @Test(
        "the interpreter says of events in JSON what a plain walk over the rules says",
        arguments: [0x5EED_4001, 0x5EED_4002, 0x5EED_4003, 0x5EED_4004] as [UInt64])
    func json(seed: UInt64) throws { try Self.expectAgreement(.open, seed: seed) }

    @Test(
        "the interpreter says of the sensor's events what a plain walk over the rules says",
        arguments: [0x5EED_4011, 0x5EED_4012, 0x5EED_4013, 0x5EED_4014] as [UInt64])
    func sensor(seed: UInt64) throws { try Self.expectAgreement(.closed, seed: seed) }

    private static func expectAgreement(_ source: RandomDraft, seed: UInt64) throws {
        let count = try run(source, seed: seed, programs: 12)
        #expect(
            count.differences.isEmpty,
            "seed \(seed): \(count.differences.count) differences, first: \(count.differences.first ?? "")")
        #expect(count.pairs >= 25_000, "\(count.pairs) pairs of a rule and an event")
        #expect(count.hits > 3_000 && count.hits < count.pairs - 3_000, "\(count.hits) hits")
    }

    @Test("the comparison bites: a plain walk that forgets to fold case is found out")
    func bites() throws {
        for source in [RandomDraft.open, .closed] {
            #expect(try !Self.run(source, seed: 0x5EED_4001, programs: 2, foldsCase: false).differences.isEmpty)
        }
    }
}
