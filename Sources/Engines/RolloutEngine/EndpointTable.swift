/// The endpoints, one array a member: a fleet of millions is then read in the order of memory.
struct EndpointTable: Sendable {
    private(set) var standing: [Standing] = []
    var cohort: [UInt16] = []
    /// Components that were unwell before the offer, a bit each: they cannot be lost again. The high bits are flags.
    var unwell: [UInt8] = []
    /// When the exposure's clocks began: at the offer, or at the end of the last outage.
    var offeredAt: [UInt32] = []
    var lastWord: [UInt32] = []
    /// Since when the release is active and all is well.
    var wellSince: [UInt32] = []

    /// A component has been lost since the offer, and `wellSince` tells since when.
    static let lostBit: UInt8 = 0x80
    /// Not exposed, or proven, and without a word for a silence deadline: no longer at risk.
    static let muteBit: UInt8 = 0x40
    /// The wheel has a reminder for it.
    static let wheelBit: UInt8 = 0x20
    static let componentBits: UInt8 = 0x07

    var count: Int { standing.count }

    mutating func reserve(_ count: Int) {
        standing.reserveCapacity(count)
        cohort.reserveCapacity(count)
        unwell.reserveCapacity(count)
        offeredAt.reserveCapacity(count)
        lastWord.reserveCapacity(count)
        wellSince.reserveCapacity(count)
    }

    mutating func append() -> Int {
        standing.append(.unknown)
        cohort.append(0)
        unwell.append(0)
        offeredAt.append(GateClock.never)
        lastWord.append(GateClock.never)
        wellSince.append(GateClock.never)
        return standing.count - 1
    }

    mutating func set(_ index: Int, _ value: Standing) { standing[index] = value }

    func isMute(_ index: Int) -> Bool { unwell[index] & Self.muteBit != 0 }

    /// Begins the clocks of an exposure at `tick`.
    mutating func startClocks(_ index: Int, at tick: UInt32) {
        offeredAt[index] = tick
        lastWord[index] = tick
        wellSince[index] = GateClock.never
        unwell[index] &= Self.componentBits | Self.wheelBit
    }
}
