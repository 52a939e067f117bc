import FleetModel

/// What the agent tells a worker.
package enum AgentFrame: Hashable, Sendable {
    /// Load this program in place of the one that is loaded. Answered by `loaded` or `refused`, in order.
    case load(generation: UInt32, program: [UInt8])
    /// Evaluate one encoded event. Answered by a `match` for each rule that matches; no match, no answer.
    case event(sequence: UInt64, encoded: [UInt8])
    /// Evaluate an event whose detection is known, to prove that the worker still protects. Answered by
    /// `canaryResult`; counted nowhere else.
    case canary(nonce: UInt64, encoded: [UInt8])
    /// Evaluate an execution that waits for its verdict. Answered by `judged` in any case; counted nowhere else.
    case judge(nonce: UInt64, encoded: [UInt8])
    /// Answered by `pong` when everything sent before has been evaluated: it is read by the same loop.
    case ping(nonce: UInt64)
    /// End with exit code 0. Closing the socket means the same.
    case shutdown
}

extension AgentFrame {
    private enum Kind: UInt8 {
        case load = 1
        case event = 2
        case canary = 3
        case ping = 4
        case shutdown = 5
        case judge = 6
    }

    /// The largest payload that a frame of this type may have, in bytes; nil for a type that is none of the agent's.
    static func payloadBytesMax(type: UInt8) -> Int? {
        switch Kind(rawValue: type) {
        case .load: 4 + WireLimit.programBytesMax
        case .event, .canary, .judge: 8 + WireLimit.eventBytesMax
        case .ping: 8
        case .shutdown: 0
        case nil: nil
        }
    }

    /// Appends the frame to `buffer`.
    ///
    /// - Throws: `oversized` for a program or event above its bound; `buffer` is then as before.
    package func encode(into buffer: inout [UInt8]) throws(WireError) {
        switch self {
        case .load(let generation, let program):
            try Self.check(program.count, max: WireLimit.programBytesMax, subject: "load.program")
            buffer.appendFrame(type: Kind.load.rawValue) {
                $0.append(littleEndian: generation)
                $0.append(contentsOf: program)
            }
        case .event(let sequence, let encoded):
            try Self.check(encoded.count, max: WireLimit.eventBytesMax, subject: "event")
            Self.append(.event, sequence, encoded, to: &buffer)
        case .canary(let nonce, let encoded):
            try Self.check(encoded.count, max: WireLimit.eventBytesMax, subject: "canary")
            Self.append(.canary, nonce, encoded, to: &buffer)
        case .judge(let nonce, let encoded):
            try Self.check(encoded.count, max: WireLimit.eventBytesMax, subject: "judge")
            Self.append(.judge, nonce, encoded, to: &buffer)
        case .ping(let nonce): Self.append(.ping, nonce, [], to: &buffer)
        case .shutdown: buffer.appendFrame(type: Kind.shutdown.rawValue) { _ in }
        }
    }

    init(type: UInt8, payload: ArraySlice<UInt8>) throws(WireError) {
        guard let kind = Kind(rawValue: type) else {
            throw WireError(.unknownFrame, subject: "frame \(type)", message: "the agent sends no such frame")
        }
        var reader = ByteReader(payload, frame: kind)
        switch kind {
        case .load: self = .load(generation: try reader.integer(), program: reader.rest())
        case .event: self = .event(sequence: try reader.integer(), encoded: reader.rest())
        case .canary: self = .canary(nonce: try reader.integer(), encoded: reader.rest())
        case .judge: self = .judge(nonce: try reader.integer(), encoded: reader.rest())
        case .ping: self = .ping(nonce: try reader.integer())
        case .shutdown: self = .shutdown
        }
        try reader.finish()
    }

    private static func append(_ kind: Kind, _ number: UInt64, _ bytes: [UInt8], to buffer: inout [UInt8]) {
        buffer.appendFrame(type: kind.rawValue) {
            $0.append(littleEndian: number)
            $0.append(contentsOf: bytes)
        }
    }

    private static func check(_ count: Int, max: Int, subject: String) throws(WireError) {
        guard count <= max else {
            throw WireError(
                .oversized, subject: subject, message: "\(count) bytes, \(max) allowed; it cannot be sent to a worker")
        }
    }
}
