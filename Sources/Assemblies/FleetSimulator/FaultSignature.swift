import Glibc

/// How a release is broken: whom it strikes, when, and what is seen of it.
package struct FaultSignature: Sendable, Hashable {
    /// The probability that an endpoint that can be struck is struck.
    package var rate: Double
    /// The share of the fleet that can be struck, by cohorts: defects live in corners. 1 is everyone.
    package var affectedShare: Double
    package var onset: FaultOnset
    /// The share of the struck that fall silent; the others report the failure.
    package var silentShare: Double
    /// The struck come back by themselves when the release is withdrawn.
    package var isCuredByWithdrawal: Bool
    /// Minutes until people withdrew it, where it is known.
    package var withdrawnAfterMinutes: Double?

    /// Nothing is wrong with it.
    package static let none = FaultSignature(rate: 0)

    package init(
        rate: Double, affectedShare: Double = 1, onset: FaultOnset = .after(meanSeconds: 60), silentShare: Double = 1,
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
        onset.strike(activeAt: active, &random)
    }
}
