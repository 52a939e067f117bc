import FleetModel
import Testing

@testable import WorkerWire

@Suite struct FrameDecoderTests {
    @Test("a frame arrives whole however its bytes are portioned", arguments: [1, 2, 3, 7, 4096])
    func portions(size: Int) throws {
        let sent = Samples.agentFrames
        var bytes: [UInt8] = []
        for frame in sent { try frame.encode(into: &bytes) }
        var decoder = AgentFrameDecoder()
        var received: [AgentFrame] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            try decoder.append(Array(bytes[start..<min(start + size, bytes.count)]))
            while let frame = try decoder.next() { received.append(frame) }
        }
        #expect(received == sent)
    }

    @Test("every frame of the worker reads back as it was written")
    func workerFrames() throws {
        var bytes: [UInt8] = []
        for frame in Samples.workerFrames { frame.encode(into: &bytes) }
        var decoder = WorkerFrameDecoder()
        try decoder.append(bytes)
        var received: [WorkerFrame] = []
        while let frame = try decoder.next() { received.append(frame) }
        #expect(received == Samples.workerFrames)
    }

    @Test("a length above the bound is refused at the fifth byte, before anything is kept for it")
    func oversized() throws {
        var decoder = AgentFrameDecoder()
        try decoder.append([0xFF, 0xFF, 0xFF, 0xFF])
        #expect(try decoder.next() == nil)
        try decoder.append([2])
        #expect(throws: WireError.self) { try decoder.next() }
    }

    @Test("a frame of the other direction is refused")
    func direction() throws {
        var bytes: [UInt8] = []
        try AgentFrame.ping(nonce: 1).encode(into: &bytes)
        var decoder = WorkerFrameDecoder()
        try decoder.append(bytes)
        let error = #expect(throws: WireError.self) { try decoder.next() }
        #expect(error?.code == .unknownFrame)
    }

    @Test("after an error nothing is read any more, not even a good frame")
    func poisoned() throws {
        var decoder = AgentFrameDecoder()
        try decoder.append([0, 0, 0, 0, 99])
        let first = #expect(throws: WireError.self) { try decoder.next() }
        let second = #expect(throws: WireError.self) { try decoder.append([0, 0, 0, 0, 5]) }
        #expect(first == second)
    }

    @Test("bytes after the last value of a payload are refused")
    func trailing() throws {
        var bytes: [UInt8] = []
        WorkerFrame.canaryResult(nonce: 1, matchCount: 2).encode(into: &bytes)
        bytes[0] += 1
        bytes.append(0)
        var decoder = WorkerFrameDecoder()
        try decoder.append(bytes)
        let error = #expect(throws: WireError.self) { try decoder.next() }
        #expect(error?.code == .malformed)
    }

    @Test("a portion above the bound is refused, so that the decoder's memory has one")
    func portionBound() {
        var decoder = WorkerFrameDecoder()
        let error = #expect(throws: WireError.self) {
            try decoder.append([UInt8](repeating: 0, count: WireLimit.chunkBytesMax + 1))
        }
        #expect(error?.code == .misused)
    }

    @Test("text that is no UTF-8 is refused")
    func invalidText() throws {
        var bytes: [UInt8] = []
        WorkerFrame.fault(code: "ab", message: "").encode(into: &bytes)
        bytes[WireLimit.headerBytes + 2] = 0xFF
        var decoder = WorkerFrameDecoder()
        try decoder.append(bytes)
        let error = #expect(throws: WireError.self) { try decoder.next() }
        #expect(error?.code == .malformed)
    }

    @Test("an event above its bound is not sent, and the buffer stays as it was")
    func encoderBound() {
        var bytes: [UInt8] = [1, 2, 3]
        let error = #expect(throws: WireError.self) {
            try AgentFrame.event(sequence: 1, encoded: .init(repeating: 0, count: WireLimit.eventBytesMax + 1))
                .encode(into: &bytes)
        }
        #expect(error?.code == .oversized)
        #expect(bytes == [1, 2, 3])
    }

    @Test("a match with everything at its longest fits its frame, and longer texts are cut between characters")
    func longestMatch() throws {
        let long = String(repeating: "\u{1F525}", count: 20_000)
        let match = RuleMatch(
            sequence: .max, ruleID: long, title: long, level: long, tags: .init(repeating: long, count: 99),
            author: long, fields: .init(repeating: .init(field: .commandLine, value: .text(long)), count: 99))
        var bytes: [UInt8] = []
        WorkerFrame.match(match).encode(into: &bytes)
        #expect(bytes.count <= WireLimit.replyBytesMax)
        var decoder = WorkerFrameDecoder()
        try decoder.append(bytes)
        #expect(try decoder.next() == .match(match))
        #expect(match.title.utf8.count == WireLimit.titleBytesMax)
        #expect(match.author.unicodeScalars.allSatisfy { $0 == "\u{1F525}" })
    }

    @Test(
        "a match keeps its response, and one with a response that is none is refused", arguments: RuleResponse.allCases)
    func response(_ response: RuleResponse) throws {
        var match = RuleMatch(sequence: 1, ruleID: "", title: "", level: "", tags: [], author: "", fields: [])
        match.response = response
        var bytes: [UInt8] = []
        WorkerFrame.match(match).encode(into: &bytes)
        var decoder = WorkerFrameDecoder()
        try decoder.append(bytes)
        #expect(try decoder.next() == .match(match))
        // Header, sequence, and four empty texts come before it.
        let place = WireLimit.headerBytes + 8 + 4 * 2
        #expect(bytes[place] == response.rawValue)
        bytes[place] += UInt8(RuleResponse.allCases.count)
        var second = WorkerFrameDecoder()
        try second.append(bytes)
        let error = #expect(throws: WireError.self) { try second.next() }
        #expect(error?.code == .malformed && error?.subject == "match.response")
    }
}
