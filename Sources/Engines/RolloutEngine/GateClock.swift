import FleetModel

/// Moments of one rollout in four bytes each: a fleet of millions keeps three of them for every endpoint.
///
/// The unit is 10 ms since the rollout's start, so a rollout may last 497 days; later moments saturate. A span is
/// rounded up, so no bake is ever cut short by more than the unit.
struct GateClock: Sendable, Hashable {
    static let unitMilliseconds: Int64 = 10
    let startedAt: Moment

    /// Stands for "not yet".
    static let never = UInt32.max

    func ticks(at moment: Moment) -> UInt32 {
        let units = (moment - startedAt).milliseconds.clamped(to: 0...Int64.max) / Self.unitMilliseconds
        return UInt32(clamping: min(units, Int64(Self.never - 1)))
    }

    static func ticks(of span: Moment.Span) -> UInt32 {
        let units = (span.milliseconds.clamped(to: 0...(Int64.max - 9)) + 9) / unitMilliseconds
        return UInt32(clamping: min(units, Int64(never - 1)))
    }
}

/// Adds a span to a tick, and stays below `never`.
func saturating(_ tick: UInt32, plus span: UInt32) -> UInt32 {
    let (sum, overflow) = tick.addingReportingOverflow(span)
    return overflow ? GateClock.never - 1 : min(sum, GateClock.never - 1)
}
