import CanonicalCoding
package import FleetModel
import RolloutEngine
import UpdateTrust

/// Reads a log from its first entry, and says the gate's verdicts again.
///
/// It knows nothing but the entries: whoever has the public log can run it. Its memory grows with releases and rollouts,
/// not with verdicts or endpoints.
package struct AuditMachine: Sendable {
    /// The first entry that the ones before do not bear out; once there is one, no more are taken in.
    package private(set) var failure: AuditFailure?
    package private(set) var summary = AuditSummary()

    private var nextIndex: UInt64 = 0
    private var nextNumber: Int64 = 1
    private var newestMoment = Moment(milliseconds: 0)
    private var releases: [ReleaseID: Digest] = [:]
    private var recalled: Set<ReleaseID> = []
    private var rollouts: [RolloutID: (release: ReleaseID, replay: VerdictReplay)] = [:]
    private var rules: [Digest: VerdictRule] = [:]
    private var trust = AttestationTrust()

    package init() {}

    /// Takes in the next entry's bytes.
    ///
    /// - Returns: The failure, as soon as there is one, and for ever after.
    @discardableResult
    package mutating func take(_ bytes: [UInt8]) -> AuditFailure? {
        guard failure == nil else { return failure }
        do throws(RecordError) {
            return take(try RecordEntry(decoding: bytes), at: nextIndex)
        } catch {
            return fail(.unreadable, "entry \(nextIndex)", error.description)
        }
    }

    private mutating func take(_ entry: RecordEntry, at index: UInt64) -> AuditFailure? {
        guard entry.number == nextNumber, entry.at >= newestMoment else {
            return fail(
                .outOfOrder, "entry number \(entry.number)",
                "number \(nextNumber) was expected, not before \(newestMoment.milliseconds) ms")
        }
        nextNumber += 1
        newestMoment = entry.at
        switch entry.body {
        case .release(let release): take(release)
        case .attestation(let attestation): take(attestation)
        case .policy(let policy): take(policy, at: entry.at)
        case .verdict(let verdict): take(verdict, at: entry.at)
        case .recall(let recall): take(recall)
        case .key(let key): take(key)
        }
        guard failure == nil else { return failure }
        summary.entryCounts[entry.body.kind, default: 0] += 1
        nextIndex += 1
        return nil
    }

    @discardableResult
    private mutating func fail(_ reason: AuditFailure.Reason, _ subject: String, _ message: String) -> AuditFailure {
        let failure = AuditFailure(index: nextIndex, reason: reason, subject: subject, message: message)
        self.failure = failure
        return failure
    }

    // MARK: - Entries

    private mutating func take(_ release: RecordedRelease) {
        let id = ReleaseID(pack: release.pack, version: release.version)
        guard releases[id] == nil else {
            fail(.releaseUnlogged, id.text, "it was logged before: a version has one content for ever")
            return
        }
        releases[id] = release.digest
    }

    private mutating func take(_ attestation: RecordedAttestation) {
        do throws(RecordError) {
            let payload = try trust.payload(of: try SignedEnvelope(attestation.envelope))
            let statement = try Statement(decoding: payload)
            guard statement.predicateType == attestation.predicateType,
                statement.subjects.map(\.digest) == [attestation.subject]
            else {
                fail(.attestationInvalid, attestation.subject.text, "the statement is about something else")
                return
            }
        } catch {
            fail(.attestationInvalid, attestation.subject.text, error.description)
        }
    }

    private mutating func take(_ policy: RecordedPolicy, at: Moment) {
        let subject = policy.rollout.text
        guard releases[policy.release] == policy.digest else {
            fail(.releaseUnlogged, subject, "\(policy.release) with these bytes was not logged before")
            return
        }
        guard !recalled.contains(policy.release) else {
            fail(.recalledOffered, subject, "\(policy.release) was recalled before")
            return
        }
        guard rollouts[policy.rollout] == nil, policy.startedAt <= at,
            let bytes = try? CanonicalJSON.encode(policy.policy),
            ContentDigest.sha256(bytes) == policy.policySHA256, let rule = rule(of: policy)
        else {
            fail(.policyDiffers, subject, "it has a policy already, or this one is not what its digest names")
            return
        }
        rollouts[policy.rollout] = (policy.release, VerdictReplay(policy, rule: rule))
        summary.rolloutCount += 1
    }

    private mutating func rule(of policy: RecordedPolicy) -> VerdictRule? {
        if let known = rules[policy.policySHA256] { return known }
        guard let read = try? CodableJSON.decode(RolloutPolicy.self, from: policy.policy) else { return nil }
        let rule = VerdictRule(read)
        rules[policy.policySHA256] = rule
        return rule
    }

    private mutating func take(_ verdict: RecordedVerdict, at: Moment) {
        let subject = "\(verdict.rollout) verdict \(verdict.sequence)"
        guard let rollout = rollouts[verdict.rollout] else {
            fail(.policyMissing, subject, "no policy of this rollout was logged before")
            return
        }
        guard !rollout.replay.phase.isFinal || recalled.contains(rollout.release) else {
            fail(.recallUnfounded, subject, "the rollout has ended, and its release was not recalled")
            return
        }
        if let reason = rollouts[verdict.rollout]?.replay.take(verdict, at: at) {
            fail(reason, subject, "\(verdict.outcome.decision.rawValue) at \(at.milliseconds) ms is not borne out")
            return
        }
        summary.verdictCounts[verdict.outcome.decision.rawValue, default: 0] += 1
    }

    private mutating func take(_ recall: RecordedRecall) {
        guard releases[recall.release] == recall.digest, !recalled.contains(recall.release) else {
            fail(.releaseUnlogged, recall.release.text, "no such release was logged before, or it is recalled already")
            return
        }
        if let id = recall.rollout {
            guard let rollout = rollouts[id], rollout.release == recall.release, rollout.replay.phase.isFinal else {
                fail(.recallUnfounded, recall.release.text, "no verdict of \(id) condemns it, or takes it back")
                return
            }
        }
        recalled.insert(recall.release)
    }

    private mutating func take(_ key: RecordedKey) {
        guard key.role == RecordedKey.attestationRole else { return }
        guard let next = AttestationTrust(key) else {
            fail(.attestationInvalid, key.role, "a key of this role is not what its id says")
            return
        }
        trust = next
    }

    /// Rollouts that have ended and whose release the log does not recall yet: a log that was read while it was written.
    package var recallsOwed: [RolloutID] {
        rollouts.filter { $1.replay.phase.isFinal && !recalled.contains($1.release) }.keys.sorted()
    }
}

/// What an audit has read.
package struct AuditSummary: Hashable, Sendable {
    package var entryCounts: [RecordKind: Int] = [:]
    package var rolloutCount = 0
    /// Verdicts that their evidence gave again, by decision.
    package var verdictCounts: [String: Int] = [:]

    package var entryCount: Int { entryCounts.values.reduce(0, +) }
    package var verdictCount: Int { verdictCounts.values.reduce(0, +) }
}
