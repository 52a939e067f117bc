import ControlWire
import ExposureChecker
import FleetModel
import FleetStore
import RolloutEngine
import Testing

@testable import ControlPlane

@Suite("Cohorts in the control plane")
struct FleetDriverCohortTests {
    static let bad = "6.6"
    static let kernels = ["6.1", bad, "6.12", "5.10"]

    static let preset: ControlPreset = {
        var preset = ControlPreset.demo
        preset.rollouts.cohortBy = ["kernel"]
        preset.rollouts.lossBudget = 12
        preset.rollouts.noiseCeiling = 0.001
        return preset
    }()

    /// A fleet of four kernels that stands on one release, and a next one that crashes two of three endpoints of
    /// one kernel.
    private static func house() async throws -> DriverHouse {
        let house = try await DriverHouse(preset: preset)
        try await house.enrol(48, kernels: kernels)
        try await house.complete(DriverHouse.release)
        for index in house.agents.indices where house.agents[index].kernel == bad && index % 12 >= 4 {
            house.agents[index].fates[DriverHouse.next] = .reverts
        }
        return house
    }

    /// Rounds until the cohort is halted.
    private static func rampUntilHalt(_ house: DriverHouse) async throws {
        for _ in 0..<60 {
            for index in house.agents.indices {
                try await house.checkIn(index)
                if await house.driver.shelf.rollouts.contains(where: \.machine.isPartlyRecalled) { return }
            }
            house.time.pass(.seconds(1))
            try await house.driver.tick()
        }
        Issue.record("the cohort was not halted")
    }

    private static func expectOthersComplete(_ house: DriverHouse, _ rollout: RolloutID) async throws {
        for _ in 0..<150 where try await house.phase(rollout) != "complete" { try await house.round() }
        try await house.round()
        let summary = try await house.driver.rollout(rollout)
        #expect(summary.phase == "complete")
        #expect(summary.counts.proven >= 36)
        #expect(summary.counts.open == 0)
        for agent in house.agents {
            let holds = agent.releases.contains { $0.release == DriverHouse.next && $0.stage == .committed }
            #expect(holds == (agent.kernel != bad), "\(agent.endpoint) of \(agent.kernel)")
            if agent.kernel != bad { #expect(agent.recallsSeen.isEmpty) }
        }
        #expect(try await house.driver.status(version: "t").recallRevision == 0)
    }

    @Test(
        "a release that crashes one kernel's endpoints is taken back from them alone, also across a restart, and the others complete",
        arguments: [false, true])
    func oneKernel(restarts: Bool) async throws {
        var house = try await Self.house()
        let rollout = try await house.start(DriverHouse.next)
        try await Self.rampUntilHalt(house)
        if restarts {
            try await house.driver.flush()
            house = try await house.restarted()
        }
        let holders = house.agents.indices.filter { index in
            house.agents[index].kernel == Self.bad
                && house.agents[index].releases.contains { $0.release == DriverHouse.next && $0.stage != .reverted }
        }
        #expect(!holders.isEmpty)
        for index in holders {
            await #expect(throws: ControlRefusal.self) {
                try await house.driver.mayFetch(
                    DriverHouse.digest(of: DriverHouse.next), house.agents[index].endpoint)
            }
        }
        let before = house.agents.map { $0.offersSeen.filter { $0 == DriverHouse.next }.count }
        try await house.round()
        for index in house.agents.indices {
            #expect(house.agents[index].recallsSeen == (holders.contains(index) ? [DriverHouse.next] : []))
            guard house.agents[index].kernel == Self.bad else { continue }
            #expect(house.agents[index].offersSeen.filter { $0 == DriverHouse.next }.count == before[index])
        }
        // Told once: the next word says that it is gone.
        try await house.round()
        #expect(house.agents.allSatisfy { $0.recallsSeen.count <= 1 })
        try await Self.expectOthersComplete(house, rollout)
    }

    @Test(
        "an endpoint whose cohort was halted is told so even when it sends a bare heartbeat, and is never quiet before")
    func notQuiet() async throws {
        let house = try await Self.house()
        try await house.start(DriverHouse.next)
        try await Self.rampUntilHalt(house)
        let index = try #require(
            house.agents.indices.first { index in
                house.agents[index].kernel == Self.bad
                    && house.agents[index].releases.contains { $0.release == DriverHouse.next && $0.stage != .reverted }
            })
        let quiet = house.driver.credentials.heartbeat(
            house.key(of: index), instance: InstanceUID(house.agents[index].endpoint),
            sequence: house.agents[index].sequence + 1, at: house.driver.clock.now)
        #expect(quiet == .attend)
        house.agents[index].sequence += 1
        let bare = AgentCheckIn(endpoint: house.agents[index].endpoint, sequence: house.agents[index].sequence)
        for _ in 0..<2 {
            let reply = try await house.driver.checkIn(bare)
            #expect(reply.directive?.recalls.map(\.release) == [DriverHouse.next])
        }
    }

    @Test("who stands in a halted cohort is offered the release before it and the one after it")
    func groundToStandOn() async throws {
        let house = try await Self.house()
        let rollout = try await house.start(DriverHouse.next)
        try await Self.rampUntilHalt(house)
        try await Self.expectOthersComplete(house, rollout)
        // One of them has lost all that it had.
        let index = try #require(house.agents.indices.first { house.agents[$0].kernel == Self.bad })
        house.agents[index].releases = []
        try await house.checkIn(index)
        #expect(house.agents[index].releases.map(\.release) == [DriverHouse.release])
        let mended = ReleaseID(accepted: "linux-core@1.2.0")
        let last = try await house.start(mended)
        for _ in 0..<150 where try await house.phase(last) != "complete" { try await house.round() }
        #expect(house.agents.allSatisfy { $0.releases.contains { $0.release == mended && $0.stage == .committed } })
    }
}

extension RolloutCounts {
    /// Offered and not settled.
    fileprivate var open: Int { offered - proven - failed - silent - withdrawn }
}
