import Testing

@testable import BrokerEngine

@Suite("BrokerWire")
struct BrokerWireTests {
    private static let requests: [BrokerRequest] = [
        .hello(version: BrokerWire.version, .engine), .hello(version: 9, .viewer), .askStatus,
        .verdict(id: 0x0102_0304_0506_0708, .deny, pack: .max),
    ]

    private static var replies: [BrokerReply] {
        var machine = BrokerMachine(policy: BrokerPolicy())
        _ = machine.handle(.engineConnected, nowMicroseconds: 5)
        _ = machine.handle(.event(PermissionEvent(id: 1, kind: .open, processId: 3)), nowMicroseconds: 6)
        var status = machine.status
        status.processId = 12
        status.watchdogId = 13
        let path = [UInt8](repeating: 0x2F, count: BrokerLimit.pathBytesMax)
        return [
            .ask(ExecutionAsk(id: 4, kind: .execute, processId: -1, path: path)), .status(status), .refused(version: 1),
        ]
    }

    @Test("what is written is read back, and fits a datagram")
    func roundTrip() throws {
        for request in Self.requests { #expect(try BrokerRequest(decoding: request.encoded()) == request) }
        for reply in Self.replies {
            #expect(try BrokerReply(decoding: reply.encoded()) == reply)
            #expect(reply.encoded().count <= BrokerLimit.datagramBytesMax)
        }
    }

    @Test("a datagram that is cut anywhere, or one byte too long, is refused")
    func cut() {
        for bytes in Self.requests.map({ $0.encoded() }) {
            for count in 0..<bytes.count {
                #expect(throws: BrokerWireError.self) { try BrokerRequest(decoding: Array(bytes[..<count])) }
            }
            #expect(throws: BrokerWireError.tooLong) { try BrokerRequest(decoding: bytes + [0]) }
        }
        for bytes in Self.replies.map({ $0.encoded() }) {
            for count in 0..<bytes.count {
                #expect(throws: BrokerWireError.self) { try BrokerReply(decoding: Array(bytes[..<count])) }
            }
            #expect(throws: BrokerWireError.tooLong) { try BrokerReply(decoding: bytes + [0]) }
        }
    }

    @Test("a value that there is not, and a path above its bound, are refused")
    func values() {
        for bytes: [UInt8] in [[0], [4], [1, 3, 1, 0], [2, 0] + [UInt8](repeating: 0, count: 16)] {
            #expect(throws: BrokerWireError.unknownValue) { try BrokerRequest(decoding: bytes) }
        }
        let ask = [129, 1] + [UInt8](repeating: 0, count: 12) + [0x01, 0x10] + [UInt8](repeating: 0, count: 0x1001)
        #expect(throws: BrokerWireError.oversized) { try BrokerReply(decoding: ask) }
    }

    @Test("random datagrams are refused or read, and never trap")
    func noise() {
        var numbers = SeededNumbers(seed: 1)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &numbers)).map { _ in
                UInt8.random(in: 0...255, using: &numbers)
            }
            _ = try? BrokerRequest(decoding: bytes)
            _ = try? BrokerReply(decoding: [UInt8.random(in: 129...131, using: &numbers)] + bytes)
        }
    }
}
