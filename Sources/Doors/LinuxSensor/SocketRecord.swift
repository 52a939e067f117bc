import Glibc

/// One TCP socket, as the kernel's diagnosis describes it (`struct inet_diag_msg`, linux/inet_diag.h).
struct SocketRecord: Equatable {
    /// An address and a port.
    struct End: Hashable {
        /// As text: an IPv4 address in an IPv6 socket is shown as what it is.
        let address: String
        let port: UInt16
    }

    let isListening: Bool
    let source: End
    let destination: End
    /// Never given to another socket until the machine restarts.
    let cookie: UInt64
    /// 0 when no process holds the socket any more.
    let inode: UInt64
    let user: UInt32

    /// What a portion of an answer ends with.
    enum Ending: Equatable {
        case more
        case done
        /// The kernel's errno; EPROTO for bytes that are no answer.
        case failed(Int32)
    }

    /// The sockets in one portion of an answer, added to `records` up to `countMax`.
    static func decode(_ bytes: RawSpan, into records: inout [SocketRecord], countMax: Int) -> Ending {
        var start = 0
        while start < bytes.byteCount {
            guard let length = bytes.value(at: start, as: UInt32.self).map(Int.init),
                let type = bytes.value(at: start + 4, as: UInt16.self),
                length >= Layout.headerBytes, length <= bytes.byteCount - start
            else { return .failed(EPROTO) }
            let body = bytes.extracting(start + Layout.headerBytes..<start + length)
            switch type {
            case Layout.done: return .done
            case Layout.error:
                let number = body.value(at: 0, as: Int32.self) ?? -EPROTO
                return .failed(number < 0 && number > -4096 ? -number : EPROTO)
            case Layout.answer, Layout.newerAnswer:
                if records.count < countMax, let record = record(body) { records.append(record) }
            default: break
            }
            // Messages begin at multiples of four bytes.
            start += (length + 3) & ~3
        }
        return .more
    }

    /// The numbers of linux/netlink.h and linux/inet_diag.h.
    private enum Layout {
        static let headerBytes = 16
        static let error: UInt16 = 2
        static let done: UInt16 = 3
        static let answer: UInt16 = 18
        static let newerAnswer: UInt16 = 20
        static let listening: UInt8 = 10
        static let recordBytes = 72
    }

    private static func record(_ body: RawSpan) -> SocketRecord? {
        guard body.byteCount >= Layout.recordBytes, let family = body.value(at: 0, as: UInt8.self),
            let state = body.value(at: 1, as: UInt8.self),
            let sourcePort = body.value(at: 4, as: UInt16.self),
            let destinationPort = body.value(at: 6, as: UInt16.self),
            let low = body.value(at: 44, as: UInt32.self), let high = body.value(at: 48, as: UInt32.self),
            let user = body.value(at: 64, as: UInt32.self), let inode = body.value(at: 68, as: UInt32.self),
            let source = address(family, body.extracting(8..<24)),
            let destination = address(family, body.extracting(24..<40))
        else { return nil }
        return SocketRecord(
            isListening: state == Layout.listening, source: End(address: source, port: UInt16(bigEndian: sourcePort)),
            destination: End(address: destination, port: UInt16(bigEndian: destinationPort)),
            cookie: UInt64(high) << 32 | UInt64(low), inode: UInt64(inode), user: user)
    }

    private static func address(_ family: UInt8, _ bytes: RawSpan) -> String? {
        var octets = bytes.withUnsafeBytes { [UInt8]($0) }
        var kind = Int32(family)
        if kind == AF_INET6, octets.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) {
            octets.removeFirst(12)
            kind = AF_INET
        }
        guard kind == AF_INET || kind == AF_INET6 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(kind, octets, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
