import CanonicalCoding
package import FleetModel
package import RolloutEngine

/// How a rollout began. Everything since is in the ledger.
package struct StoredRollout: Hashable, Sendable {
    package var id: RolloutID
    package var release: ReleaseID
    package var policy: RolloutPolicy
    package var seed: UInt64
    package var startedAt: Moment

    package init(id: RolloutID, release: ReleaseID, policy: RolloutPolicy, seed: UInt64, startedAt: Moment) {
        self.id = id
        self.release = release
        self.policy = policy
        self.seed = seed
        self.startedAt = startedAt
    }

    /// The machine at its beginning, before any row of its ledger.
    package var machine: RolloutMachine {
        RolloutMachine(rollout: id, release: release, policy: policy, seed: seed, startedAt: startedAt)
    }
}
