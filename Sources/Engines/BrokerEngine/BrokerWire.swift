/// What passes between the broker and those who connect to it: one datagram (SOCK_SEQPACKET) a message, little endian.
///
/// The socket may be opened by root and by the broker's own user only; the decoder believes neither.
package enum BrokerWire {
    /// Raised with any change of a message. A broker refuses another version: it is replaced rarely, its engines often.
    package static let version: UInt16 = 1
}

/// Why a datagram was refused. Whoever reads it ends the connection.
package enum BrokerWireError: Error, Sendable {
    /// The datagram ends before its last value.
    case cutShort
    /// Bytes after the last value.
    case tooLong
    /// A length above its bound.
    case oversized
    /// A kind, verdict or mode that there is not.
    case unknownValue
}

/// Who connects.
package enum BrokerRole: UInt8, Sendable {
    /// Gives verdicts. There is one; the newest takes the place.
    case engine = 1
    /// Is told the status once.
    case viewer = 2
}

/// From those who connect, to the broker.
package enum BrokerRequest: Sendable, Equatable {
    /// First, and once.
    case hello(version: UInt16, BrokerRole)
    /// An engine's word. `pack` tells a denial budget's report which content to blame.
    case verdict(id: UInt64, Verdict, pack: UInt64)
    /// Answered by a status.
    case askStatus

    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        switch self {
        case .hello(let version, let role):
            bytes = [1, role.rawValue]
            bytes.append(little: version)
        case .verdict(let id, let verdict, let pack):
            bytes = [2, verdict.rawValue]
            bytes.append(little: id)
            bytes.append(little: pack)
        case .askStatus: bytes = [3]
        }
        return bytes
    }

    package init(decoding bytes: [UInt8]) throws(BrokerWireError) {
        var reader = DatagramReader(bytes)
        switch try reader.byte() {
        case 1:
            guard let role = BrokerRole(rawValue: try reader.byte()) else { throw .unknownValue }
            self = .hello(version: UInt16(truncatingIfNeeded: try reader.little(bytes: 2)), role)
        case 2:
            guard let verdict = Verdict(rawValue: try reader.byte()) else { throw .unknownValue }
            let id = try reader.little(bytes: 8)
            self = .verdict(id: id, verdict, pack: try reader.little(bytes: 8))
        case 3: self = .askStatus
        default: throw .unknownValue
        }
        try reader.finish()
    }
}

/// From the broker.
package enum BrokerReply: Sendable, Equatable {
    /// The kernel holds a process until this is answered, or the deadline has passed.
    case ask(ExecutionAsk)
    case status(BrokerStatus)
    /// The broker speaks this version; it closes the connection.
    case refused(version: UInt16)

    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        switch self {
        case .ask(let ask):
            bytes.reserveCapacity(16 + ask.path.count)
            bytes.append(129)
            bytes.append(ask.kind.rawValue)
            bytes.append(little: ask.id)
            bytes.append(little: UInt32(bitPattern: ask.processId))
            bytes.append(little: UInt16(truncatingIfNeeded: ask.path.count))
            bytes.append(contentsOf: ask.path)
        case .status(let status):
            bytes = [130, status.mode.rawValue, status.reason.rawValue]
            bytes.append(little: status.pack)
            bytes.append(little: UInt64(bitPattern: status.pauseLeftMicroseconds))
            bytes.append(little: UInt64(bitPattern: status.deadlineMicroseconds))
            bytes.append(little: UInt64(bitPattern: status.slowestMicroseconds))
            bytes.append(little: UInt32(truncatingIfNeeded: status.denialsPerMinute))
            bytes.append(little: UInt32(truncatingIfNeeded: status.pendingCount))
            bytes.append(little: UInt32(bitPattern: status.processId))
            bytes.append(little: UInt32(bitPattern: status.watchdogId))
            for value in status.counters.values { bytes.append(little: value) }
        case .refused(let version):
            bytes = [131]
            bytes.append(little: version)
        }
        return bytes
    }

    package init(decoding bytes: [UInt8]) throws(BrokerWireError) {
        var reader = DatagramReader(bytes)
        switch try reader.byte() {
        case 129: self = .ask(try ExecutionAsk(from: &reader))
        case 130: self = .status(try BrokerStatus(from: &reader))
        case 131: self = .refused(version: UInt16(truncatingIfNeeded: try reader.little(bytes: 2)))
        default: throw .unknownValue
        }
        try reader.finish()
    }
}

extension ExecutionAsk {
    fileprivate init(from reader: inout DatagramReader) throws(BrokerWireError) {
        guard let kind = PermissionKind(rawValue: try reader.byte()) else { throw .unknownValue }
        let id = try reader.little(bytes: 8)
        let processId = Int32(truncatingIfNeeded: try reader.little(bytes: 4))
        let count = Int(try reader.little(bytes: 2))
        guard count <= BrokerLimit.pathBytesMax else { throw .oversized }
        self.init(id: id, kind: kind, processId: processId, path: try reader.take(count))
    }
}

extension BrokerStatus {
    fileprivate init(from reader: inout DatagramReader) throws(BrokerWireError) {
        guard let mode = BrokerMode(rawValue: try reader.byte()),
            let reason = BreakerReason(rawValue: try reader.byte())
        else { throw .unknownValue }
        let pack = try reader.little(bytes: 8)
        let pauseLeft = Int64(bitPattern: try reader.little(bytes: 8))
        let deadline = Int64(bitPattern: try reader.little(bytes: 8))
        let slowest = Int64(bitPattern: try reader.little(bytes: 8))
        let denials = Int(try reader.little(bytes: 4))
        let pending = Int(try reader.little(bytes: 4))
        self.init(
            mode: mode, reason: reason, pack: pack, pauseLeftMicroseconds: pauseLeft, deadlineMicroseconds: deadline,
            denialsPerMinute: denials, pendingCount: pending, slowestMicroseconds: slowest, counters: BrokerCounters())
        processId = Int32(truncatingIfNeeded: try reader.little(bytes: 4))
        watchdogId = Int32(truncatingIfNeeded: try reader.little(bytes: 4))
        for counter in BrokerCounter.allCases { counters[counter] = try reader.little(bytes: 8) }
    }
}

/// Reads the values of one datagram in order. Every read is checked against what is left.
struct DatagramReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func byte() throws(BrokerWireError) -> UInt8 {
        guard position < bytes.count else { throw .cutShort }
        position += 1
        return bytes[position - 1]
    }

    /// An unsigned number of `count` bytes, 8 at most.
    mutating func little(bytes count: Int) throws(BrokerWireError) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(try byte()) << UInt64(8 * index) }
        return value
    }

    mutating func take(_ count: Int) throws(BrokerWireError) -> [UInt8] {
        guard count <= bytes.count - position else { throw .cutShort }
        position += count
        return Array(bytes[position - count..<position])
    }

    /// Refuses bytes after the last value, so that a datagram has one reading only.
    func finish() throws(BrokerWireError) {
        guard position == bytes.count else { throw .tooLong }
    }
}

extension [UInt8] {
    fileprivate mutating func append<Value: FixedWidthInteger & UnsignedInteger>(little value: Value) {
        for shift in stride(from: 0, to: Value.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: value >> Value(shift)))
        }
    }
}
