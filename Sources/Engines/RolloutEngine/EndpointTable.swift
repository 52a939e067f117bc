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
