import FleetModel
import Foundation
import Testing

@testable import ResponseEngine

/// Holds every plan of a walk to the promises, with its own arithmetic and its own list.
struct PlanChecker {
    private(set) var violations: [String] = []
    private var acts: [(at: Int64, id: String)] = []
    private var ids: Set<String> = []
    private let policy: ResponsePolicy

    init(_ policy: ResponsePolicy) { self.policy = policy }

    /// What must never be hit, by hand.
    static let sacred = ["/usr/sbin/init", "/usr/bin/dpkg", "/usr/sbin/sshd", "/opt/firebreak/bin/firebreak-guard"]
    static let sacredFiles = sacred + ["/etc/passwd", "/usr/bin/bash", "/var/lib/firebreak/journal.json"]

    mutating func check(_ plan: ResponsePlan, of request: ResponseRequest, at now: Int64) {
        guard case .act(let record) = plan else { return }
        func fail(_ text: String) { violations.append("at \(now): \(text)") }
        if !policy.allowed.contains(request.response) { fail("\(request.response) is not allowed") }
        if !ids.insert(record.id.text).inserted { fail("\(record.id) again") }
        if record.state != .planned || record.action.response != request.response || record.release != request.release {
            fail("the record is not that of the request")
        }
        switch record.action {
        case .deny(let process), .kill(let process):
            if process.processId <= 1 || Self.sacred.contains(process.image) { fail("\(process.image) is sacred") }
        case .quarantine(let path, _): if Self.sacredFiles.contains(path) { fail("\(path) is sacred") }
        }
        acts.append((now, record.id.text))
        for (span, most) in [(Int64(60_000), policy.perMinuteMax), (3_600_000, policy.perHourMax)] {
            let count = acts.count { now - $0.at < span }
            if count > most { fail("\(count) actions in \(span / 1_000) s, \(most) allowed") }
        }
    }
}

@Suite("Response planner: random walks")
struct PlannerWalkTests {
    static let seeds: Range<UInt64> = 1..<61
    static let stepsPerWalk = 2_000

    enum Mutation { case forgetsBudget, protectsNothing, repeatsIds }

    struct Outcome {
        var violations: [String] = []
        var acts = 0
        var storms = 0
        var protected = 0
    }

    static func walk(seed: UInt64, mutation: Mutation? = nil) -> Outcome {
        var numbers = SeededRandom(state: seed)
        let policy = ResponsePolicy(
            allowed: Set(RuleResponse.allCases.filter { _ in Int.random(in: 0..<4, using: &numbers) > 0 }),
            perMinuteMax: Int.random(in: 0..<6, using: &numbers), perHourMax: Int.random(in: 0..<20, using: &numbers),
            undonePerHourMax: 3)
        let open = ProtectedList(ownFolders: [])
        let list = mutation == .protectsNothing ? open : Samples.protected
        var planner = ResponsePlanner(policy: policy, protected: list, journal: [], at: Samples.moment(0))
        var checker = PlanChecker(policy)
        var journal: [ResponseRecord] = []
        var outcome = Outcome()
        var now: Int64 = 0
        for _ in 0..<stepsPerWalk {
            now += Int64.random(in: 0..<30_000, using: &numbers)
            let images = PlanChecker.sacredFiles + ["/tmp/evil", "/home/ada/x", "/srv/a", "/tmp/b", "/tmp/c"]
            let request = Samples.request(
                RuleResponse.allCases.randomElement(using: &numbers) ?? .alert,
                kind: EventKind.allCases.randomElement(using: &numbers) ?? .fileEvent,
                pid: Int32.random(in: 0..<40, using: &numbers), image: images.randomElement(using: &numbers) ?? "",
                file: images.randomElement(using: &numbers), at: now, isHeld: Bool.random(using: &numbers),
                release: Int.random(in: 1..<3, using: &numbers))
            let plan = planner.plan(request, at: Samples.moment(now))
            checker.check(plan, of: request, at: now)
            outcome.acts += plan.record == nil ? 0 : 1
            outcome.storms += plan.isStorm ? 1 : 0
            outcome.protected += plan.isProtected ? 1 : 0
            if let record = plan.record { journal.append(record) }
            if Int.random(in: 0..<20, using: &numbers) == 0 || mutation == .forgetsBudget {
                // The agent starts anew, with what its journal holds.
                if mutation == .repeatsIds || mutation == .forgetsBudget { journal = [] }
                planner = ResponsePlanner(
                    policy: policy, protected: list, journal: journal, at: Samples.moment(now))
            }
        }
        outcome.violations = checker.violations
        return outcome
    }

    @Test("never a protected subject, never more than the budget, every act with a record of its own")
    func walks() {
        let wanted = ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init)
        var total = Outcome()
        for seed in wanted.map({ $0..<($0 + 1) }) ?? Self.seeds {
            let outcome = Self.walk(seed: seed)
            #expect(outcome.violations.isEmpty, "SEED=\(seed): \(outcome.violations.prefix(3))")
            total.acts += outcome.acts
            total.storms += outcome.storms
            total.protected += outcome.protected
        }
        #expect(total.acts > 0 && total.storms > 0 && total.protected > 0, "\(total)")
    }

    @Test(
        "the checker bites: a planner that forgets, spares nothing or counts anew is caught",
        arguments: [
            Mutation.forgetsBudget, .protectsNothing, .repeatsIds,
        ])
    func bites(_ mutation: Mutation) {
        let caught = Self.seeds.contains { !Self.walk(seed: $0, mutation: mutation).violations.isEmpty }
        #expect(caught)
    }
}
