import FleetModel
import Testing

@testable import RolloutEngine

/// Scenarios as text: a line is `milliseconds who [stage] [words] => actions`. Verdicts that only tell numbers are left
/// out. The policy is the demo's, with the budget and the silence deadline of its defaults: 4 endpoints, 6 s.
@Suite("RolloutMachine")
struct RolloutMachineTests {
    @Test("the first cap is the loss budget, and proofs let more in when their wave has had its time")
    func rampGrows() {
        run(
            """
            0 a => offer:a
            0 b => offer:b
            0 c => offer:c
            0 d => offer:d
            0 e =>
            1000 a trial =>
            2000 b trial =>
            7000 a committed => proven:a
            7000 e =>
            7999 b committed =>
            8000 b committed => proven:b
            8000 e => offer:e
            8000 f => offer:f
            8000 g =>
            """)
    }

    @Test("an endpoint in trial is not proven, however long it is well")
    func trialIsNotProof() {
        run(
            """
            0 a => offer:a
            1000 a trial =>
            4000 a trial =>
            8000 a trial =>
            9000 a committed => proven:a
            """)
    }

    @Test("silence counts from the offer, and a word sets it back")
    func silenceIsEvidence() {
        run(
            """
            0 a => offer:a
            0 b => offer:b
            3000 b trial =>
            6100 tick => silent:a
            8900 tick =>
            9100 tick => silent:b halt recall
            """)
    }

    @Test("a release that silences the canaries is halted and recalled, and nobody else is offered it")
    func silenceHalts() {
        run(
            """
            0 a => offer:a
            0 b => offer:b
            0 c => offer:c
            0 d => offer:d
            0 e =>
            6100 tick => silent:a silent:b silent:c silent:d halt recall
            7000 e =>
            7000 tick =>
            """)
    }

    @Test("a silent endpoint that is well later is proven, and its silence stays in the evidence")
    func lateProof() {
        let after = run(
            """
            0 a => offer:a
            6100 tick => silent:a
            7000 a trial =>
            13000 a committed => proven:a
            """)
        #expect(after.status.counts.late == 1)
        #expect(after.status.exposed == 0)
        #expect(after.status.counts.harmed == 1)
    }

    @Test("an endpoint that never gets to the release is silent at the settle deadline, though it speaks")
    func unsettledIsSilent() {
        var lines = ["0 a => offer:a"]
        for second in 1...59 { lines.append("\(second)000 a downloading =>") }
        for second in 1...59 { lines.append("\(second)500 tick =>") }
        lines.sort { (Int($0.split(separator: " ")[0]) ?? 0) < (Int($1.split(separator: " ")[0]) ?? 0) }
        lines.append("60500 tick => silent:a")
        run(lines.joined(separator: "\n"))
    }

    @Test("a lost component fails the release when two reports tell of it, and not when one does")
    func lostProtection() {
        run(
            """
            0 a => offer:a
            1000 a trial unwell=protection =>
            3000 a trial =>
            4000 a trial unwell=protection =>
            6000 a trial unwell=protection => failed:a
            """)
    }

    @Test("a component that was unwell before the offer is not lost by the release")
    func unwellBefore() {
        run(
            """
            0 a unwell=sensor => offer:a
            1000 a trial unwell=sensor =>
            7000 a committed unwell=sensor => proven:a
            """)
    }

    @Test("crash, revert, refusal and the customer's hold end an exposure each in its way")
    func outcomes() {
        let after = run(
            """
            0 a => offer:a
            0 b => offer:b
            0 c => offer:c
            0 d => offer:d
            1000 c refused => withdrawn:c
            1000 d heldByCustomer => withdrawn:d
            1000 a trial failure=crash => failed:a
            1000 b reverted => failed:b halt recall
            """)
        #expect(after.status.counts.refused == 1)
        #expect(after.status.exposed == 2)
    }

    @Test("an endpoint that holds the release, or was offered it before, is not offered it")
    func neverTwice() {
        run(
            """
            0 a holds =>
            0 b heldByCustomer =>
            0 c => offer:c
            1000 c =>
            1000 b => offer:b
            """)
    }

    @Test("an operator's hold stops offers until the resume, and a recall for ever")
    func operatorCommands() {
        run(
            """
            0 a => offer:a
            1000 hold => hold
            1000 b =>
            2000 resume =>
            2000 b => offer:b
            3000 recall => halt recall
            3000 c =>
            4000 resume =>
            4000 c =>
            4000 recall =>
            5000 a reverted =>
            """)
    }

    @Test("a rollout is complete when everyone who speaks has settled, and a latecomer still passes through the gate")
    func completes() {
        run(
            """
            0 a => offer:a
            0 b => offer:b
            1000 a trial =>
            1000 b trial =>
            5000 a trial =>
            5000 b trial =>
            7000 a committed => proven:a
            7000 b committed => proven:b
            9000 tick =>
            13000 tick => complete complete
            20000 c => offer:c
            26200 tick => silent:c complete
            30000 a reverted failure=crash => failed:a complete
            """)
    }

    @Test("a rollout is not complete while someone waits who spoke within the silence deadline")
    func waitsForTheLiving() {
        run(
            """
            0 a => offer:a
            0 z heldByCustomer =>
            1000 a committed =>
            7000 hold => hold
            7000 b =>
            8000 a committed => proven:a hold
            9000 resume =>
            12000 b => offer:b
            13000 tick =>
            """)
    }

