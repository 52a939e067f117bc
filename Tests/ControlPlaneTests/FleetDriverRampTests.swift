import ControlWire
import ExposureChecker
import FleetModel
import FleetStore
import RolloutEngine
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Ramp")
struct FleetDriverRampTests {
    @Test("a well release reaches everyone, bake by bake, and no exposure is ever above its cap")
    func wellRelease() async throws {
        let house = try await DriverHouse()
        try await house.enrol(40)
        let rollout = try await house.start()
        for _ in 0..<120 where try await house.phase(rollout) != "complete" { try await house.round() }
        let summary = try await house.driver.rollout(rollout)
        #expect(summary.phase == "complete")
        #expect(summary.counts.proven == 40)
        #expect(summary.maxExposed <= summary.capAtMaxExposed)
        #expect(try house.violations(of: rollout).isEmpty)
        #expect(summary.finishedAt != nil)
        #expect(Set(try await house.debits(rollout)).count == 40)
        #expect(house.agents.allSatisfy { $0.offersSeen == [DriverHouse.release] })
    }

    @Test(
        "killed again and again in a ramp: the cap holds, nobody is debited twice, and the ramp goes on to its end",
        arguments: [11, 13, 16])
    func killedInTheMiddle(roundsBetweenKills: Int) async throws {
        var house = try await DriverHouse()
        try await house.enrol(40)
        let rollout = try await house.start()
        // Each kill begins the bakes anew, which take six rounds.
        for round in 1..<400 where try await house.driver.rollout(rollout).counts.proven < 40 {
            try await house.round()
            guard round.isMultiple(of: roundsBetweenKills) else { continue }
            let before = try await house.driver.rollout(rollout).counts
            house = try await house.restarted()
            let after = try await house.driver.rollout(rollout).counts
            #expect(after == before)
        }
        #expect(try await house.driver.rollout(rollout).counts.proven == 40)
        let debits = try await house.debits(rollout)
        #expect(debits.count == 40 && Set(debits).count == 40)
        #expect(try house.violations(of: rollout).isEmpty)
    }

