/// What happens when: one pending event for each endpoint, in buckets of one second.
///
/// A bucket is a list through the endpoints themselves, so an event costs four bytes and no allocation. Events further
/// away than the ring wait in it and are put back as they come up.
struct EventCalendar: Sendable {
    /// Seconds in the ring: above the poll interval and the bake, so that few events come up early.
    static let secondCount = 16_384
    private static let end = UInt32.max

    private var heads = [UInt32](repeating: Self.end, count: Self.secondCount)
    private var links: [UInt32]
    private var dues: [UInt32]

    init(endpoints: Int) {
        links = Array(repeating: Self.end, count: endpoints)
        dues = Array(repeating: 0, count: endpoints)
    }

    mutating func append() {
        links.append(Self.end)
        dues.append(0)
    }

    /// - Parameter second: Later than the second in hand.
    @inline(__always)
    mutating func schedule(_ endpoint: Int, at second: UInt32) {
        dues[endpoint] = second
        let slot = Int(second % UInt32(Self.secondCount))
        links[endpoint] = heads[slot]
        heads[slot] = UInt32(truncatingIfNeeded: endpoint)
    }

    /// Empties the bucket of `second` into `due`, in the order in which the events were scheduled.
    mutating func take(_ second: UInt32, into due: inout [UInt32]) {
        due.removeAll(keepingCapacity: true)
        let slot = Int(second % UInt32(Self.secondCount))
        var endpoint = heads[slot]
        heads[slot] = Self.end
        while endpoint != Self.end {
            let next = links[Int(endpoint)]
            if dues[Int(endpoint)] == second {
                due.append(endpoint)
            } else {
                links[Int(endpoint)] = heads[slot]
                heads[slot] = endpoint
            }
            endpoint = next
        }
        due.reverse()
    }
}
