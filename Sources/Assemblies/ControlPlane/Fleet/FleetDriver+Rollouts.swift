import ControlWire
import FleetModel
import FleetStore
import RolloutEngine

extension FleetDriver {
    // MARK: Releases

    /// Books a release whose pack was verified and is on disk.
    ///
    /// The same bytes again are no second publication. Versions of a channel ascend: what a later release or a recall
    /// has taken off the endpoints must not come back under an older number.
    ///
    /// - Parameters:
    ///   - policy: Whose word counts on what the lab must have said.
    ///   - signer: The key that signed the pack.
    func publish(
        _ release: StoredRelease, under policy: RolloutPolicy, signedBy signer: Digest
    ) async throws -> ReleaseSummary {
        try await perform(isAlone: true) { plan in
            try self.requirePublishable(release, under: policy)
            if let known = self.releases[release.release] {
                // It was published before there was a record.
                if self.record?.isRecorded(known.release) == false {
                    try self.record(known, signedBy: signer, in: &plan)
                }
                return { self.summary(of: known) }
            }
            var release = release
            release.publishedAt = plan.now
            release.labPolicy = try self.requireLabWord(on: release.digest, release.release, policy)
            plan.batch.releases.append(release)
            try self.record(release, signedBy: signer, in: &plan)
            let allowance = release.labPolicy.map { ", failed by the lab and let through by the policy \($0)" } ?? ""
            plan.note("release.publish", release.release.text, release.digest.text + allowance)
            let stored = release
            plan.onCommit.append {
                self.releases[stored.release] = stored
                self.releaseOrder.append(stored.release)
            }
            return { self.summary(of: stored) }
        }
    }

    /// Asked before a pack's file is written, and again when its release is booked.
    func requirePublishable(_ release: StoredRelease, under policy: RolloutPolicy) throws(ControlRefusal) {
        guard let known = releases[release.release] else {
            let newest = releases.keys.filter { $0.pack == release.release.pack }.max()
            guard let newest, newest > release.release else {
                _ = try requireLabWord(on: release.digest, release.release, policy)
                try requireCost(of: release, policy)
                return
            }
            throw ControlRefusal(
                .releaseOlder, "\(release.release) is older than \(newest), which was published before",
                next: "Build the pack with a version above \(newest.version).")
        }
        if let recall = known.recall {
            throw ControlRefusal(
                .releaseRecalled, "\(known.release) was recalled: \(recall.reason)",
                next: "Publish the mended content under a higher version.")
        }
        guard known.digest == release.digest else {
            throw ControlRefusal(
                .releaseConflict, "\(known.release) was published with other bytes (sha256 \(known.digest))",
                next: "Build the pack with a higher version; a version has one content for ever.")
        }
    }

    // MARK: Rollouts

    /// Starts to roll a release out.
    func start(_ request: RolloutRequest) async throws -> RolloutSummary {
        let policy = try RolloutPolicy(request, standard: preset.rollouts)
        return try await perform(isAlone: true) { plan in
            try self.requireStartable(request.release, under: policy)
            let id = RolloutID(accepted: Self.rolloutID(number: self.shelf.rollouts.count + 1))
            var generator = SystemRandomNumberGenerator()
            let stored = StoredRollout(
                id: id, release: request.release, policy: policy, seed: .random(in: .min ... .max, using: &generator),
                startedAt: plan.now)
            plan.batch.rollouts.append(stored)
            try self.record(stored, in: &plan)
            let isFailed =
                self.releases[request.release].map { self.labResults[$0.digest]?.verdict == .failed } ?? false
            plan.note(
                "rollout.start", id.text,
                request.release.text + (policy.lane == .urgent ? " in the urgent lane" : "")
                    + (isFailed ? ", failed by the lab and let through by the policy \(policy.name)" : ""))
            var rollout = ShelvedRollout(stored)
            // Chooses canaries, and writes nothing: a restarted machine takes whoever covers something new as they come.
            _ = rollout.machine.handle(.muster(self.muster(for: stored, at: plan.now)), at: plan.now)
            let started = rollout
            plan.onCommit.append {
                self.shelf.add(started)
                self.credentials.endQuiet()
            }
            return { self.summary(of: started) }
        }
    }

