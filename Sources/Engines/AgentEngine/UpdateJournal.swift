package import FleetModel

/// What must outlive the agent: written and fsynced before any action of the step that changed it.
///
/// It holds no times that a decision reads: after a restart, clocks may say anything.
package struct UpdateJournal: Hashable, Sendable, Codable {
    package static let formatCurrent = 1

    package var format: Int
    /// The kernel's boot id when it was written.
    package var bootID: String
    /// Newest first, at most `UpdateLimit.provenKept`.
    package var proven: [ProvenGeneration]
    /// Commits so far: the number of the newest generation.
    package var commitCount: UInt64
    package var foothold: Foothold.Record
    package var attempt: Attempt?
    /// Newest first, at most `UpdateLimit.settledKept`.
    package var settled: [SettledRelease]
    /// Newest first, at most `UpdateLimit.recalledKept`.
    package var recalled: [RecalledRelease]
    /// The control plane's revision of the recalls that were acted on.
    package var recallRevision: UInt64

    package init(
        format: Int = formatCurrent, bootID: String, proven: [ProvenGeneration], commitCount: UInt64,
        foothold: Foothold.Record, attempt: Attempt?, settled: [SettledRelease], recalled: [RecalledRelease],
        recallRevision: UInt64
    ) {
        self.format = format
        self.bootID = bootID
        self.proven = proven
        self.commitCount = commitCount
        self.foothold = foothold
        self.attempt = attempt
        self.settled = settled
        self.recalled = recalled
        self.recallRevision = recallRevision
    }

    /// A release on its way to a commit.
    package struct Attempt: Hashable, Sendable, Codable {
        package enum Stage: String, Hashable, Sendable, Codable, CaseIterable {
            case downloading
            case staged
            case shadow
            case trial
        }

        package let offer: ReleaseOffer
        package var stage: Stage
        package var enteredAt: Moment
        /// Ends of the agent during this attempt that were not its fault, so far as anyone can tell.
        package var interruptions: Int
        /// The agent was told to end while the release was on trial, and wrote this first.
        package var isStoppedCleanly: Bool

        package init(
            offer: ReleaseOffer, stage: Stage, enteredAt: Moment, interruptions: Int, isStoppedCleanly: Bool
        ) {
            self.offer = offer
            self.stage = stage
            self.enteredAt = enteredAt
            self.interruptions = interruptions
            self.isStoppedCleanly = isStoppedCleanly
        }
    }

    /// Whether the parts agree with each other. One that does not is treated as damaged.
    package var isSound: Bool {
        let digests = Set(proven.map(\.pinned.digest))
        let numbers = proven.map(\.commitNumber)
        return format == Self.formatCurrent
            && proven.count <= UpdateLimit.provenKept && digests.count == proven.count
            && zip(numbers, numbers.dropFirst()).allSatisfy { $0 > $1 } && (numbers.first ?? 0) <= commitCount
            && settled.count <= UpdateLimit.settledKept && recalled.count <= UpdateLimit.recalledKept
            && (foothold.generation.map { digests.contains($0.digest) } ?? true)
            && (attempt.map { !digests.contains($0.offer.pinned.digest) } ?? true)
    }
}
