/// Which endpoints to look at when: buckets of one width in a ring, so that an entry costs four bytes and constant
/// time, whatever the size of the fleet.
///
/// An entry is a reminder, no more: whoever takes it out looks whether the deadline has really passed, and puts it back
/// when a word has moved it. That makes a check-in free of any queue operation.
struct DeadlineWheel: Sendable {
    /// Buckets in the ring. A deadline further away waits in the last one and is put back.
    static let bucketCount = 256
    private var buckets: [[UInt32]]
    private let width: UInt32
    /// The bucket that is next to be emptied, counted from the start of the rollout.
    private var position: UInt64 = 0

    /// - Parameter horizon: The usual distance of a deadline, in ticks; a 128th of it is the width of a bucket.
    init(horizon: UInt32) {
        width = max(1, horizon / 128)
        buckets = Array(repeating: [], count: Self.bucketCount)
    }

    mutating func insert(_ index: UInt32, due: UInt32) {
        let furthest = position + UInt64(Self.bucketCount) - 1
        // One bucket late rather than early: an early reminder would have to be put back into its own bucket.
        let bucket = min(max(UInt64(due / width) + 1, position), furthest)
        buckets[Int(bucket % UInt64(Self.bucketCount))].append(index)
    }

    /// Takes out everything whose bucket lies wholly before `now`.
    mutating func take(until now: UInt32) -> [UInt32] {
        var taken: [UInt32] = []
        let last = UInt64(now / width)
        // A ring that was not looked at for a whole turn is emptied once, not once a turn.
        let end = min(last, position + UInt64(Self.bucketCount) - 1)
        while position <= end {
            let slot = Int(position % UInt64(Self.bucketCount))
            taken.append(contentsOf: buckets[slot])
            buckets[slot].removeAll(keepingCapacity: false)
            position += 1
        }
        position = max(position, last + 1)
        return taken
    }
}
