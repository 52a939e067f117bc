import FleetModel
import Testing

@testable import ControlPlane

@Suite("Credential table")
struct CredentialTableTests {
    private let table = CredentialTable()
    private let endpoint = TestAgent(number: 1).endpoint
    private let key = CredentialKey(Secret.digest(of: "first"))
    private let now = Moment(milliseconds: 5000)

    init() {
        table.admit(endpoint, key: key, origin: .enrolled, lastSeen: nil)
        table.hear(endpoint, instance: endpoint, sequence: 1, at: now)
        table.setQuiet(endpoint, since: table.epoch)
    }

    private func beat(_ sequence: UInt64, key: CredentialKey? = nil, instance: EndpointID? = nil)
        -> CredentialTable.Answer
    {
        table.heartbeat(
            key ?? self.key, instance: InstanceUID(instance ?? endpoint), sequence: sequence, at: now + .seconds(1))
    }

    @Test("the next heartbeat of a quiet endpoint is quiet, and nothing else is")
    func quiet() {
        #expect(beat(3) == .attend)
        #expect(beat(1) == .attend)
        #expect(beat(2, instance: TestAgent(number: 2).endpoint) == .attend)
        #expect(beat(2, key: CredentialKey(Secret.digest(of: "other"))) == .unknown)
        #expect(beat(2) == .quiet)
        #expect(beat(3) == .quiet)
        #expect(table.lastSequence(endpoint) == 3)
        #expect(table.lastSeen(endpoint) == now + .seconds(1))
    }

    @Test("any news ends all quiet, and a mark that was made before the news does not hold")
    func news() {
        let before = table.epoch
        table.endQuiet()
        #expect(beat(2) == .attend)
        table.setQuiet(endpoint, since: before)
        #expect(beat(2) == .attend)
        table.setQuiet(endpoint, since: table.epoch)
        #expect(beat(2) == .quiet)
    }

    @Test("a new credential takes the old one's place, and a revoked endpoint is never quiet")
    func credentials() {
        let second = CredentialKey(Secret.digest(of: "second"))
        table.admit(endpoint, key: second, origin: .enrolled, lastSeen: nil)
        #expect(table.bearer(of: key) == nil)
        #expect(beat(2) == .unknown)
        #expect(beat(2, key: second) == .attend)
        table.revoke(endpoint)
        #expect(table.bearer(of: second)?.isRevoked == true)
        table.setQuiet(endpoint, since: table.epoch)
        #expect(beat(2, key: second) == .attend)
    }

    @Test("each last-seen time is given to the database once")
    func unflushed() {
        #expect(table.takeUnflushed(countMax: 10).map(\.endpoint) == [endpoint])
        #expect(table.takeUnflushed(countMax: 10).isEmpty)
        #expect(beat(2) == .quiet)
        #expect(table.takeUnflushed(countMax: 10).map(\.at) == [now + .seconds(1)])
    }
}
