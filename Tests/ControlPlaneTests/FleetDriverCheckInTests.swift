import CanonicalCoding
import ControlWire
import FleetModel
import FleetStore
import RolloutEngine
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Check-ins")
struct FleetDriverCheckInTests {
    @Test("the same check-in twice changes nothing the second time")
    func duplicate() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        let rollout = try await house.start()
        let message = house.agents[0].next()
        let first = try await house.driver.checkIn(message)
        let rows = try await house.rows(rollout).count
        let second = try await house.driver.checkIn(message)
        #expect(first.offers == second.offers)
        #expect(try await house.rows(rollout).count == rows)
        #expect(second.wantsFullState == false)
    }

    @Test("where the bake asks for a reboot and for use, an endpoint is proven only when it has reported them")
    func bakeConditions() async throws {
        var preset = ControlPreset.demo
        preset.rollouts.bakeConditions = [.reboot, .use]
        preset.rollouts.bakeUse = .seconds(90)
        let house = try await DriverHouse(preset: preset)
        try await house.enrol(2)
        let rollout = try await house.start()
        for _ in 0..<12 { try await house.round() }
        #expect(try await house.driver.rollout(rollout).counts.proven == 0)
        for index in 0..<2 { house.agents[index].releases[0].rebooted = true }
        house.agents[0].releases[0].usedSeconds = 90
        house.agents[1].releases[0].usedSeconds = 89
        for _ in 0..<3 { try await house.round() }
        let counts = try await house.driver.rollout(rollout).counts
        #expect(counts.proven == 1 && counts.offered == 2)
        house.agents[1].releases[0].usedSeconds = .max
        for _ in 0..<3 { try await house.round() }
        #expect(try await house.driver.rollout(rollout).counts.proven == 2)
    }

    @Test("a check-in that was overtaken does not take back what a later one said")
    func reordered() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        let rollout = try await house.start()
        try await house.checkIn(0)
        let overtaken = house.agents[0].next()
        house.agents[0].releases[0].stage = .committed
        try await house.checkIn(0)
        var stale = overtaken
        stale.report?.releases[0].stage = .reverted
        stale.report?.releases[0].failure = .crash
        let reply = try await house.driver.checkIn(stale)
        #expect(reply.wantsFullState)
        #expect(try await house.driver.endpoint(house.agents[0].endpoint).releases.first?.stage == .committed)
        #expect(try await house.driver.rollout(rollout).counts.failed == 0)
    }

    @Test("an endpoint whose message was missed is asked to say everything")
    func gap() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        #expect(try await house.checkIn(0).wantsFullState == false)
        house.agents[0].sequence += 5
        #expect(try await house.checkIn(0).wantsFullState)
        #expect(try await house.checkIn(0).wantsFullState == false)
    }

    @Test("after a restart nobody is offered anything before it has said again what it holds")
    func unknownAfterRestart() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        let rollout = try await house.start()
        let again = try await house.restarted()
        let first = try await again.checkIn(0)
        #expect(first.wantsFullState && first.offers == nil)
        #expect(try await again.debits(rollout).isEmpty)
        #expect(try await again.checkIn(0).offers?.count == 1)
    }

    @Test("an agent of another make is shown in the fleet and offered nothing")
    func thirdParty() async throws {
        let house = try await DriverHouse()
        let minted = try await house.driver.mint(name: "collector")
        let rollout = try await house.start()
        let instance = TestAgent(number: 4711).endpoint
        let message = AgentCheckIn(
            endpoint: instance, sequence: 1, capabilities: [.reportsStatus, .acceptsPackages],
            description: EndpointDescription(
                service: "otelcol", hostName: "h", cohort: TestAgent(number: 1).description.cohort))
        let prepared = PreparedCheckIn(message, from: minted.endpoint) { _ in }
        let reply = try await house.driver.checkIn(prepared, of: minted.endpoint)
        #expect(reply.endpoint == instance)
        #expect(reply.offers == nil && reply.directive == nil && reply.policy == nil)
        let shown = try await house.driver.endpoint(minted.endpoint)
        #expect(shown.name == "collector" && shown.service == "otelcol" && shown.lastSeenAt != nil)
        #expect(try await house.debits(rollout).isEmpty)
    }

    @Test("a policy is sent once, and again to an agent that has started anew and does not follow it")
    func policy() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        #expect(try await house.checkIn(0).policy == nil)
        house.agents[0].saysEverything = true
        let sent = try #require(try await house.checkIn(0).policy)
        #expect(try EndpointPolicy(decoding: sent.body) == ControlPreset.demo.endpoints)
        house.agents[0].saysEverything = true
        var message = house.agents[0].next()
        message.policyReport = PolicyReport(hash: sent.hash.bytes, standing: .applied)
        #expect(try await house.driver.checkIn(message).policy == nil)
    }

    @Test("a heartbeat is answered at once only for an endpoint to whom there is nothing to tell")
    func quiet() async throws {
        let house = try await DriverHouse()
        try await house.enrol(2)
        for _ in 0..<2 { try await house.round() }
        func beat(_ index: Int) -> CredentialTable.Answer {
            house.agents[index].sequence += 1
            return house.driver.credentials.heartbeat(
                house.key(of: index), instance: InstanceUID(house.agents[index].endpoint),
                sequence: house.agents[index].sequence, at: house.driver.clock.now)
        }
        #expect(beat(0) == .quiet)
        #expect(beat(0) == .quiet)
        house.agents[0].sequence += 1
        #expect(beat(0) == .attend, "a message was missed")
        let unknown = CredentialKey(Secret.digest(of: "nobody"))
        #expect(
            house.driver.credentials.heartbeat(
                unknown, instance: InstanceUID(house.agents[0].endpoint), sequence: 1, at: house.driver.clock.now)
                == .unknown)
        try await house.start()
        #expect(beat(1) == .attend, "a rollout may want it")
    }

    @Test("what a heartbeat alone shows is written with the next flush")
    func flushed() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        for _ in 0..<2 { try await house.round() }
        try await house.driver.flush()
        house.time.pass(.seconds(30))
        house.agents[0].sequence += 1
        let now = house.driver.clock.now
        #expect(
            house.driver.credentials.heartbeat(
                house.key(of: 0), instance: InstanceUID(house.agents[0].endpoint), sequence: house.agents[0].sequence,
                at: now) == .quiet)
        try await house.driver.flush()
        #expect(try await house.store.fleet().endpoints.first?.snapshot.lastSeenAt == now)
    }
}

