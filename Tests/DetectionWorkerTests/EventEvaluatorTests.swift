import DetectionEngine
import FleetModel
import Testing
import WorkerWire

@testable import DetectionWorker

@Suite struct EventEvaluatorTests {
    @Test("a match says which rule, and which fields made it match")
    func match() throws {
        var evaluator = EventEvaluator(obeysChaos: false)
        _ = evaluator.load(generation: 1, program: try Samples.program())
        var matches: [RuleMatch] = []
        evaluator.evaluate(sequence: 5, encoded: Samples.event(image: "/tmp/evil")) { matches.append($0) }
        #expect(
            matches == [
                RuleMatch(
                    sequence: 5, ruleID: "rule-0", title: "Evil image", level: "high", tags: ["attack.t1059"],
                    author: "Tests", response: .kill,
                    fields: [.init(field: .image, value: .text("/tmp/evil"))])
            ])
    }

    @Test("a program with a fault marker is refused with a clear message, and the program before stays in force")
    func chaosRefused() throws {
        var evaluator = EventEvaluator(obeysChaos: false)
        _ = evaluator.load(generation: 1, program: try Samples.program())
        guard
            case .refused(let refusal) = evaluator.load(
                generation: 2, program: try Samples.program(chaos: .crashOnLoad))
        else {
            Issue.record("it was not refused")
            return
        }
        #expect(refusal.generation == 2)
        #expect(refusal.code == "program.chaos_refused")
        #expect(refusal.message.contains("--chaos"))
        #expect(
            evaluator.canary(nonce: 3, encoded: Samples.event(image: "/evil"))
                == .canaryResult(nonce: 3, matchCount: 1))
    }

    @Test("a canary is counted nowhere, and what is no event is counted as refused")
    func counts() throws {
        var evaluator = EventEvaluator(obeysChaos: false)
        evaluator.evaluate(sequence: 0, encoded: Samples.event(image: "/evil")) { _ in }
        _ = evaluator.load(generation: 1, program: try Samples.program())
        _ = evaluator.canary(nonce: 1, encoded: Samples.event(image: "/evil"))
        evaluator.evaluate(sequence: 1, encoded: [9, 9]) { _ in }
        evaluator.evaluate(sequence: 2, encoded: Samples.event(image: "/good")) { _ in }
        evaluator.evaluate(sequence: 3, encoded: Samples.event(image: "/evil")) { _ in }
        #expect(
            evaluator.pong(nonce: 4)
                == .pong(.init(nonce: 4, eventsEvaluated: 2, matches: 1, eventsRefused: 2)))
    }

    @Test("matches of one event are bounded in what is sent, not in what is counted")
    func bound() throws {
        var evaluator = EventEvaluator(obeysChaos: false)
        _ = evaluator.load(generation: 1, program: try Samples.program(ruleCount: 300))
        var sent = 0
        evaluator.evaluate(sequence: 1, encoded: Samples.event(image: "/evil")) { _ in sent += 1 }
        #expect(sent == EventEvaluator.matchesPerEventMax)
        #expect(
            evaluator.pong(nonce: 1) == .pong(.init(nonce: 1, eventsEvaluated: 1, matches: 300, eventsRefused: 0)))
    }

    @Test("the warm-up runs the engine and the wire, and passes")
    func warmUp() {
        #expect(WarmUp.run())
    }
}
