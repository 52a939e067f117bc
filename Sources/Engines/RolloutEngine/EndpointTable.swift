/// What a gate keeps of one endpoint: 16 bytes, so that a check-in touches one line of memory.
struct EndpointRecord: Sendable {
    var standing = Standing.unknown
    /// Components that were unwell before the offer, a bit each: they cannot be lost again. The high bits are flags.
    var unwell: UInt8 = 0
    var cohort: UInt16 = 0
    /// When the exposure's clocks began: at the offer, or at the end of the last outage. In ticks (``GateClock``).
    var offeredAt = GateClock.never
    var lastWord = GateClock.never
    /// Since when the release is active and all is well.
    var wellSince = GateClock.never
}

/// The endpoints by number.
struct EndpointTable: Sendable {
    private var records: [EndpointRecord] = []

    /// A component has been lost since the offer, and `wellSince` tells since when.
    static let lostBit: UInt8 = 0x80
    /// Not exposed, or proven, and without a word for a silence deadline: no longer at risk.
    static let muteBit: UInt8 = 0x40
    /// The wheel has a reminder for it.
    static let wheelBit: UInt8 = 0x20
    /// Well for a whole bake, and waiting for a bake condition.
    static let restBit: UInt8 = 0x10
    /// Of a reserved endpoint: by a window or a ring's turn, and not by a hold. The bit is ``restBit``'s, which only an open
    /// exposure has.
    static let deferredBit: UInt8 = 0x10
    /// Chosen to be one of the first.
    static let canaryBit: UInt8 = 0x08
    static let componentBits: UInt8 = 0x07

    var count: Int { records.count }

    subscript(_ index: Int) -> EndpointRecord {
        _read { yield records[index] }
        _modify { yield &records[index] }
    }

    mutating func reserve(_ count: Int) { records.reserveCapacity(count) }

    mutating func append() -> Int {
        records.append(EndpointRecord())
        return records.count - 1
    }

    /// Records that are read ahead together: 64 KiB of them stay in the nearest cache.
    static let warmCount = 1_024
    /// Keeps the compiler from leaving out the reads that warm memory.
    private var warmth: UInt32 = 0

    /// Reads records that are about to be looked at. The misses of independent reads overlap, while one that decides what
    /// is read next is paid for in full: in a fleet of millions this halves the cost of a deadline.
    mutating func warm(_ indices: ArraySlice<UInt32>) {
        var sum: UInt32 = 0
        for index in indices { sum &+= records[Int(index)].lastWord }
        warmth = sum
    }

    @inline(__always)
    func isMute(_ index: Int) -> Bool { records[index].unwell & Self.muteBit != 0 }

    /// Begins the clocks of an exposure at `tick`.
    mutating func startClocks(_ index: Int, at tick: UInt32) {
        records[index].offeredAt = tick
        records[index].lastWord = tick
        records[index].wellSince = GateClock.never
        records[index].unwell &= Self.componentBits | Self.wheelBit
    }
}
