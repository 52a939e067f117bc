import ControlWire
import FleetModel
import FleetStore
import RolloutEngine

/// What the release lab said, and what follows from it.
extension FleetDriver {
    /// Keeps a statement. The same one again changes nothing; another about the same pack counts from now on.
    func keep(_ result: StoredLabResult) async throws -> LabSummary {
        try await perform(isAlone: true) { plan in
            if let known = self.labResults[result.digest], known.statementDigest == result.statementDigest {
                return { LabSummary(known) }
            }
            var result = result
            result.receivedAt = plan.now
            plan.batch.labResults.append(result)
            try self.record(result, in: &plan)
            plan.note("lab.result", result.digest.text, result.verdict.rawValue)
            // Its bytes are read from the database when somebody asks for them.
            result.statement = []
            let stored = result
            plan.onCommit.append { self.labResults[stored.digest] = stored }
            return { LabSummary(stored) }
        }
    }

    /// The newest statement about a pack, byte for byte.
    func labStatement(of pack: Digest) async throws -> [UInt8] {
        guard let statement = try await store.labStatement(of: pack) else {
            throw ControlRefusal.notFound("result of the lab about \(pack)", list: "firebreak release list")
        }
        return statement
    }

    /// Refuses a release that the policy does not let through on the lab's word.
    ///
    /// - Returns: The policy's name where it let through what the lab failed, and is to be shown for it.
    func requireLabWord(on digest: Digest, _ release: ReleaseID, _ policy: RolloutPolicy) throws(ControlRefusal)
        -> String?
    {
        let result = labResults[digest]
        guard policy.labResult.admits(result?.verdict) else {
            guard let result else {
                throw ControlRefusal(
                    .releaseLabMissing,
                    "the policy \"\(policy.name)\" asks for the lab's word on \(release), and there is none",
                    next:
                        "Run `firebreak lab` on the pack and publish it again, or name a policy with lab_result: not_failed."
                )
            }
            throw ControlRefusal(
                .releaseLabFailed, "the lab failed \(release)\(LabSummary(result).place)",
                next: "Mend the pack and run `firebreak lab` again. To let it through all the same, name a policy with "
                    + "lab_result: any; every list will show that.")
        }
        return result?.verdict == .failed ? policy.name : nil
    }

    /// Refuses a release whose program may take more steps for one event than the policy allows. What it states is
    /// checked by every worker that loads it.
    func requireCost(of release: StoredRelease, _ policy: RolloutPolicy) throws(ControlRefusal) {
        guard let cost = release.costBound, cost > UInt64(clamping: policy.programStepsMax) else { return }
        throw ControlRefusal(
            .releaseTooDear,
            "\(release.release) takes up to \(cost) steps for one event, and the policy \"\(policy.name)\" allows "
                + "\(policy.programStepsMax)",
            next:
                "See with `firebreak rules check` which rules are dear and make them cheaper, or name a policy with a "
                + "larger program_steps_max.")
    }

    func summary(of release: StoredRelease) -> ReleaseSummary {
        var summary = ReleaseSummary(release)
        summary.lab = labResults[release.digest].map(LabSummary.init)
        summary.lab?.allowedBy = release.labPolicy
        return summary
    }

    func summary(of rollout: ShelvedRollout) -> RolloutSummary {
        var summary = rollout.summary
        summary.lab = releases[rollout.release].flatMap { labResults[$0.digest] }.map(LabSummary.init)
        if summary.lab?.verdict == .failed { summary.lab?.allowedBy = rollout.stored.policy.name }
        return summary
    }
}

extension LabSummary {
    init(_ result: StoredLabResult) {
        self.init(
            verdict: result.verdict, failedStages: result.failedStages, statement: result.statementDigest,
            receivedAt: result.receivedAt)
    }
}