    @Test("an offer whose reply was lost is given again after a restart, without a second debit")
    func lostReply() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        let rollout = try await house.start()
        let message = house.agents[0].next()
        let lost = try await house.driver.checkIn(message)
        #expect(lost.offers?.count == 1)
        let again = try await house.restarted()
        again.agents[0].saysEverything = true
        let reply = try await again.checkIn(0)
        #expect(reply.offers?.map(\.release) == [DriverHouse.release])
        #expect(try await again.debits(rollout).count == 1)
    }

    @Test("a release that kills is halted after the loss budget, recalled, and never offered again")
    func badRelease() async throws {
        let house = try await DriverHouse()
        try await house.enrol(40)
        try await house.complete(DriverHouse.release)
        let rollout = try await house.start(DriverHouse.next)
        for index in house.agents.indices { house.agents[index].fates[DriverHouse.next] = .dies }
        for _ in 0..<30 where try await house.phase(rollout) == "ramping" {
            for index in house.agents.indices where !house.agents[index].isDead { try await house.checkIn(index) }
            house.time.pass(.seconds(1))
            try await house.driver.tick()
        }
        let summary = try await house.driver.rollout(rollout)
        #expect(summary.phase == "halted")
        #expect(summary.counts.silent > 0)
        #expect(summary.counts.offered <= DriverHouse.policy.lossBudget)
        #expect(try house.violations(of: rollout).isEmpty)
        #expect(try await house.driver.status(version: "t").recallRevision == 1)
        let offered = house.agents.filter { $0.offersSeen.contains(DriverHouse.next) }.count
        try await house.round()
        #expect(house.agents.filter { $0.offersSeen.contains(DriverHouse.next) }.count == offered)
        // The struck ones come back, say that they still have it, and are told to drop it.
        for index in house.agents.indices where house.agents[index].isDead {
            let reply = try await house.checkIn(index)
            #expect(reply.offers == nil || reply.offers?.contains { $0.release == DriverHouse.next } == false)
            #expect(house.agents[index].releases.map(\.release) == [DriverHouse.release])
        }
        let again = try await house.restarted()
        #expect(try await again.phase(rollout) == "halted")
        #expect(try await again.driver.status(version: "t").recallRevision == 1)
    }

    @Test("a recall reaches every endpoint that holds the release, also those that were quiet")
    func recallReachesHolders() async throws {
        let house = try await DriverHouse()
        try await house.enrol(6)
        let rollout = try await house.complete(DriverHouse.release)
        try await house.round()
        _ = try await house.driver.command(.recall, on: rollout, reason: "found a hole")
        let quiet = house.driver.credentials.heartbeat(
            house.key(of: 0), instance: InstanceUID(house.agents[0].endpoint), sequence: house.agents[0].sequence + 1,
            at: house.driver.clock.now)
        #expect(quiet != .quiet)
        try await house.round()
        #expect(house.agents.allSatisfy { $0.releases.isEmpty && $0.recallRevision == 1 })
        await #expect(throws: ControlRefusal.self) {
            try await house.driver.mayFetch(DriverHouse.digest(of: DriverHouse.release), house.agents[0].endpoint)
        }
        await #expect(throws: ControlRefusal.self) { try await house.publish(DriverHouse.release) }
    }

    @Test(
        "who joins late gets the channel's proven release first, through its gate, and then takes part in the next ramp"
    )
    func lateJoiner() async throws {
        let house = try await DriverHouse()
        try await house.enrol(8)
        let first = try await house.complete(DriverHouse.release)
        try await house.start(DriverHouse.next)
        try await house.enrol(1)
        try await house.checkIn(8)
        #expect(house.agents[8].offersSeen == [DriverHouse.release])
        #expect(try await house.debits(first).contains(house.agents[8].endpoint))
        for _ in 0..<60 { try await house.round() }
        #expect(house.agents[8].offersSeen == [DriverHouse.release, DriverHouse.next])
    }

    @Test("held: nobody new is offered anything; resumed: the ramp goes on; both survive a restart with their reason")
    func holdAndResume() async throws {
        var house = try await DriverHouse()
        try await house.enrol(8)
        let rollout = try await house.start()
        _ = try await house.driver.command(.hold, on: rollout, reason: "lunch")
        try await house.round()
        #expect(try await house.debits(rollout).isEmpty)
        house = try await house.restarted()
        #expect(try await house.phase(rollout) == "held")
        #expect(
            try await house.driver.ledger(of: rollout, after: 0, limit: 100).rows.contains {
                $0.detail == "held: lunch"
            })
        for index in house.agents.indices { house.agents[index].saysEverything = true }
        try await house.round()
        #expect(try await house.debits(rollout).isEmpty)
        _ = try await house.driver.command(.resume, on: rollout, reason: "")
        try await house.round()
        #expect(try await house.debits(rollout).count == DriverHouse.policy.lossBudget)
    }

    @Test("what a ledger, a channel and a version forbid is refused, each with its own code")
    func refusals() async throws {
        let house = try await DriverHouse()
        try await house.enrol(2)
        func code(_ body: () async throws -> Void) async -> String? {
            do {
                try await body()
                return nil
            } catch { return (error as? ControlRefusal)?.body.error.code }
        }
        let missing = await code { _ = try await house.driver.start(RolloutRequest(release: DriverHouse.next)) }
        #expect(missing == "resource.unknown")
        let rollout = try await house.start(DriverHouse.next)
        let busy = await code { _ = try await house.driver.start(RolloutRequest(release: DriverHouse.next)) }
        #expect(busy == "rollout.channel_busy")
        let older = await code { try await house.publish(DriverHouse.release) }
        #expect(older == "release.older")
        let conflict = await code { try await house.publish(DriverHouse.next, digest: Secret.digest(of: "other")) }
        #expect(conflict == "release.conflict")
        #expect(await code { try await house.publish(DriverHouse.next) } == nil)
        #expect(try await house.store.actions(after: 0, countMax: 100).count { $0.action == "release.publish" } == 1)
        _ = try await house.driver.command(.recall, on: rollout, reason: "bad")
        let twice = await code { _ = try await house.driver.command(.recall, on: rollout, reason: "bad") }
        #expect(twice == "rollout.finished")
        let recalled = await code { _ = try await house.driver.start(RolloutRequest(release: DriverHouse.next)) }
        #expect(recalled == "release.recalled")
        let invalid = await code {
            _ = try await house.driver.start(
                RolloutRequest(release: DriverHouse.next, policy: RolloutTerms(confidence: 2)))
        }
        #expect(invalid == "policy.invalid")
    }
}

extension DriverHouse {
    /// What the checker finds, which shares no code with the gate.
    func violations(of rollout: RolloutID) throws -> [ExposureViolation] {
        try ExposureAudit.check(database: folder.file("fleet.sqlite"), rollout: rollout, agentLogs: []).violations
    }

    /// Rolls a release out to everyone.
    @discardableResult
    func complete(_ release: ReleaseID) async throws -> RolloutID {
        let rollout = try await start(release)
        for _ in 0..<150 where try await phase(rollout) != "complete" { try await round() }
        #expect(try await phase(rollout) == "complete")
        return rollout
    }
}
