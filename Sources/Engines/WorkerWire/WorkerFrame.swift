import FleetModel

/// What a worker tells the agent. The agent trusts none of it: a worker may have been taken over by what it was fed.
package enum WorkerFrame: Hashable, Sendable {
    /// The first frame, sent once, sealed or not.
    case hello(Hello)
    /// The program is in force.
    case loaded(Loaded)
    /// The program was not taken; the one before stays in force.
    case refused(Refused)
    case match(RuleMatch)
    /// How many rules matched the canary event.
    case canaryResult(nonce: UInt64, matchCount: UInt32)
    case pong(Pong)
    /// What is asked for about an execution that waits: the first match of a rule that would deny it, or none.
    case judged(nonce: UInt64, RuleMatch?)
    /// The worker ends now by its own decision and says why.
    case fault(code: String, message: String)

    package struct Hello: Hashable, Sendable {
        package var wireVersion: UInt16
        package var processId: UInt32
        package var seal: SealReport
        /// Started with `--chaos`: obeys fault markers.
        package var isChaotic: Bool

        package init(wireVersion: UInt16, processId: UInt32, seal: SealReport, isChaotic: Bool) {
            self.wireVersion = wireVersion
            self.processId = processId
            self.seal = seal
            self.isChaotic = isChaotic
        }
    }

    package struct Loaded: Hashable, Sendable {
        package var generation: UInt32
        package var ruleCount: UInt32
        /// Steps that one event can cost at most, by the program's own checked bound.
        package var costBound: UInt64
        /// Rules that ask to deny. With none there is no need to ask about executions that wait.
        package var denyRuleCount: UInt32

        package init(generation: UInt32, ruleCount: UInt32, costBound: UInt64, denyRuleCount: UInt32 = 0) {
            self.generation = generation
            self.ruleCount = ruleCount
            self.costBound = costBound
            self.denyRuleCount = denyRuleCount
        }
    }

    package struct Refused: Hashable, Sendable {
        package var generation: UInt32
        /// A stable code, for example `program.chaos_refused`.
        package var code: String
        package var message: String

        package init(generation: UInt32, code: String, message: String) {
            self.generation = generation
            self.code = code.cut(toBytes: WireLimit.codeBytesMax)
            self.message = message.cut(toBytes: WireLimit.messageBytesMax)
        }
    }

    /// Counts since the worker started. How much memory it uses the agent reads from the kernel, not from here.
    package struct Pong: Hashable, Sendable {
        package var nonce: UInt64
        package var eventsEvaluated: UInt64
        package var matches: UInt64
        /// Events that did not decode or exceeded the program's cost bound; not among `eventsEvaluated`.
        package var eventsRefused: UInt64

        package init(nonce: UInt64, eventsEvaluated: UInt64, matches: UInt64, eventsRefused: UInt64) {
            self.nonce = nonce
            self.eventsEvaluated = eventsEvaluated
            self.matches = matches
            self.eventsRefused = eventsRefused
        }
    }
}

extension WorkerFrame {
    private enum Kind: UInt8 {
        case hello = 129
        case loaded = 130
        case refused = 131
        case match = 132
        case canaryResult = 133
        case pong = 134
        case fault = 135
        case judged = 136
    }

    /// The largest payload that a frame of this type may have, in bytes; nil for a type that is none of the worker's.
    static func payloadBytesMax(type: UInt8) -> Int? {
        Kind(rawValue: type) == nil ? nil : WireLimit.replyBytesMax
    }

