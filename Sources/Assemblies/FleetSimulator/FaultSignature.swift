import Glibc

/// How a release is broken: whom it strikes, when, and what is seen of it.
package struct FaultSignature: Sendable, Hashable {
    /// The probability that an endpoint that can be struck is struck.
    package var rate: Double
    /// The share of the fleet that can be struck, by cohorts: defects live in corners. 1 is everyone.
    package var affectedShare: Double
    package var onset: Onset
    /// The share of the struck that fall silent; the others report the failure.
    package var silentShare: Double
    /// The struck come back by themselves when the release is withdrawn.
    package var isCuredByWithdrawal: Bool
    /// Minutes until people withdrew it, where it is known.
    package var withdrawnAfterMinutes: Double?

    package enum Onset: Sendable, Hashable {
        /// Exponential after activation, with the mean in seconds.
        case after(meanSeconds: Double)
        /// A fixed time after activation.
        case delay(seconds: Double)
        /// At the same moment everywhere, seconds after the first offer.
        case clock(seconds: Double)
    }

    /// Nothing is wrong with it.
    package static let none = FaultSignature(rate: 0)

    package init(
        rate: Double, affectedShare: Double = 1, onset: Onset = .after(meanSeconds: 60), silentShare: Double = 1,
        isCuredByWithdrawal: Bool = false, withdrawnAfterMinutes: Double? = nil
    ) {
        self.rate = rate
        self.affectedShare = affectedShare
        self.onset = onset
        self.silentShare = silentShare
        self.isCuredByWithdrawal = isCuredByWithdrawal
        self.withdrawnAfterMinutes = withdrawnAfterMinutes
    }

    /// The second at which an endpoint is struck that activated the release at `active`.
    func strike(activeAt active: UInt32, _ random: inout SimulationRandom) -> UInt32 {
        switch onset {
        case .after(let mean): active + UInt32(min(-log(1 - random.unit()) * mean, 4e8)) + 1
        case .delay(let seconds): active + UInt32(seconds) + random.below(30)
        case .clock(let seconds): max(active + 1, UInt32(seconds))
        }
    }
}
