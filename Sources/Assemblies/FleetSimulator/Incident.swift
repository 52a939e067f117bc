/// A past incident as a failure signature: whom it struck, how surely, when, and what was seen of it.
package struct Incident: Sendable, Hashable {
    /// Stable, for the command line: lower-case letters, digits and hyphens.
    package var id: String
    /// Who, and what of theirs.
    package var title: String
    /// The day on which it began, as `2024-07-19`.
    package var date: String
    /// The share of the fleet that could be struck; nil where nobody published it.
    package var affectedShare: Double?
    /// The probability that an endpoint that could be struck was.
    package var probability: Double
    package var onset: FaultOnset
    /// The share of the struck that could not say so.
    package var silentShare: Double
    /// Taking the release back was enough; otherwise somebody had to go to each.
    package var isCuredByWithdrawal: Bool
    /// From publication until people withdrew it; nil where it is not known.
    package var withdrawnAfterMinutes: Double?
    /// What to remember.
    package var lesson: String
    /// Which of the numbers nobody published.
    package var estimates: Set<Estimate>

    /// A number that is an estimate.
    package enum Estimate: String, Sendable, Hashable, CaseIterable {
        case date, share, probability, onset, withdrawal
    }

    /// The share where none is published: about that of the most common system in a mixed fleet.
    package static let shareUnknown = 0.75

    package init(
        _ id: String, _ title: String, on date: String, share: Double?, probability: Double, _ onset: FaultOnset,
        silent silentShare: Double, cured isCuredByWithdrawal: Bool, withdrawn withdrawnAfterMinutes: Double?,
        estimates: Set<Estimate> = [], lesson: String
    ) {
        self.id = id
        self.title = title
        self.date = date
        affectedShare = share
        self.probability = probability
        self.onset = onset
        self.silentShare = silentShare
        self.isCuredByWithdrawal = isCuredByWithdrawal
        self.withdrawnAfterMinutes = withdrawnAfterMinutes
        self.estimates = estimates
        self.lesson = lesson
    }

    package var fault: FaultSignature {
        FaultSignature(
            rate: probability, affectedShare: affectedShare ?? Self.shareUnknown, onset: onset,
            silentShare: silentShare, isCuredByWithdrawal: isCuredByWithdrawal,
            withdrawnAfterMinutes: withdrawnAfterMinutes)
    }
}

extension FaultOnset {
    /// Exponential, with the mean in minutes.
    static func minutes(_ mean: Double) -> FaultOnset { .after(meanSeconds: mean * 60) }
}
