package import FleetModel

/// One release by its name and by its bytes. Two files that claim one version are two pinned releases.
package struct PinnedRelease: Hashable, Sendable, Codable {
    package let release: ReleaseID
    /// SHA-256 of the whole pack file.
    package let digest: Digest

    package init(release: ReleaseID, digest: Digest) {
        self.release = release
        self.digest = digest
    }
}

/// What the control plane asks the endpoint to take.
package struct ReleaseOffer: Hashable, Sendable, Codable {
    package let pinned: PinnedRelease
    /// Where the pack is, on the control plane. Opaque to the machine; the driver bounds it.
    package let location: String

    package init(pinned: PinnedRelease, location: String) {
        self.pinned = pinned
        self.location = location
    }
}

/// A release that has proven itself on this endpoint and is kept here.
package struct ProvenGeneration: Hashable, Sendable, Codable {
    package let pinned: PinnedRelease
    /// Which commit of this endpoint it was, counted from 1: the order of generations does not hang on a clock.
    package let commitNumber: UInt64
    /// When it was committed, by the driver's clock. For people; no decision reads it.
    package let committedAt: Moment
    /// It detected the known canary event while it was on trial; nil in marks from before that was asked. What comes
    /// after it must detect it too.
    package let detectsCanary: Bool?

    package init(pinned: PinnedRelease, commitNumber: UInt64, committedAt: Moment, detectsCanary: Bool? = nil) {
        self.pinned = pinned
        self.commitNumber = commitNumber
        self.committedAt = committedAt
        self.detectsCanary = detectsCanary
    }
}

/// A pack file that lies in the generation store, whose signature and digest the driver has just checked.
package struct FoundGeneration: Hashable, Sendable {
    package let pinned: PinnedRelease
    /// The durable mark that a commit leaves beside the file; nil for a release that never proved itself.
    package let mark: ProvenGeneration?

    package init(pinned: PinnedRelease, mark: ProvenGeneration?) {
        self.pinned = pinned
        self.mark = mark
    }
}

/// A release that must not run, here or anywhere.
package struct RecalledRelease: Hashable, Sendable, Codable {
    package let pinned: PinnedRelease
    /// For a person.
    package let reason: String

    package init(pinned: PinnedRelease, reason: String) {
        self.pinned = pinned
        self.reason = reason
    }

    /// Whether the recall means `other`. The name alone suffices: other bytes under a recalled version are no cure.
    package func covers(_ other: PinnedRelease) -> Bool {
        pinned.digest == other.digest || pinned.release == other.release
    }
}

/// How an attempt ended on this endpoint, other than by a commit.
package struct SettledRelease: Hashable, Sendable, Codable {
    package enum Ending: String, Hashable, Sendable, Codable, CaseIterable {
        /// It ran here, in shadow or on trial, and was taken away.
        case reverted
        /// It never ran here.
        case refused
    }

    package let pinned: PinnedRelease
    package let ending: Ending
    /// How it failed; nil for a refusal and for a recall, which say nothing of how it ran.
    package let failure: FailureKind?
    /// A stable word, for example `pack.signature_invalid` or `update.recalled`.
    package let code: String
    /// For a person: what happened and what to do.
    package let message: String
    package let at: Moment

    package init(
        pinned: PinnedRelease, ending: Ending, failure: FailureKind?, code: String, message: String, at: Moment
    ) {
        self.pinned = pinned
        self.ending = ending
        self.failure = failure
        self.code = code
        self.message = message
        self.at = at
    }

    /// The stage that the endpoint reports.
    package var stage: ReleaseStage { ending == .reverted ? .reverted : .refused }
}
