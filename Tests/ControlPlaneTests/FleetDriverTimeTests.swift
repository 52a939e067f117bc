import ControlWire
import FleetModel
import GRDB
import TestSupport
import Testing

@testable import ControlPlane
@testable import FleetStore

@Suite("Time")
struct FleetDriverTimeTests {
    @Test("a wall clock that is set forward or back while the control plane runs moves nothing", arguments: [-1, 1])
    func clockJumps(direction: Int64) async throws {
        let house = try await DriverHouse()
        try await house.enrol(4)
        let rollout = try await house.start()
        try await house.round()
        let before = house.driver.clock.now
        house.time.setWall(by: .hours(direction * 24 * 365))
        #expect(house.driver.clock.now == before)
        try await house.driver.tick()
        #expect(try await house.driver.rollout(rollout).counts.silent == 0)
        #expect(try await house.driver.rollout(rollout).counts.proven == 0)
    }

    @Test("after a restart with a clock that was set back, time goes on from the newest moment written")
    func setBackOverRestart() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        try await house.driver.flush()
        let before = house.driver.clock.now
        house.time.setWall(by: .hours(-48))
        let again = try await house.restarted()
        #expect(again.driver.clock.now >= before)
    }

    @Test("after a restart with a clock that was set far ahead, nobody is silent for it", arguments: [1, 24 * 400])
    func setAheadOverRestart(hours: Int64) async throws {
        let house = try await DriverHouse()
        try await house.enrol(4)
        let rollout = try await house.start()
        try await house.round()
        house.time.setWall(by: .hours(hours))
        let again = try await house.restarted()
        try await again.driver.tick()
        let counts = try await again.driver.rollout(rollout).counts
        #expect(counts.silent == 0 && counts.proven == 0 && counts.offered == 4)
        #expect(try await again.phase(rollout) == "ramping")
    }

    @Test("a process that did not run calls nobody silent for it")
    func paused() async throws {
        let house = try await DriverHouse()
        try await house.enrol(4)
        let rollout = try await house.start()
        try await house.round()
        let since = house.driver.clock.now
        house.time.pass(.minutes(5))
        await house.driver.wasAway(since: since)
        try await house.driver.tick()
        let counts = try await house.driver.rollout(rollout).counts
        #expect(counts.silent == 0 && counts.proven == 0 && counts.offered == 4)
        #expect(try await house.rows(rollout).contains { $0.kind == "outage" })
    }

    @Test("steps that come as they should are no gap; two seconds without one are")
    func stallWatch() {
        var watch = StallWatch()
        let start = Moment(milliseconds: 1_000_000)
        #expect(watch.gap(at: start) == nil)
        #expect(watch.gap(at: start + .seconds(2)) == nil)
        #expect(watch.gap(at: start + .milliseconds(4001)) == start + .seconds(2))
        #expect(watch.gap(at: start + .milliseconds(4101)) == nil)
    }

    @Test("the time for which the control plane was away proves nobody and silences nobody")
    func away() async throws {
        let house = try await DriverHouse()
        try await house.enrol(4)
        let rollout = try await house.start()
        for _ in 0..<3 { try await house.round() }
        house.time.pass(.hours(3))
        let again = try await house.restarted()
        try await again.driver.tick()
        for index in again.agents.indices { again.agents[index].saysEverything = true }
        for index in again.agents.indices { try await again.checkIn(index) }
        let counts = try await again.driver.rollout(rollout).counts
        #expect(counts.proven == 0 && counts.silent == 0)
        let outage = try await again.rows(rollout).last { $0.kind == "outage" }
        #expect(outage != nil)
    }
}

@Suite("Full disk")
struct FleetDriverFullDiskTests {
    @Test("a full disk stops offers and enrolments with a clear error, loses nothing, and heals by itself")
    func fullDisk() async throws {
        let house = try await DriverHouse(bytesMax: 600 << 10)
        try await house.enrol(3)
        let rollout = try await house.start()
        var refusal: ControlRefusal?
        for sequence in UInt64(1)...400 where refusal == nil {
            let finding = FleetDriverAlertTests.finding(String(repeating: "x", count: 9000))
            house.agents[0].alerts = [AlertReport(sequence: sequence, finding: finding)]
            do { try await house.checkIn(0) } catch { refusal = error as? ControlRefusal }
        }
        #expect(refusal?.status == 503)
        #expect(refusal?.body.error.code == StoreError.Code.full.rawValue)
        #expect(try await house.driver.status(version: "t").storageFault != nil)
        // The others bring alerts too: what they are offered meanwhile, if anything, is in the ledger.
        for index in [1, 2, 1, 2] {
            house.time.pass(.seconds(1))
            house.agents[index].alerts = house.agents[0].alerts
            await #expect(throws: ControlRefusal.self) { try await house.checkIn(index) }
        }
        #expect(house.agents.map(\.offersSeen.count) == [1, 0, 0])
        #expect(try await house.debits(rollout) == [house.agents[0].endpoint])
        // Room again: the bound of this connection is what stood for the disk.
        try await house.store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        house.time.pass(.seconds(1))
        for index in 0..<3 { try await house.checkIn(index) }
        #expect(house.agents.map(\.offersSeen.count) == [1, 1, 1])
        #expect(house.agents.allSatisfy { $0.alerts.isEmpty })
        #expect(try await house.debits(rollout).count == 3)
        #expect(try await house.driver.status(version: "t").storageFault == nil)
    }
}
