import ControlClient
import ControlWire
import FleetModel
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Heartbeats")
struct HeartbeatTests {
    private static func view(_ bytes: [UInt8]) -> ByteBufferView { ByteBuffer(bytes: bytes).readableBytesView }

    @Test("a check-in that says nothing is read as a heartbeat", arguments: [0, 1, 300, UInt64.max])
    func reads(sequence: UInt64) throws {
        let agent = TestAgent(number: 200)
        let bytes = try AgentCheckIn(endpoint: agent.endpoint, sequence: sequence).encoded()
        let beat = Heartbeat(Self.view(bytes))
        #expect(beat?.instance == InstanceUID(agent.endpoint))
        #expect(beat?.sequence == sequence)
    }

    @Test("a check-in that says anything is no heartbeat")
    func saysSomething() throws {
        var agent = TestAgent(number: 1)
        #expect(Heartbeat(Self.view(try agent.next().encoded())) == nil)
        let leaving = AgentCheckIn(endpoint: agent.endpoint, sequence: 1, isDisconnecting: true)
        #expect(Heartbeat(Self.view(try leaving.encoded())) == nil)
    }

    @Test("whatever is read as a heartbeat, the whole reader reads alike", arguments: 0..<8)
    func agrees(seed: UInt64) throws {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        let base = try AgentCheckIn(endpoint: TestAgent(number: 77).endpoint, sequence: 3000).encoded()
        var readCount = 0
        for _ in 0..<4000 {
            var bytes = base
            for _ in 0...(next() % 3) {
                switch next() % 3 {
                case 0: bytes[Int(next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: next())
                case 1: bytes.insert(UInt8(truncatingIfNeeded: next()), at: Int(next() % UInt64(bytes.count + 1)))
                default: if bytes.count > 1 { bytes.remove(at: Int(next() % UInt64(bytes.count))) }
                }
            }
            guard let beat = Heartbeat(Self.view(bytes)) else { continue }
            readCount += 1
            let whole = try AgentCheckIn(decoding: bytes)
            #expect(beat.instance == InstanceUID(whole.endpoint) && beat.sequence == whole.sequence)
            #expect(whole.description == nil && whole.health == nil && whole.report == nil && whole.packages == nil)
            #expect(!whole.isDisconnecting)
        }
        #expect(readCount > 100)
    }

    @Test("the quick reply is byte for byte what the whole writer writes")
    func reply() throws {
        let endpoint = TestAgent(number: 0xABCDEF).endpoint
        let quick = try QuietReply().buffer(for: InstanceUID(endpoint), allocator: ByteBufferAllocator())
        #expect(Array(quick.readableBytesView) == (try ServerReply(endpoint: endpoint).encoded()))
    }

    @Test("over TLS: heartbeats are answered without the driver, until there is something to tell")
    func overTLS() async throws {
        try await PlaneHouse.run { house in
            var agent = try await house.enrol(1)
            try await house.checkIn(&agent)
            let table = house.plane.driver.credentials
            let authorization = AgentAuthorization.credential(agent.credential)
            for _ in 0..<50 {
                agent.sequence += 1
                let beat = AgentCheckIn(endpoint: agent.endpoint, sequence: agent.sequence)
                let reply = try await house.agents.checkIn(beat, authorization: authorization)
                #expect(reply == ServerReply(endpoint: agent.endpoint))
            }
            // Each entry that the log publishes meanwhile makes the driver look once.
            #expect(table.quietCount >= 40)
            #expect(try await house.checkIn(&agent).wantsFullState == false, "no message was missed")
            let release = try await house.management.publish(try PlaneHouse.pack()).release
            _ = try await house.management.startRollout(RolloutRequest(release: release))
            agent.sequence += 1
            let beat = AgentCheckIn(endpoint: agent.endpoint, sequence: agent.sequence)
            #expect(try await house.agents.checkIn(beat, authorization: authorization).offers?.count == 1)
        }
    }

    @Test("a heartbeat of a revoked endpoint is refused like everything else of it")
    func revoked() async throws {
        try await PlaneHouse.run { house in
            var agent = try await house.enrol(1)
            try await house.checkIn(&agent)
            _ = try await house.management.revoke(agent.endpoint, reason: "")
            let beat = AgentCheckIn(endpoint: agent.endpoint, sequence: agent.sequence + 1)
            let refused = await refusal {
                _ = try await house.agents.checkIn(beat, authorization: .credential(agent.credential))
            }
            #expect(refused?.status == 401)
        }
    }
}
