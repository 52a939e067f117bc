/// What happens when: one pending event for each endpoint, in buckets of one second.
///
/// A bucket is an array that is written at its end and read once, so that scheduling an event of one endpoint among
/// millions touches memory that is warm. What lies further away than the ring waits in blocks of an hour or so.
struct EventCalendar: Sendable {
    /// Seconds in a block, as a power of two.
    private static let blockBits: UInt32 = 12
    /// Blocks in the ring: the one in hand and those to come, so that a poll interval and a bake lie within it.
    private static let blockCount: UInt32 = 4
    private static let secondCount = blockCount << blockBits

    private var ring = [[UInt32]](repeating: [], count: Int(Self.secondCount))
    private var far: [UInt32: [(second: UInt32, endpoint: UInt32)]] = [:]
    private var now: UInt32 = 0

    /// - Parameter second: Later than the second in hand.
    @inline(__always)
    mutating func schedule(_ endpoint: Int, at second: UInt32) {
        let endpoint = UInt32(truncatingIfNeeded: endpoint)
        if (second >> Self.blockBits) < (now >> Self.blockBits) + Self.blockCount - 1 {
            ring[Int(second % Self.secondCount)].append(endpoint)
        } else {
            far[second >> Self.blockBits, default: []].append((second, endpoint))
        }
    }

    /// Empties the bucket of `second` into `due`, in the order in which the events were scheduled. Every second must be
    /// taken once, in order.
    mutating func take(_ second: UInt32, into due: inout [UInt32]) {
        let isNewBlock = second >> Self.blockBits != now >> Self.blockBits
        now = second
        if isNewBlock {
            let next = (second >> Self.blockBits) + Self.blockCount - 2
            for event in far.removeValue(forKey: next) ?? [] {
                ring[Int(event.second % Self.secondCount)].append(event.endpoint)
            }
        }
        due = []
        swap(&due, &ring[Int(second % Self.secondCount)])
    }
}
