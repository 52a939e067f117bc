import RolloutEngine
import Testing

@testable import FleetSimulator

@Suite("Other systems' policies")
struct OrdinaryPolicyTests {
    /// The members of a hawkBit group in a fleet of 1,000: every tenth endpoint.
    private func members(_ group: Int) -> [Int] { (0..<100).map { $0 * 10 + group } }

    /// The rule looks at the clock, so asking changes it.
    private func mayOffer(_ policy: OrdinaryPolicy, _ endpoint: Int, at second: UInt32) -> Bool {
        var asked = policy
        return asked.mayOffer(endpoint, at: second)
    }

    @Test("hawkBit's third group does not start before half of the second has succeeded")
    func cascade() {
        var policy = OrdinaryPolicy(kind: .hawkbit, fleet: 1_000)
        #expect(mayOffer(policy, 0, at: 1) && !mayOffer(policy, 1, at: 1))
        for member in members(0) { policy.prove(member) }
        #expect(mayOffer(policy, 1, at: 2), "all of the first group: the second starts")
        #expect(!mayOffer(policy, 2, at: 2), "successes of the first group do not count for the third")
        for member in members(1).prefix(49) { policy.prove(member) }
        #expect(!mayOffer(policy, 2, at: 3))
        policy.prove(members(1)[49])
        #expect(mayOffer(policy, 2, at: 4))
        #expect(!mayOffer(policy, 3, at: 4))
    }

    @Test("more than 30% of one hawkBit group in error stop the rollout; the same number over two groups do not")
    func errorThreshold() {
        var policy = OrdinaryPolicy(kind: .hawkbit, fleet: 1_000)
        for member in members(0).prefix(30) + members(1).prefix(30) { policy.fail(member, at: 5) }
        #expect(policy.stoppedAt == nil)
        policy.fail(members(1)[30], at: 6)
        #expect(policy.stoppedAt == 6)
        #expect(!mayOffer(policy, 0, at: 7))
    }

    @Test("what hawkBit counts as done at installation starts the next group, and cannot fail any more")
    func installation() {
        var policy = OrdinaryPolicy(kind: .hawkbit, fleet: 1_000, successAt: .installation)
        for member in members(0).prefix(50) { policy.install(member) }
        #expect(mayOffer(policy, 1, at: 1))
        for member in members(0) { policy.fail(member, at: 2) }
        #expect(policy.stoppedAt == nil)
    }

    @Test("groups hold everyone once, and differ by one at most", arguments: [1, 9, 10, 1_003])
    func groups(fleet: Int) {
        let cascade = GroupCascade(fleet: fleet)
        let sizes = Dictionary(grouping: 0..<fleet, by: cascade.group(of:)).mapValues(\.count)
        #expect(sizes.count == min(10, fleet))
        #expect((sizes.values.max() ?? 0) - (sizes.values.min() ?? 0) <= 1)
    }

    @Test("an IoT job notifies 50 a minute, twice as many with each thousand, and never more than a thousand")
    func jobRate() {
        var rate = JobRate()
        var notified: [Int] = []
        for minute in 0..<60 as Range<UInt32> {
            var count = 0
            while rate.mayNotify(at: minute * 60) {
                rate.notify()
                count += 1
            }
            notified.append(count)
        }
        #expect(notified.prefix(20).allSatisfy { $0 == 50 }, "\(notified)")
        #expect(notified[20] == 100 && notified[30] == 200 && notified[35] == 400, "\(notified)")
        #expect(notified.last == 1_000 && notified.max() == 1_000)
    }

    @Test("an IoT job is aborted at 20% failed of 100, or at half timed out of 200, and not before")
    func jobAbort() {
        var policy = OrdinaryPolicy(kind: .iotJobs, fleet: 1_000)
        for endpoint in 0..<79 { policy.prove(endpoint) }
        for endpoint in 79..<99 { policy.fail(endpoint, at: 1) }
        #expect(policy.stoppedAt == nil, "99 have ended")
        policy.fail(99, at: 2)
        #expect(policy.stoppedAt == 2)

        var silent = OrdinaryPolicy(kind: .iotJobs, fleet: 1_000)
        for _ in 0..<199 { silent.timeOut(at: 1) }
        #expect(silent.stoppedAt == nil)
        silent.timeOut(at: 2)
        #expect(silent.stoppedAt == 2)
    }

    @Test("rings and phases open on time, for the share that they name")
    func shares() {
        func share(_ kind: PolicyKind, _ second: UInt32) -> Int {
            var policy = OrdinaryPolicy(kind: kind, fleet: 1_000)
            return (0..<1_000).count { policy.mayOffer($0, at: second) }
        }
        let day: UInt32 = 86_400
        #expect(
            [0, day - 1, day, 2 * day, 3 * day, 9 * day].map { share(.fixedRings, $0) } == [
                10, 10, 100, 500, 1_000, 1_000,
            ])
        #expect([0, 21_600, 9 * 21_600, 20 * 21_600].map { share(.phased, $0) } == [100, 200, 1_000, 1_000])
        #expect(share(.pushToAll, 0) == 1_000)
    }

    @Test("people stop a rollout two hours after 100 machines were struck, and not for 99")
    func people() {
        var policy = OrdinaryPolicy(kind: .phased, fleet: 1_000)
        policy.look(at: 30, broken: 99)
        policy.look(at: 9_000, broken: 99)
        policy.look(at: 9_030, broken: 100)
        policy.look(at: 9_030 + 7_199, broken: 500)
        #expect(policy.stoppedAt == nil)
        policy.look(at: 9_030 + 7_200, broken: 500)
        #expect(policy.stoppedAt == 16_230)
    }

    @Test(
        "a clean release reaches at least 99% of the fleet under every policy, however success is counted",
        arguments: Scoreboard.Contestant.all)
    func cleanRelease(contestant: Scoreboard.Contestant) throws {
        var setup = SimulationSetup(fleet: 5_000, fault: .none, noise: 1e-6, policy: contestant.policy, seed: 1)
        setup.successAt = contestant.successAt
        setup.afterSeconds = setup.afterSecondsNeeded
        let run = SimulationRun(of: setup)
        #expect(!run.report.halted && run.report.broken == 0)
        #expect(run.report.minutesToP99Coverage != nil)
        #expect(run.report.capViolations == 0, "\(run.violations)")
        let last = try #require(run.points.last)
        #expect(last.proven * 100 >= 5_000 * 99)
        #expect((last.cap != nil) == (contestant.policy == .firebreak))
    }
}
