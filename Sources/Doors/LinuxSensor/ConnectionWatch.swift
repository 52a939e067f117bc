import FleetModel

/// Tells new connections from those that were there at the look before. Pure; the looking is `ConnectionSource`'s.
struct ConnectionWatch {
    /// A connection that was not there before.
    struct Opened: Equatable {
        let socket: SocketRecord
        /// Whether this end asked for it: its port is none that somebody listens on.
        let isInitiated: Bool
    }

    /// Cookies of the connections at the latest look; nil before the first.
    private var seen: Set<UInt64>?
    /// What the kernel had counted at the first look, and how many new ones were seen since.
    private var openedAtStart: UInt64?
    private var newCount: UInt64 = 0
    /// Connections that were opened and never seen, at least.
    private(set) var unsampledCount: UInt64 = 0

    /// The connections that are new in a look.
    ///
    /// The first look tells none: those were there before the sensor, as the processes were.
    ///
    /// - Parameter openedCount: What the kernel had counted *before* the look; nil where it does not tell.
    mutating func look(_ sockets: [SocketRecord], openedCount: UInt64?) -> [Opened] {
        var ports: Set<UInt16> = []
        for socket in sockets where socket.isListening { ports.insert(socket.source.port) }
        var cookies: Set<UInt64> = []
        var opened: [Opened] = []
        for socket in sockets where !socket.isListening {
            guard cookies.insert(socket.cookie).inserted, let seen, !seen.contains(socket.cookie) else { continue }
            opened.append(Opened(socket: socket, isInitiated: !ports.contains(socket.source.port)))
        }
        let isFirst = seen == nil
        seen = cookies
        count(opened.count, openedCount, isFirst: isFirst)
        return opened
    }

    /// What was opened before the look was either seen by now or never will be. Some that were seen were opened during
    /// the look, so the difference is a lower bound, and the highest so far still holds.
    private mutating func count(_ seenCount: Int, _ openedCount: UInt64?, isFirst: Bool) {
        guard let openedCount else { return }
        guard !isFirst, let openedAtStart else {
            openedAtStart = openedCount
            return
        }
        newCount += UInt64(seenCount)
        let sinceStart = openedCount >= openedAtStart ? openedCount - openedAtStart : 0
        if sinceStart > newCount { unsampledCount = max(unsampledCount, sinceStart - newCount) }
    }

    /// The TCP connections that the kernel has opened and accepted since it started, from `/proc/net/snmp`: a line of
    /// names, then a line of numbers. Nil when they are not there.
    static func openedCount(in text: [UInt8]) -> UInt64? {
        let lines = text.split(separator: UInt8(ascii: "\n")).filter { $0.starts(with: "Tcp:".utf8) }
        guard lines.count >= 2 else { return nil }
        let names = lines[0].split(separator: UInt8(ascii: " "))
        let numbers = lines[1].split(separator: UInt8(ascii: " "))
        var sum: UInt64 = 0
        for wanted in ["ActiveOpens", "PassiveOpens"] {
            guard let index = names.firstIndex(where: { $0.elementsEqual(wanted.utf8) }), index < numbers.count,
                let number = UInt64(String(decoding: numbers[index], as: UTF8.self))
            else { return nil }
            sum &+= number
        }
        return sum
    }
}

extension ConnectionWatch.Opened {
    /// The event, without its actor.
    func event(at moment: Moment) -> TelemetryEvent {
        var event = TelemetryEvent(kind: .networkConnection, at: moment)
        event[.protocol] = .text("tcp")
        event[.initiated] = .text(isInitiated ? "true" : "false")
        event[.sourceIp] = .text(socket.source.address)
        event[.sourcePort] = .integer(Int64(socket.source.port))
        event[.destinationIp] = .text(socket.destination.address)
        event[.destinationPort] = .integer(Int64(socket.destination.port))
        return event
    }
}
