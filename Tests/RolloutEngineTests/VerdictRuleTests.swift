import FleetModel
import Testing

@testable import RolloutEngine

@Suite("A verdict and its evidence")
struct VerdictRuleTests {
    /// What a walk has seen, so that one that never came to the point does not pass for a good one.
    struct Seen {
        var decisions: Set<Verdict.Decision> = []
        var codes: Set<Verdict.Reason.Code> = []
        var cohortHalts = 0
        var restarts = 0
        var suspects = 0

        mutating func add(_ other: Seen) {
            decisions.formUnion(other.decisions)
            codes.formUnion(other.codes)
            cohortHalts += other.cohortHalts
            restarts += other.restarts
            suspects += other.suspects
        }
    }

    @Test("the evidence gives the verdict again, also after restarts and outages, in every walk of a fleet")
    func evidenceGivesVerdict() throws {
        var seen = Seen()
        for seed in 1...25 as ClosedRange<UInt64> { seen.add(try walk(seed: seed)) }
        seen.add(try refusals())
        #expect(seen.decisions == [.expand, .hold, .halt, .complete])
        #expect(Set(Verdict.Reason.Code.allCases).subtracting(seen.codes) == [.policyInvalid])
        #expect(seen.cohortHalts > 0)
        #expect(seen.suspects > 0)
        #expect(seen.restarts > 0)
    }

    @Test("a policy with problems gives its verdict again too")
    func invalidPolicy() throws {
        var policy = RolloutPolicy.demo
        policy.alpha = 7
        var gate = machine(policy)
        let actions = gate.handle(report("a"), at: Moment(milliseconds: 10))
        try compare(actions, of: gate, by: VerdictRule(policy))
        #expect(!actions.isEmpty)
    }

    private func walk(seed: UInt64) throws -> Seen {
        var random = SplitMix(state: seed)
        var policy = CapTests.policy(budget: 3)
        policy.cohortBy = ["kernel"]
        policy.refusalCountMax = seed.isMultiple(of: 3) ? 1 : 50
        let rule = VerdictRule(policy)
        let kernels = seed.isMultiple(of: 4) ? ["6.1"] : ["6.1", "6.2", "6.3", "6.4"]
        let isBad = seed % 5
        var gate = machine(policy, seed: seed)
        var ledger: [LedgerEntry] = []
        var seen = Seen()
        var chain = EvidenceChain()
        for step in 0..<600 {
            let now = Moment(milliseconds: Int64(step) * 60)
            var input = someReport(&random, kernels: kernels, isBad: isBad)
            switch Int.random(in: 0..<400, using: &random) {
            case 0..<60: input = .tick
            case 60: input = .operatorHold("why")
            case 61...66: input = .operatorResume
            case 67...68 where step > 300: input = .operatorRecall("bad")
            case 69: input = .outage(from: now, until: now)
            case 70:
                gate = machine(policy, seed: seed)
                for entry in ledger { gate.restore(entry) }
                input = .outage(from: now, until: now)
                seen.restarts += 1
            default: break
            }
            let actions = gate.handle(input, at: now)
            let verdicts = try compare(actions, of: gate, by: rule)
            for (verdict, evidence) in zip(verdicts, gate.evidence) {
                let outcome = try rule.outcome(of: evidence)
                #expect(chain.breach(by: evidence) == nil, "seed \(seed), step \(step)")
                chain.take(outcome, from: evidence)
                seen.decisions.insert(verdict.decision)
                seen.codes.formUnion(verdict.reasons.map(\.code))
                if verdict.cohort != nil { seen.cohortHalts += 1 }
                seen.suspects += evidence.suspects.count
            }
            for action in actions {
                ledger.append(gate.ledgerEntry(for: action, sequence: Int64(ledger.count), at: now))
            }
        }
        return seen
    }

    /// Endpoints refuse the bytes, a person goes on, they refuse again, and the person takes the release back.
    private func refusals() throws -> Seen {
        var policy = CapTests.policy(budget: 5)
        policy.refusalCountMax = 1
        let rule = VerdictRule(policy)
        var gate = machine(policy)
        var seen = Seen()
        var chain = EvidenceChain()
        var inputs = ["a", "b", "c", "d", "e"].map { report($0) } + ["a", "b"].map { report($0, .refused) }
        inputs += [.operatorResume, report("c", .refused), report("d", .refused), .operatorRecall("bad"), .tick]
        for (step, input) in inputs.enumerated() {
            let actions = gate.handle(input, at: Moment(milliseconds: Int64(step) * 20))
            for (verdict, evidence) in zip(try compare(actions, of: gate, by: rule), gate.evidence) {
                #expect(chain.breach(by: evidence) == nil)
                chain.take(try rule.outcome(of: evidence), from: evidence)
                seen.codes.formUnion(verdict.reasons.map(\.code))
            }
        }
        return seen
    }

    private func someReport(_ random: inout SplitMix, kernels: [String], isBad: UInt64) -> RolloutInput {
        let number = Int.random(in: 0..<60, using: &random)
        var attributes = plainAttributes
        attributes.kernel = kernels[number % kernels.count]
        let stages: [ReleaseStage?] = [nil, .trial, .committed, .committed, .committed, .committed]
        var stage = stages.randomElement(using: &random) ?? nil
        var failure: FailureKind?
        let draw = Int.random(in: 0..<100, using: &random)
        if draw < (isBad == 3 ? 12 : 2) { stage = .refused }
        // In some walks one cohort is struck, in some everyone, and a little nature is in all.
        let isStruck = isBad == 1 && number % kernels.count == 1 || isBad == 2
        if draw < (isStruck ? 60 : isBad >= 3 ? 0 : 3) {
            stage = stage == nil ? nil : .reverted
            failure = .crash
        }
        return .checkIn(
            EndpointReport(
                endpoint: endpoint("e\(number)"), attributes: attributes, stage: stage, failure: failure))
    }

    @discardableResult
    private func compare(
        _ actions: [RolloutAction], of gate: RolloutMachine, by rule: VerdictRule
    ) throws -> [Verdict] {
        let verdicts = actions.compactMap { if case .record(let verdict) = $0 { verdict } else { nil } }
        #expect(verdicts.count == gate.evidence.count)
        for (verdict, evidence) in zip(verdicts, gate.evidence) {
            let outcome = try rule.outcome(of: evidence)
            #expect(outcome.decision == verdict.decision)
            #expect(outcome.phase == verdict.phase)
            #expect(outcome.reasons == verdict.reasons)
            #expect(outcome.cohort == verdict.cohort)
            #expect(outcome.cap == verdict.inputs.cap)
            #expect(outcome.rateUpperBound == verdict.inputs.rateUpperBound)
            #expect(outcome.lnEvidence == verdict.inputs.lnEvidence)
            #expect(outcome.wasComplete == verdict.inputs.wasComplete)
            #expect(outcome.rest.expected == verdict.inputs.tests?.expected ?? 0)
            #expect(outcome.rest.variance == verdict.inputs.tests?.variance ?? 0)
            #expect(evidence.at == verdict.at)
        }
        return verdicts
    }
}
