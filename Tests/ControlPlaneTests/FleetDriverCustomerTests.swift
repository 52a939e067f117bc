import CanonicalCoding
import ControlWire
import FleetModel
import FleetStore
import RolloutEngine
import Testing

@testable import ControlPlane

@Suite("Customers in the control plane")
struct FleetDriverCustomerTests {
    private static func acme(_ ring: String) -> [String: String] { ["customer": "acme", "ring": ring] }

    private static func set(_ policy: CustomerPolicy, in house: DriverHouse) async throws {
        _ = try await house.driver.setCustomer(
            policy.customer, document: try CodableJSON.value(of: policy))
    }

    private static func offered(_ release: ReleaseID, in house: DriverHouse) -> Set<Int> {
        Set(house.agents.indices.filter { house.agents[$0].offersSeen.contains(release) })
    }

    @Test("a held ring is offered nothing and is the control, also after a restart; when the hold ends it is offered")
    func hold() async throws {
        var house = try await DriverHouse()
        try await house.enrol(8, tags: [[:], Self.acme("prod")])
        try await house.complete(DriverHouse.release)
        var policy = CustomerPolicy(customer: "acme", rings: [.init(name: "prod", hold: "freeze")])
        try await Self.set(policy, in: house)
        let rollout = try await house.start(DriverHouse.next)
        for _ in 0..<10 { try await house.round() }
        house = try await house.restarted()
        for _ in 0..<40 { try await house.round() }
        #expect(Self.offered(DriverHouse.next, in: house) == [0, 2, 4, 6])
        let machine = try #require(await house.driver.shelf.rollouts.last).machine
        #expect(machine.standing(of: house.agents[1].endpoint) == .reserved)
        #expect(
            try await house.driver.explanation(of: rollout).holds == ["customer acme, ring prod: held: freeze"])
        policy.rings[0].hold = nil
        try await Self.set(policy, in: house)
        for _ in 0..<40 { try await house.round() }
        #expect(Self.offered(DriverHouse.next, in: house).count == 8)
        #expect(try house.violations(of: rollout).isEmpty)
        let actions = try await house.store.actions(after: 0, countMax: 100).map(\.action)
        #expect(actions.count { $0 == "customer.set" } == 2)
    }

    @Test("a later ring opens when the one before it has proven its share and soaked; until then the reason is told")
    func rings() async throws {
        let house = try await DriverHouse()
        try await house.enrol(8, tags: [Self.acme("canary"), Self.acme("prod"), Self.acme("prod"), Self.acme("prod")])
        try await house.complete(DriverHouse.release)
        try await Self.set(
            CustomerPolicy(
                customer: "acme",
                rings: [.init(name: "canary", provenShare: 1, soak: .seconds(5)), .init(name: "prod")]), in: house)
        let rollout = try await house.start(DriverHouse.next)
        for _ in 0..<8 { try await house.round() }
        #expect(Self.offered(DriverHouse.next, in: house) == [0, 4])
        let shut = try await house.driver.explanation(of: rollout).shutRings
        #expect(try await house.driver.explanation(of: rollout).keptOut == 6)
        #expect(shut.map(\.ring) == ["prod"] && shut.map(\.customer) == ["acme"])
        for _ in 0..<60 { try await house.round() }
        #expect(Self.offered(DriverHouse.next, in: house).count == 8)
        #expect(try await house.driver.explanation(of: rollout).shutRings == [])
        #expect(try house.violations(of: rollout).isEmpty)
    }

    @Test("a pinned endpoint stays, and one that stays one behind takes a release when the next is complete")
    func pinsAndLag() async throws {
        let house = try await DriverHouse()
        try await house.enrol(12, tags: [[:], ["customer": "pinned"], ["customer": "behind"]])
        try await Self.set(
            CustomerPolicy(
                customer: "pinned", rings: [.init(name: "all")],
                pins: [.init(pack: DriverHouse.release.pack, version: DriverHouse.release.version)]), in: house)
        try await Self.set(
            CustomerPolicy(customer: "behind", rings: [.init(name: "all", releasesBehind: 1)]), in: house)
        func members(_ customer: String?) -> Set<Int> {
            Set(house.agents.indices.filter { house.agents[$0].tags["customer"] == customer })
        }
        for release in [DriverHouse.release, DriverHouse.next, ReleaseID(accepted: "linux-core@1.2.0")] {
            let rollout = try await house.start(release)
            for _ in 0..<100 { try await house.round() }
            #expect(try await house.phase(rollout) == "complete")
            #expect(try house.violations(of: rollout).isEmpty)
            if release == DriverHouse.next { #expect(Self.offered(release, in: house) == members(nil)) }
        }
        let (first, second) = (Self.offered(DriverHouse.release, in: house), Self.offered(DriverHouse.next, in: house))
        // Whoever stays one behind had nothing to stand on until there was one behind.
        #expect(first.isSuperset(of: members(nil).union(members("pinned")).union(members("behind"))))
        #expect(second == members(nil).union(members("behind")))
        #expect(Self.offered(ReleaseID(accepted: "linux-core@1.2.0"), in: house) == members(nil))
    }

    @Test("outside a window nothing is offered; in the urgent lane a window is no obstacle where the customer says so")
    func windows() async throws {
        let urgent = RolloutPolicy.UrgentLane(lossBudget: 8, bake: .seconds(6), silenceDeadline: .seconds(6))
        var preset = ControlPreset.demo
        preset.rollouts.urgent = urgent
        let house = try await DriverHouse(preset: preset)
        try await house.enrol(4, tags: [["customer": "acme"]])
        try await house.complete(DriverHouse.release)
        // The test's clock stands at 2027-01-15, a Friday, 08:00 UTC.
        try await Self.set(
            CustomerPolicy(
                customer: "acme",
                rings: [.init(name: "all", windows: [.init(days: [.sat, .sun], fromMinute: 0, toMinute: 1_440)])]),
            in: house)
        let rollout = try await house.start(DriverHouse.next)
        for _ in 0..<10 { try await house.round() }
        #expect(try await house.debits(rollout).isEmpty)
        _ = try await house.driver.command(.recall, on: rollout, reason: "make it urgent")
        let mended = ReleaseID(accepted: "linux-core@1.2.0")
        try await house.publish(mended)
        let summary = try await house.driver.start(RolloutRequest(release: mended, urgent: true))
        #expect(summary.lane == "urgent" && summary.cap == 8)
        for _ in 0..<3 { try await house.round() }
        #expect(try await house.debits(summary.id).count == 4)
    }

    @Test("canaries are mustered among those heard of lately whom their customers let in, in first rings")
    func muster() async throws {
        let house = try await DriverHouse()
        try await house.enrol(
            6, tags: [[:], Self.acme("canary"), Self.acme("prod"), ["customer": "held"], [:], [:]])
        try await Self.set(
            CustomerPolicy(customer: "acme", rings: [.init(name: "canary"), .init(name: "prod")]), in: house)
        try await Self.set(
            CustomerPolicy(customer: "held", rings: [.init(name: "all", hold: "no")]), in: house)
        for index in house.agents.indices { try await house.checkIn(index) }
        house.time.pass(.seconds(5))
        for index in house.agents.indices where index != 5 { try await house.checkIn(index) }
        house.time.pass(.seconds(2))
        try await house.start()
        let stored = try #require(await house.driver.shelf.rollouts.last).stored
        let mustered = await house.driver.muster(for: stored, at: house.driver.clock.now).map(\.endpoint)
        #expect(Set(mustered) == Set([0, 1, 4].map { house.agents[$0].endpoint }))
    }

    @Test("a policy that cannot be read is refused with everything that is wrong, and nothing is changed")
    func refused() async throws {
        let house = try await DriverHouse()
        func refusal(_ document: JSONValue) async -> String {
            do {
                _ = try await house.driver.setCustomer("acme", document: document)
                return ""
            } catch { return (error as? ControlRefusal)?.description ?? "\(error)" }
        }
        let text = await refusal([
            "customer": "other", "hld": true,
            "rings": [
                ["name": "all", "proven_share": 2, "windows": [["days": [], "from_minute": 0, "to_minute": 9]]]
            ],
        ])
        for part in ["customer.invalid", "hld is no member", "proven_share is 2", "days is none", "\"other\""] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(await refusal(["customer": "acme"]).contains("rings"))
        #expect(try await house.driver.customerList().customers.isEmpty)
        #expect(try await house.store.actions(after: 0, countMax: 10).isEmpty)
    }
}