    /// Appends the frame to `buffer`. Texts above their bounds are cut.
    package func encode(into buffer: inout [UInt8]) {
        buffer.appendFrame(type: kind.rawValue) { bytes in
            switch self {
            case .hello(let hello): hello.write(to: &bytes)
            case .loaded(let loaded):
                bytes.append(littleEndian: loaded.generation)
                bytes.append(littleEndian: loaded.ruleCount)
                bytes.append(littleEndian: loaded.costBound)
                bytes.append(littleEndian: loaded.denyRuleCount)
            case .refused(let refused):
                bytes.append(littleEndian: refused.generation)
                bytes.append(text: refused.code, bytesMax: WireLimit.codeBytesMax)
                bytes.append(text: refused.message, bytesMax: WireLimit.messageBytesMax)
            case .match(let match): match.write(to: &bytes)
            case .canaryResult(let nonce, let matchCount):
                bytes.append(littleEndian: nonce)
                bytes.append(littleEndian: matchCount)
            case .pong(let pong):
                bytes.append(littleEndian: pong.nonce)
                bytes.append(littleEndian: pong.eventsEvaluated)
                bytes.append(littleEndian: pong.matches)
                bytes.append(littleEndian: pong.eventsRefused)
            case .judged(let nonce, let match):
                bytes.append(littleEndian: nonce)
                bytes.append(match == nil ? 0 : 1)
                match?.write(to: &bytes)
            case .fault(let code, let message):
                bytes.append(text: code, bytesMax: WireLimit.codeBytesMax)
                bytes.append(text: message, bytesMax: WireLimit.messageBytesMax)
            }
        }
    }

    init(type: UInt8, payload: ArraySlice<UInt8>) throws(WireError) {
        guard let kind = Kind(rawValue: type) else {
            throw WireError(.unknownFrame, subject: "frame \(type)", message: "no worker sends it; end the worker")
        }
        var reader = ByteReader(payload, frame: kind)
        switch kind {
        case .hello: self = .hello(try Hello(from: &reader))
        case .loaded:
            self = .loaded(
                Loaded(
                    generation: try reader.integer(), ruleCount: try reader.integer(),
                    costBound: try reader.integer(), denyRuleCount: try reader.integer()))
        case .refused:
            self = .refused(
                Refused(
                    generation: try reader.integer(),
                    code: try reader.text("code", bytesMax: WireLimit.codeBytesMax),
                    message: try reader.text("message", bytesMax: WireLimit.messageBytesMax)))
        case .match: self = .match(try RuleMatch(from: &reader))
        case .canaryResult:
            self = .canaryResult(nonce: try reader.integer(), matchCount: try reader.integer())
        case .pong:
            self = .pong(
                Pong(
                    nonce: try reader.integer(), eventsEvaluated: try reader.integer(),
                    matches: try reader.integer(), eventsRefused: try reader.integer()))
        case .judged: self = try Self.judged(from: &reader)
        case .fault:
            self = .fault(
                code: try reader.text("code", bytesMax: WireLimit.codeBytesMax),
                message: try reader.text("message", bytesMax: WireLimit.messageBytesMax))
        }
        try reader.finish()
    }

    private static func judged(from reader: inout ByteReader<some Sendable>) throws(WireError) -> WorkerFrame {
        let nonce: UInt64 = try reader.integer()
        switch try reader.byte() {
        case 0: return .judged(nonce: nonce, nil)
        case 1: return .judged(nonce: nonce, try RuleMatch(from: &reader))
        case let other:
            throw WireError(
                .malformed, subject: "judged.match", message: "\(other) is neither 0 nor 1; end the worker")
        }
    }

    private var kind: Kind {
        switch self {
        case .hello: .hello
        case .loaded: .loaded
        case .refused: .refused
        case .match: .match
        case .canaryResult: .canaryResult
        case .pong: .pong
        case .fault: .fault
        case .judged: .judged
        }
    }
}

extension WorkerFrame.Hello {
    func write(to bytes: inout [UInt8]) {
        bytes.append(littleEndian: wireVersion)
        bytes.append(littleEndian: processId)
        bytes.append(seal.measures.rawValue)
        bytes.append(seal.landlockABI)
        bytes.append(seal.allowedCallCount)
        bytes.append(littleEndian: seal.addressSpaceBytesMax)
        bytes.append(isChaotic ? 1 : 0)
    }

    init(from reader: inout ByteReader<some Sendable>) throws(WireError) {
        wireVersion = try reader.integer()
        processId = try reader.integer()
        seal = SealReport(
            measures: .init(rawValue: try reader.byte()), landlockABI: try reader.byte(),
            allowedCallCount: try reader.byte(), addressSpaceBytesMax: try reader.integer())
        switch try reader.byte() {
        case 0: isChaotic = false
        case 1: isChaotic = true
        case let other:
            throw WireError(.malformed, subject: "hello.chaos", message: "\(other) is neither 0 nor 1; end the worker")
        }
    }
}
