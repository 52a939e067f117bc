import Glibc

/// When a broken release strikes an endpoint that has activated it. Times of day count from the first offer.
package enum FaultOnset: Sendable, Hashable {
    /// Exponential after activation, with the mean in seconds.
    case after(meanSeconds: Double)
    /// A fixed time after activation, and up to half a minute more: nothing happens to the second.
    case delay(seconds: Double)
    /// At the same moment everywhere, seconds after the first offer; at once where that has passed.
    case clock(seconds: Double)
    /// Each day between the same two times, anywhere within: a timer that spreads its work. Who is active within an
    /// open window is struck in what is left of it, who comes late the next day.
    case window(openSeconds: Double, closeSeconds: Double)
    /// Good and bad change places everywhere at once, every so many seconds, good first: the next bad one strikes.
    case flapping(periodSeconds: Double)
    /// At the next restart: exponential, with the mean of ``rebootMeanSeconds``.
    case reboot
    /// At the next full scan: exponential, with the mean of ``scanMeanSeconds``.
    case scan
    /// At the restart that follows the next full scan.
    case scanThenReboot

    /// An estimate: people switch their machines off once in a working day; servers restart more seldom.
    package static let rebootMeanSeconds = 86_400.0
    /// An estimate: endpoint products scan once a day unless told otherwise.
    package static let scanMeanSeconds = 86_400.0

    /// Whether the strike waits for something that a bake may end without.
    package var isLatent: Bool {
        switch self {
        case .reboot, .scan, .scanThenReboot, .window: true
        case .after, .delay, .clock, .flapping: false
        }
    }

    func strike(activeAt active: UInt32, _ random: inout SimulationRandom) -> UInt32 {
        switch self {
        case .after(let mean): active + Self.exponential(mean, &random) + 1
        case .reboot: active + Self.exponential(Self.rebootMeanSeconds, &random) + 1
        case .scan: active + Self.exponential(Self.scanMeanSeconds, &random) + 1
        case .scanThenReboot:
            active + Self.exponential(Self.scanMeanSeconds, &random)
                + Self.exponential(Self.rebootMeanSeconds, &random) + 1
        case .delay(let seconds): active + 1 + UInt32(seconds) + random.below(30)
        case .clock(let seconds): max(active + 1, UInt32(seconds))
        case .window(let open, let close): Self.within(UInt32(open), UInt32(close), activeAt: active, &random)
        case .flapping(let period): Self.nextBad(UInt32(max(1, period)), activeAt: active)
        }
    }

    /// Bounded, so that a time in seconds stays far below the end of 32 bits.
    private static func exponential(_ mean: Double, _ random: inout SimulationRandom) -> UInt32 {
        UInt32(min(-log(1 - random.unit()) * mean, 4e8))
    }

    private static let daySeconds: UInt32 = 86_400

    private static func within(
        _ open: UInt32, _ close: UInt32, activeAt active: UInt32, _ random: inout SimulationRandom
    ) -> UInt32 {
        let day = active / daySeconds * daySeconds
        // Within today's window where there is anything left of it, otherwise within tomorrow's.
        let start = active + 1 < day + close ? max(active + 1, day + open) : day + daySeconds + open
        let end = active + 1 < day + close ? day + close : day + daySeconds + close
        return start + random.below(max(1, end - start))
    }

    /// The next odd multiple of the period after `active`.
    private static func nextBad(_ period: UInt32, activeAt active: UInt32) -> UInt32 {
        let number = active / period + 1
        return (number.isMultiple(of: 2) ? number + 1 : number) * period
    }
}
