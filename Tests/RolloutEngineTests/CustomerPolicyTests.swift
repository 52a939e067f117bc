import FleetModel
import Testing

@testable import RolloutEngine

@Suite("CustomerPolicy")
struct CustomerPolicyTests {
    static let release = ReleaseID(accepted: "linux-core@1.4.0")

    static func attributes(ring: String?, customer: String = "acme") -> CohortAttributes {
        var attributes = plainAttributes
        attributes.tags = ["customer": customer]
        attributes.tags["ring"] = ring
        return attributes
    }

    static let policy = CustomerPolicy(
        customer: "acme",
        rings: [
            CustomerPolicy.Ring(name: "canary"),
            CustomerPolicy.Ring(
                name: "broad", releasesBehind: 1,
                windows: [CustomerPolicy.Window(days: [.fri], fromMinute: 1_320, toMinute: 360, utcOffsetMinutes: 60)]),
        ])

    /// 2026-11-27 is a Friday; 20:59:59 UTC is a second before 22:00 an hour east of Greenwich.
    static let fridayEvening = Moment(milliseconds: 1_795_813_199_000)

    @Test("a window over midnight is open from its first minute to its last, by the customer's clock")
    func windows() {
        let window = Self.policy.rings[1].windows[0]
        #expect(!window.contains(Self.fridayEvening))
        #expect(window.contains(Self.fridayEvening + .seconds(1)))
        #expect(window.contains(Self.fridayEvening + .seconds(1) + .hours(8) + .milliseconds(-1)))
        #expect(!window.contains(Self.fridayEvening + .seconds(1) + .hours(8)))
        #expect(!window.contains(Self.fridayEvening + .hours(24) + .seconds(1)))
    }

    @Test("a ring that stays one behind is told so, with every other reason")
    func lag() {
        let answer = Self.policy.admission(
            of: Self.release, for: Self.attributes(ring: "broad"), newerComplete: 0, isUrgent: false,
            at: Self.fridayEvening)
        #expect(answer.answer == .behind)
        #expect(answer.reasons.count == 2)
        let later = Self.policy.admission(
            of: Self.release, for: Self.attributes(ring: "broad"), newerComplete: 1, isUrgent: false,
            at: Self.fridayEvening + .hours(1))
        #expect(later == .open)
    }

    @Test("the urgent lane does not wait for windows unless the customer says so, and a hold holds in any lane")
    func urgent() {
        var policy = Self.policy
        func answer(_ isUrgent: Bool) -> Admission.Answer {
            policy.admission(
                of: Self.release, for: Self.attributes(ring: "broad"), newerComplete: 1, isUrgent: isUrgent,
                at: Self.fridayEvening
            ).answer
        }
        #expect(answer(true) == .open)
        policy.urgent = .windows
        #expect(answer(true) == .deferred)
        policy.rings[1].hold = "freeze"
        policy.urgent = .anytime
        #expect(answer(true) == .held)
    }

    @Test("an endpoint that names no ring of the order stands in the last")
    func lastRing() {
        #expect(Self.policy.place(of: Self.attributes(ring: nil)).ring == 1)
        #expect(Self.policy.place(of: Self.attributes(ring: "unheard of")).ring == 1)
        #expect(Self.policy.place(of: Self.attributes(ring: "canary")).ring == 0)
    }

    @Test("a policy that cannot be evaluated lets nothing in")
    func failsClosed() {
        var policy = Self.policy
        policy.rings[0].windows = [CustomerPolicy.Window(days: [], fromMinute: 0, toMinute: 1)]
        let answer = policy.admission(
            of: Self.release, for: Self.attributes(ring: "canary"), newerComplete: 9, isUrgent: true,
            at: Self.fridayEvening)
        #expect(answer.answer == .held)
        #expect(
            policy.target(
                for: Self.attributes(ring: "canary"), pack: Self.release.pack, complete: [Self.release], onItsWay: nil,
                holdsSome: true) == nil)
    }

    @Test("N-1 is the complete release before the newest; a pin is the pinned one or nothing; neither is on its way")
    func targets() {
        let complete = ["1.1.0", "1.2.0", "1.3.0"].map { ReleaseID(accepted: "linux-core@\($0)") }
        func target(_ ring: String, _ policy: CustomerPolicy = Self.policy) -> String? {
            policy.target(
                for: Self.attributes(ring: ring), pack: Self.release.pack, complete: complete, onItsWay: Self.release,
                holdsSome: true)?.version.text
        }
        #expect(target("canary") == "1.4.0")
        #expect(target("broad") == "1.2.0")
        var pinned = Self.policy
        pinned.pins = [
            CustomerPolicy.Pin(pack: Self.release.pack, version: ReleaseVersion(accepted: "1.1.0")),
            CustomerPolicy.Pin(pack: Self.release.pack, version: ReleaseVersion(accepted: "9.0.0"), ring: "broad"),
        ]
        #expect(target("canary", pinned) == "1.1.0")
        #expect(target("broad", pinned) == nil)
    }
}
