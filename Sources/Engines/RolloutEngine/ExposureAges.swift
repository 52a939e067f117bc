/// How old the exposures of one cohort are, in parts of the time that a wave is given.
///
/// A proof is heard when the bake is over, a silence only a deadline later. Counting whatever has settled would
/// therefore take the survivors of a wave for the whole of it. So a proof counts in the cap only when the exposures
/// that were offered with it have had their time too; those of them that are still open by then are overdue, and count
/// as harmed until they settle: what has not been heard of is no evidence of health (PRODUCT invariant 2).
struct ExposureAges: Sendable, Hashable {
    /// Parts that the time of a wave is kept in: rounding delays a cap by an eightieth of it at most.
    static let partsMax: UInt32 = 80

    private let width: UInt32
    private var young = [UInt32](repeating: 0, count: Int(Self.partsMax))
    private var youngCount = 0
    private var youngProven = [UInt32](repeating: 0, count: Int(Self.partsMax))
    /// Proven exposures whose wave has not had its time yet.
    private(set) var unripe = 0
    private var newest: UInt32 = 0

    /// - Parameter wave: After how many ticks an exposure is overdue, and a proof counts.
    init(wave: UInt32) { width = Self.width(ofWave: wave) }

    static func width(ofWave wave: UInt32) -> UInt32 { max(1, (wave + partsMax - 1) / partsMax) }

    /// Of `open` exposures, those that are overdue.
    func overdue(of open: Int) -> Int { max(0, open - youngCount) }

    /// - Returns: Whether exposures may have become overdue.
    mutating func advance(to tick: UInt32) -> Bool {
        let part = tick / width
        guard part > newest else { return false }
        let steps = min(part - newest, Self.partsMax)
        for step in 1...steps {
            let slot = Int((newest &+ step) % Self.partsMax)
            youngCount -= Int(young[slot])
            young[slot] = 0
            unripe -= Int(youngProven[slot])
            youngProven[slot] = 0
        }
        newest = part
        return true
    }

    mutating func open(at tick: UInt32) {
        _ = advance(to: tick)
        young[Int(newest % Self.partsMax)] += 1
        youngCount += 1
    }

    /// Takes out an exposure that was opened at `tick`, whatever became of it.
    mutating func close(openedAt tick: UInt32, isProven: Bool) {
        let part = tick / width
        let slot = Int(part % Self.partsMax)
        guard part <= newest, newest - part < Self.partsMax, young[slot] > 0 else { return }
        young[slot] -= 1
        youngCount -= 1
        if isProven {
            youngProven[slot] += 1
            unripe += 1
        }
    }

    /// Puts a proven exposure into its wave, unless that has had its time.
    mutating func addProven(openedAt tick: UInt32) {
        let part = tick / width
        _ = advance(to: tick)
        guard newest - part < Self.partsMax else { return }
        youngProven[Int(part % Self.partsMax)] += 1
        unripe += 1
    }

    /// Takes a proven exposure out of its wave: it has failed since.
    mutating func dropProven(openedAt tick: UInt32) {
        let part = tick / width
        let slot = Int(part % Self.partsMax)
        guard part <= newest, newest - part < Self.partsMax, youngProven[slot] > 0 else { return }
        youngProven[slot] -= 1
        unripe -= 1
    }
}
