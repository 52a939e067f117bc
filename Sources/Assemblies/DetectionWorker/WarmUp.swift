import DetectionEngine
import FleetModel
import WorkerWire

/// Uses once what the worker will use, so that whatever is loaded, opened or seeded at its first use has been when the
/// seal is applied: the seed of hashing, conformance tables, the allocator's key, texts of errors.
enum WarmUp {
    /// True when everything answered as it should; a worker that fails here is not fit to be sealed.
    static func run() -> Bool {
        var evaluator = EventEvaluator(obeysChaos: false)
        guard let program = try? sampleProgram(),
            case .loaded = evaluator.load(generation: 0, program: program),
            case .refused = evaluator.load(generation: 0, program: [1, 2, 3])
        else { return false }
        var matches: [WorkerFrame] = []
        evaluator.evaluate(sequence: 0, encoded: EventCoding.encode(sampleEvent())) { matches.append(.match($0)) }
        evaluator.evaluate(sequence: 1, encoded: [0]) { _ in }
        return matches.count == 1 && survivesTheWire(matches + [evaluator.pong(nonce: 0)])
    }

    /// What is said when `run` is false.
    static let failure = SealFailure(
        .warmUp, reason: "The engine failed its own sample",
        report: SealReport(measures: [], landlockABI: 0, allowedCallCount: 0, addressSpaceBytesMax: 0))

    private static func sampleProgram() throws(ProgramError) -> [UInt8] {
        func test(_ field: EventField, _ test: Predicate.Test) -> RuleExpression {
            .test(Predicate(.named(field.name), test))
        }
        let pattern = Predicate.Test.pattern([.anyRun, .byte(UInt8(ascii: "w")), .one, .anyRun])
        let rule = DraftRule(
            metadata: RuleMetadata(
                id: "00000000-0000-0000-0000-000000000000", title: "Warm-up", level: .low, tags: ["warm.up"],
                author: ""),
            expression: .all([test(.image, .contains(Array("warm".utf8))), test(.image, pattern)]))
        let category = Predicate(
            .named(SourceTag.category), .equals(Array(EventKind.processCreation.category.utf8)))
        let group = DraftGroup(
            name: "warm/up", routes: [DraftRoute(when: .test(category))], rules: [rule])
        return try ProgramDraft(groups: [group]).encoded()
    }

    private static func sampleEvent() -> TelemetryEvent {
        var event = TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 0))
        event[.processId] = .integer(1)
        event[.image] = .text("/usr/bin/WARM\u{FFFD}")
        return event
    }

    private static func survivesTheWire(_ frames: [WorkerFrame]) -> Bool {
        var bytes: [UInt8] = []
        for frame in frames { frame.encode(into: &bytes) }
        var decoder = WorkerFrameDecoder()
        var heard: [WorkerFrame] = []
        guard (try? decoder.append(bytes)) != nil else { return false }
        while let frame = try? decoder.next() { heard.append(frame) }
        var broken = AgentFrameDecoder()
        guard (try? broken.append([0, 0, 0, 0, 0])) != nil, (try? broken.next()) == nil else { return false }
        return heard == frames
    }
}