    @Test("endpoints that refuse the release hold it until an operator has looked")
    func refusalsHold() {
        run(
            """
            0 a => offer:a
            0 b => offer:b
            0 c => offer:c
            0 d => offer:d
            1000 a refused => withdrawn:a
            1000 b refused => withdrawn:b
            1000 c refused => withdrawn:c
            1000 d refused => withdrawn:d hold
            1000 e =>
            2000 resume =>
            2000 e => offer:e
            """)
    }

    @Test("a removed endpoint ends its exposure; one that failed stays in the evidence")
    func removal() {
        let after = run(
            """
            0 a => offer:a
            0 b => offer:b
            1000 b reverted => failed:b
            2000 a removed => withdrawn:a
            2000 b removed =>
            """)
        #expect(after.status.exposed == 1)
    }

    @Test("an outage makes nobody silent, and what was not witnessed is not proven")
    func outage() {
        run(
            """
            0 a => offer:a
            1000 a trial =>
            30000 outage =>
            30000 tick =>
            31000 a committed =>
            36000 tick =>
            37000 a committed => proven:a
            """)
    }

    @Test("a policy that cannot be evaluated keeps the gate shut and says everything that is wrong with it")
    func invalidPolicy() throws {
        var policy = RolloutPolicy.demo
        policy.confidence = .nan
        policy.lossBudget = 0
        policy.silenceDeadline = .seconds(1)
        var shut = machine(policy)
        let actions = shut.handle(report("a"), at: Moment(milliseconds: 0))
        guard case .record(let verdict)? = actions.first else {
            Issue.record("no verdict in \(actions)")
            return
        }
        #expect(actions.count == 1)
        #expect(verdict.decision == .hold)
        let text = try #require(verdict.reasons.first?.text)
        for field in ["confidence", "loss_budget", "silence_deadline_ms"] { #expect(text.contains(field)) }
    }

    @Test("a verdict is canonical JSON with every input and every reason")
    func verdictJSON() throws {
        let after = run("0 a => offer:a")
        let verdict = try #require(after.status.latestVerdict)
        let text = String(decoding: try verdict.canonicalJSON(), as: UTF8.self)
        #expect(text.hasPrefix(#"{"at":0,"decision":""#))
        for member in ["\"ln_evidence\":", "\"cap\":4", "\"code\":", "\"rate_upper_bound\":1"] {
            #expect(text.contains(member), "\(member) in \(text)")
        }
    }

    @Test("forty endpoints pass in five bakes of 4, 5, 9, 17 and 5")
    func fortyEndpoints() {
        var gate = machine(.demo)
        var bakes: [Int] = []
        var proven = 0
        for round in 0..<6 {
            let start = Int64(round) * 10_000
            let offered = (proven..<40).filter { number in
                gate.handle(report("e\(number)"), at: Moment(milliseconds: start)).contains {
                    if case .offer = $0 { true } else { false }
                }
            }
            bakes.append(offered.count)
            for wait in [1000, 4000, 7000] as [Int64] {
                for number in offered {
                    _ = gate.handle(report("e\(number)", .committed), at: Moment(milliseconds: start + wait))
                }
            }
            proven += offered.count
        }
        #expect(bakes == [4, 5, 9, 17, 5, 0])
        #expect(gate.status.counts.proven == 40)
    }

    @discardableResult
    private func run(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) -> RolloutMachine {
        var gate = machine(.demo)
        for line in text.split(separator: "\n") {
            let halves = line.split(separator: "=>", omittingEmptySubsequences: false)
            let words = halves[0].split(separator: " ").map(String.init)
            let now = Moment(milliseconds: Int64(words[0]) ?? 0)
            let actions = gate.handle(Self.input(words, now), at: now).compactMap(Self.word)
            let expected = halves[1].split(separator: " ").map(String.init)
            #expect(actions == expected, "\(line)", sourceLocation: sourceLocation)
        }
        return gate
    }

    private static func input(_ words: [String], _ now: Moment) -> RolloutInput {
        switch words[1] {
        case "tick": return .tick
        case "hold": return .operatorHold("look")
        case "resume": return .operatorResume
        case "recall": return .operatorRecall("bad")
        case "outage": return .outage(from: Moment(milliseconds: 0), until: now)
        default: break
        }
        if words.contains("removed") { return .endpointRemoved(endpoint(words[1])) }
        var report = EndpointReport(endpoint: endpoint(words[1]), attributes: plainAttributes)
        for word in words.dropFirst(2) {
            let parts = word.split(separator: "=").map(String.init)
            switch parts[0] {
            case "heldByCustomer": report.admission = Admission(answer: .held, reasons: ["why"])
            case "holds": report.holds = ReleaseID(accepted: "linux-core@1.0.0")
            case "failure": report.failure = FailureKind(rawValue: parts[1])
            case "unwell": report.unwell = [EndpointComponent(rawValue: parts[1])].compactMap(\.self)
            default: report.stage = ReleaseStage(rawValue: word)
            }
        }
        return .checkIn(report)
    }

    private static func word(_ action: RolloutAction) -> String? {
        switch action {
        case .offer(let endpoint): return "offer:\(name(of: endpoint))"
        case .settle(let endpoint, let outcome): return "\(outcome.word):\(name(of: endpoint))"
        case .recall: return "recall"
        case .complete: return "complete"
        case .record(let verdict):
            guard !verdict.reasons.contains(where: { $0.code.isRoutine }) else { return nil }
            return verdict.decision.rawValue
        }
    }
}
