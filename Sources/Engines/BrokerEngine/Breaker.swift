/// Stops the asking when it harms, for a pause that doubles.
///
/// It outlives the engine: one that dies and comes back cannot buy itself fresh misses or a fresh budget.
struct Breaker: Sendable {
    private(set) var reason: BreakerReason = .none
    private(set) var pack: UInt64 = 0
    /// When the pause ends; nil while the breaker is closed.
    private(set) var openUntil: Int64?
    private var missesInARow = 0
    private var nextPause = BrokerLimit.pauseMicrosecondsFirst
    /// When the latest pause ended.
    private var closedAt: Int64 = 0

    var isOpen: Bool { openUntil != nil }

    func pauseLeft(nowMicroseconds now: Int64) -> Int64 { openUntil.map { max($0 - now, 0) } ?? 0 }

    /// Ends the pause when it is over, and forgets the doubling after a calm stretch.
    mutating func pass(nowMicroseconds now: Int64) {
        if let openUntil, now >= openUntil {
            self.openUntil = nil
            closedAt = openUntil
            // One miss after a pause opens again: nothing says yet that the engine is mended.
            missesInARow = BrokerLimit.missesMax - 1
        }
        if !isOpen, reason != .none, now - closedAt >= BrokerLimit.calmMicroseconds {
            nextPause = BrokerLimit.pauseMicrosecondsFirst
            reason = .none
            pack = 0
        }
    }

    /// A verdict came in time.
    mutating func met() { missesInARow = 0 }

    /// A verdict did not come. True when the breaker has to open now.
    mutating func missed() -> Bool {
        missesInARow += 1
        return missesInARow >= BrokerLimit.missesMax && !isOpen
    }

    mutating func open(_ reason: BreakerReason, pack: UInt64, nowMicroseconds now: Int64) {
        self.reason = reason
        self.pack = pack
        openUntil = now + nextPause
        nextPause = min(nextPause * 2, BrokerLimit.pauseMicrosecondsMax)
        missesInARow = 0
    }
}
