import ControlWire
import FleetModel
import FleetStore
import RolloutEngine
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Group commit")
struct FleetDriverCommitTests {
    @Test("no offer leaves before its debit is durable")
    func offerWaitsForDebit() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        let rollout = try await house.start()
        house.gate.holdUp()
        let isAnswered = Mutex(false)
        let message = house.agents[0].next()
        let driver = house.driver
        let answer = Task {
            let reply = try await driver.checkIn(message)
            isAnswered.withLock { $0 = true }
            return reply
        }
        await house.gate.arrival()
        // The decision is made, and its row is held up on its way to the disk.
        #expect(try await house.debits(rollout).isEmpty)
        #expect(isAnswered.withLock { $0 } == false)
        house.gate.letGo()
        let reply = try await answer.value
        #expect(reply.offers?.map(\.release) == [DriverHouse.release])
        #expect(try await house.debits(rollout) == [message.endpoint])
    }

    @Test("when the disk fails nobody is offered anything, and everyone is told to come back")
    func failureGivesNoOffer() async throws {
        let house = try await DriverHouse()
        try await house.enrol(3)
        let rollout = try await house.start()
        house.gate.set(.fails)
        for index in 0..<3 {
            let refusal = await #expect(throws: ControlRefusal.self) { try await house.checkIn(index) }
            #expect(refusal?.status == 503)
            #expect(refusal?.retryAfterSeconds != nil)
        }
        #expect(try await house.driver.status(version: "t").storageFault != nil)
        #expect(try await house.debits(rollout).isEmpty)
        house.gate.set(.none)
        house.time.pass(.seconds(1))
        for index in 0..<3 { try await house.checkIn(index) }
        #expect(try await house.driver.status(version: "t").storageFault == nil)
        #expect(try await house.debits(rollout).count == 3)
        #expect(house.agents.allSatisfy { $0.offersSeen == [DriverHouse.release] })
    }

    @Test("a row that the disk kept although it reported a failure is the truth: offered again, debited once")
    func ambiguousFailure() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        let rollout = try await house.start()
        house.gate.set(.writesAndFails)
        await #expect(throws: ControlRefusal.self) { try await house.checkIn(0) }
        house.gate.set(.none)
        house.time.pass(.seconds(1))
        let reply = try await house.checkIn(0)
        #expect(reply.offers?.count == 1)
        #expect(try await house.debits(rollout).count == 1)
        #expect(try await house.driver.rollout(rollout).counts.exposed == 1)
    }

    @Test("the time in which nothing could be written makes nobody silent")
    func failureIsAnOutage() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        let rollout = try await house.start()
        try await house.round()
        house.gate.set(.fails)
        house.time.pass(.seconds(2))
        await #expect(throws: ControlRefusal.self) { try await house.driver.flush() }
        house.time.pass(DriverHouse.policy.silenceDeadline + .seconds(10))
        await #expect(throws: ControlRefusal.self) { try await house.driver.tick() }
        house.gate.set(.none)
        house.time.pass(.seconds(1))
        try await house.driver.tick()
        #expect(try await house.driver.rollout(rollout).counts.silent == 0)
        #expect(try await house.rows(rollout).contains { $0.kind == "outage" })
        // And yet silence is still heard, from then on.
        house.time.pass(DriverHouse.policy.silenceDeadline + .seconds(1))
        try await house.driver.tick()
        #expect(try await house.driver.rollout(rollout).counts.silent == 1)
    }

    @Test("check-ins that arrive while a commit is under way share the next one")
    func groupCommit() async throws {
        let house = try await DriverHouse()
        try await house.enrol(24)
        let rollout = try await house.start()
        let driver = house.driver
        let messages = house.agents.indices.map { house.agents[$0].next() }
        house.gate.holdUp()
        let before = house.gate.urgentCommitCount
        let first = Task { try await driver.checkIn(messages[0]) }
        await house.gate.arrival()
        let others = messages.dropFirst().map { message in
            Task { try await driver.checkIn(message) }
        }
        _ = try await eventually("everyone waits") { await driver.waitingCount == 23 ? true : nil }
        house.gate.letGo()
        var offered = try await first.value.offers == nil ? 0 : 1
        for other in others where try await other.value.offers != nil { offered += 1 }
        #expect(house.gate.urgentCommitCount - before == 2)
        #expect(offered == DriverHouse.policy.lossBudget)
        #expect(try await house.debits(rollout).count == offered)
    }

    @Test("a request that is refused takes nothing with it from its transaction")
    func refusalIsAlone() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        let driver = house.driver
        let stranger = TestAgent(number: 99)
        house.gate.holdUp()
        let holding = Task { try await driver.mint(name: "holds the lane") }
        await house.gate.arrival()
        let refused = Task { try await driver.checkIn(stranger.hello) }
        let minted = Task { try await driver.mint(name: "well") }
        _ = try await eventually("both wait") { await driver.waitingCount == 2 ? true : nil }
        house.gate.letGo()
        _ = try await holding.value
        await #expect(throws: ControlRefusal.badCredential) { try await refused.value }
        #expect(try await minted.value.credential.isEmpty == false)
    }
}
