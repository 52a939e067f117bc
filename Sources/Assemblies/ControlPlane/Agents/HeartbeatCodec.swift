import ControlWire
import FleetModel
import NIOCore

/// A check-in that says nothing but "I am here": OpAMP's instance_uid, sequence_num and capabilities.
struct Heartbeat: Equatable, Sendable {
    var instance: InstanceUID
    var sequence: UInt64

    /// Bytes of the longest such message: three fields, the numbers at their longest.
    static let bytesMax = 2 + 16 + 2 * (1 + 10)

    /// Reads a heartbeat; nil for everything else, garbage included: that is for the whole reader to judge, and to
    /// refuse with its reason.
    ///
    /// Protobuf's wire format (protobuf.dev/programming-guides/encoding): tag 0x0A is field 1 with a length, 0x10 and
    /// 0x20 are fields 2 and 4 with a varint.
    init?(_ bytes: ByteBufferView) {
        guard bytes.count <= Self.bytesMax else { return nil }
        var instance: InstanceUID?
        var sequence: UInt64 = 0
        var rest = bytes[...]
        while let tag = rest.popFirst() {
            switch tag {
            case 0x0A:
                guard rest.popFirst() == 16, rest.count >= 16, instance == nil else { return nil }
                var words: (high: UInt64, low: UInt64) = (0, 0)
                for byte in rest.prefix(8) { words.high = words.high << 8 | UInt64(byte) }
                for byte in rest.dropFirst(8).prefix(8) { words.low = words.low << 8 | UInt64(byte) }
                instance = InstanceUID(high: words.high, low: words.low)
                rest = rest.dropFirst(16)
            case 0x10:
                guard let value = Self.varint(&rest) else { return nil }
                sequence = value
            case 0x20:
                guard Self.varint(&rest) != nil else { return nil }
            default: return nil
            }
        }
        guard let instance else { return nil }
        self.instance = instance
        self.sequence = sequence
    }

    private static func varint(_ bytes: inout ByteBufferView.SubSequence) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            let part = UInt64(byte & 0x7F)
            guard shift < 63 || part <= 1 else { return nil }
            value |= part << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }
}

/// The reply to a heartbeat when there is nothing to tell: what ``ServerReply`` encodes for one endpoint, with the
/// instance_uid put in.
struct QuietReply: Sendable {
    private let bytes: [UInt8]
    /// Where the 16 bytes of the instance_uid begin: behind the tag and the length of field 1.
    private static let instanceOffset = 2

    /// - Throws: ``ControlWireError`` when the reply cannot be encoded, or does not begin with the instance_uid.
    init() throws {
        let endpoint = EndpointID(accepted: String(repeating: "a5", count: 16))
        bytes = try ServerReply(endpoint: endpoint).encoded()
        guard bytes.starts(with: [0x0A, 16] + endpoint.instanceUID) else {
            throw ControlWireError(
                .invalidValue, subject: "server_to_agent", message: "the reply does not begin with the instance_uid")
        }
    }

    var count: Int { bytes.count }

    func buffer(for instance: InstanceUID, allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        buffer.setInteger(instance.high, at: Self.instanceOffset)
        buffer.setInteger(instance.low, at: Self.instanceOffset + 8)
        return buffer
    }
}