@Suite("Alerts")
struct FleetDriverAlertTests {
    static func finding(_ title: String) -> [UInt8] {
        Array(
            """
            {"class_uid":2004,"finding_info":{"analytic":{"uid":"rule-1"},"title":"\(title)"},"severity":"High","time":5}
            """.utf8)
    }

    @Test(
        "an alert is kept once, however often and in whatever company it is sent, and acknowledged when it is durable")
    func once() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        var message = house.agents[0].next()
        message.report?.alerts = [AlertReport(sequence: 1, finding: Self.finding("one"))]
        #expect(try await house.driver.checkIn(message).directive?.alertsAcknowledged == 1)
        #expect(try await house.driver.checkIn(message).directive?.alertsAcknowledged == 1)
        message.sequence += 1
        message.report?.alerts.append(AlertReport(sequence: 2, finding: Self.finding("two")))
        #expect(try await house.driver.checkIn(message).directive?.alertsAcknowledged == 2)
        let page = try await house.driver.alertPage(after: 0, limit: 10, wait: .zero)
        #expect(page.alerts.map(\.title) == ["one", "two"])
        #expect(try await house.driver.status(version: "t").alertCount == 2)
    }

    @Test("no alert is acknowledged that the disk has not taken")
    func notBeforeDurable() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        house.agents[0].alerts = [AlertReport(sequence: 1, finding: Self.finding("one"))]
        house.gate.set(.fails)
        await #expect(throws: ControlRefusal.self) { try await house.checkIn(0) }
        house.gate.set(.none)
        house.time.pass(.seconds(1))
        #expect(try await house.checkIn(0).directive?.alertsAcknowledged == 1)
        #expect(try await house.store.alerts(after: 0, countMax: 9).count == 1)
    }

    @Test("bytes that are no finding are passed over and acknowledged: those behind them must not wait for ever")
    func noFinding() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        house.agents[0].alerts = [
            AlertReport(sequence: 1, finding: Array("{}".utf8)), AlertReport(sequence: 2, finding: Self.finding("two")),
        ]
        #expect(try await house.checkIn(0).directive?.alertsAcknowledged == 2)
        #expect(try await house.store.alerts(after: 0, countMax: 9).map(\.title) == ["two"])
    }

    @Test("a long poll is answered when the alert is durable")
    func longPoll() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        let driver = house.driver
        let poll = Task { try await driver.alertPage(after: 0, limit: 10, wait: .seconds(30)) }
        _ = try await eventually("the poll waits") { driver.alertBell.waiterCount == 1 ? true : nil }
        house.agents[0].alerts = [AlertReport(sequence: 1, finding: Self.finding("one"))]
        try await house.checkIn(0)
        #expect(try await poll.value.alerts.map(\.title) == ["one"])
        #expect(driver.alertBell.waiterCount == 0)
    }
}
