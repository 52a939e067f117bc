import Testing

@testable import WorkerWire

@Suite struct WireFuzzTests {
    @Test("no mutation of the bytes crashes a decoder, and what it takes it writes back the same", arguments: 1...20)
    func mutations(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        var agentBytes: [UInt8] = []
        for frame in Samples.agentFrames { try frame.encode(into: &agentBytes) }
        var workerBytes: [UInt8] = []
        for frame in Samples.workerFrames { frame.encode(into: &workerBytes) }
        var taken = 0
        var refused = 0
        for _ in 0..<200 {
            let isAgent = Bool.random(using: &random)
            let bytes = Self.mutate(isAgent ? agentBytes : workerBytes, &random)
            do throws(WireError) {
                taken += isAgent ? try Self.readAgent(bytes, &random) : try Self.readWorker(bytes, &random)
            } catch {
                refused += 1
            }
        }
        #expect(taken > 0 && refused > 0, "seed \(seed): the mutations reached one side only")
    }

    private static func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.remove(at: index)
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            default: bytes.removeSubrange(index...)
            }
        }
        return bytes
    }

    private static func readAgent(_ bytes: [UInt8], _ random: inout SeededRandom) throws(WireError) -> Int {
        var decoder = AgentFrameDecoder()
        var count = 0
        for portion in portions(bytes, &random) {
            try decoder.append(portion)
            while let frame = try decoder.next() {
                var written: [UInt8] = []
                try frame.encode(into: &written)
                var again = AgentFrameDecoder()
                try again.append(written)
                #expect(try again.next() == frame)
                count += 1
            }
        }
        return count
    }

    private static func readWorker(_ bytes: [UInt8], _ random: inout SeededRandom) throws(WireError) -> Int {
        var decoder = WorkerFrameDecoder()
        var count = 0
        for portion in portions(bytes, &random) {
            try decoder.append(portion)
            while let frame = try decoder.next() {
                var written: [UInt8] = []
                frame.encode(into: &written)
                var again = WorkerFrameDecoder()
                try again.append(written)
                #expect(try again.next() == frame)
                count += 1
            }
        }
        return count
    }

    private static func portions(_ bytes: [UInt8], _ random: inout SeededRandom) -> [[UInt8]] {
        var portions: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...rest.count, using: &random)
            portions.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return portions
    }
}