    private static func rolloutID(number: Int) -> String {
        let digits = String(number)
        return "r-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    private func requireStartable(_ release: ReleaseID, under policy: RolloutPolicy) throws(ControlRefusal) {
        guard let known = releases[release] else {
            throw ControlRefusal.notFound("release \(release)", list: "firebreak release list")
        }
        if let recall = known.recall {
            throw ControlRefusal(
                .releaseRecalled, "\(release) was recalled: \(recall.reason)",
                next: "Publish the mended content under a higher version, and roll that out.")
        }
        guard record?.isRecorded(release) != false else {
            throw ControlRefusal(
                .releaseUnrecorded, "\(release) was published before there was a public log",
                next: "Publish the same pack again: it is then recorded.")
        }
        _ = try requireLabWord(on: known.digest, release, policy)
        try requireCost(of: known, policy)
        if let open = shelf.open(in: release.pack) {
            let rollout = shelf[open]
            throw ControlRefusal(
                .rolloutChannelBusy,
                "\(rollout.id) (\(rollout.release), \(rollout.machine.status.phase.rawValue)) is on its way in this channel",
                next: "Wait until it is complete, or end it with `firebreak rollout recall \(rollout.id)`.")
        }
        if let current = shelf.current(in: release.pack), shelf[current].release >= release {
            throw ControlRefusal(
                .rolloutNotNewer, "\(shelf[current].release) is what the channel has now",
                next: "Publish a release with a higher version, and roll that out.")
        }
    }

    /// Carries out an operator's command on a rollout.
    func command(_ command: Routes.RolloutCommand, on id: RolloutID, reason: String) async throws -> RolloutSummary {
        try await perform(isAlone: true) { plan in
            guard let index = self.shelf.index(of: id) else {
                throw ControlRefusal.notFound("rollout \(id)", list: "firebreak rollout status")
            }
            try Self.require(command, fits: self.shelf[index])
            let input: RolloutInput =
                switch command {
                case .hold: .operatorHold(reason)
                case .resume: .operatorResume
                case .recall: .operatorRecall(reason)
                }
            try self.handle(input, by: index, in: &plan)
            plan.note("rollout.\(command.rawValue)", id.text, reason)
            return { self.summary(of: self.shelf[index]) }
        }
    }

    private static func require(_ command: Routes.RolloutCommand, fits rollout: ShelvedRollout) throws(ControlRefusal) {
        let phase = rollout.machine.status.phase
        guard !phase.isFinal else {
            throw ControlRefusal(
                .rolloutFinished, "\(rollout.id) is \(phase.rawValue), which is final",
                next: "Publish the mended content under a higher version, and roll that out.")
        }
        // Resuming a ramp that is not held tells the gate that the refusals so far were looked at.
        let fits =
            switch command {
            case .hold: phase == .ramping
            case .resume: phase != .complete
            case .recall: true
            }
        guard fits else {
            throw ControlRefusal(
                .rolloutWrongPhase,
                "\(rollout.id) is \(phase.rawValue), and cannot be told to \(command.rawValue)",
                next: "See where it stands: firebreak rollout status \(rollout.id).")
        }
    }
}

extension ReleaseSummary {
    init(_ release: StoredRelease) {
        self.init(
            release: release.release, digest: release.digest, byteCount: release.byteCount,
            ruleCount: release.ruleCount, schemaVersion: release.schemaVersion, notes: release.notes,
            chaos: release.chaos, publishedAt: release.publishedAt, recalledAt: release.recall?.at,
            recallReason: release.recall?.reason)
    }
}
