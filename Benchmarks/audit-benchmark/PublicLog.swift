import CanonicalCoding
import DecisionRecord
import FleetModel
import RolloutEngine
import UpdateTrust

/// A log as a control plane writes it, of real gates.
struct PublicLog {
    private(set) var entries: [[UInt8]] = []
    private(set) var verdictCount = 0
    private(set) var rolloutCount = 0
    private var now = Moment(milliseconds: 1_000_000)
    private let policy: RolloutPolicy
    private let policyValue: JSONValue
    private let policyDigest: Digest

    private static let endpointCount = 300

    init() throws {
        var policy = RolloutPolicy.demo
        policy.cohortBy = ["kernel"]
        self.policy = policy
        let bytes = try CodableJSON.encode(policy)
        policyValue = try JSONParser.parse(bytes, limits: .init(bytesMax: bytes.count))
        policyDigest = ContentDigest.sha256(bytes)
    }

    private struct Rollout {
        let id: RolloutID
        let release: ReleaseID
        let digest: Digest
        let pseudonym: CohortPseudonym
        var gate: RolloutMachine
        var stages = [ReleaseStage?](repeating: nil, count: PublicLog.endpointCount)
        var sequence: Int64 = 0
    }

    private mutating func append(_ body: RecordEntry.Body) throws {
        entries.append(try RecordEntry(number: Int64(entries.count) + 1, at: now, body: body).encoded())
    }

    /// One more rollout, until it has ended or there are `wanted` verdicts in all.
    mutating func roll(wanted: Int) throws {
        rolloutCount += 1
        let release = ReleaseID(accepted: "pack-\(rolloutCount)@1.0.0")
        let id = RolloutID(accepted: "r-\(rolloutCount)")
        let seed = UInt64(rolloutCount)
        var rollout = Rollout(
            id: id, release: release, digest: ContentDigest.sha256(Array(release.text.utf8)),
            pseudonym: CohortPseudonym(seed: seed),
            gate: RolloutMachine(rollout: id, release: release, policy: policy, seed: seed, startedAt: now))
        try begin(rollout)
        for step in 0..<3_000 {
            for index in stride(from: step % 10, to: Self.endpointCount, by: 10) {
                try take(.checkIn(report(index, step, of: rollout)), &rollout)
            }
            // A person who holds and resumes makes verdicts of whatever state the gate is in.
            if step % 3 == 1 { try take(.operatorHold("look"), &rollout) }
            if step % 3 == 2 { try take(.operatorResume, &rollout) }
            now = now + .milliseconds(200)
            try take(.tick, &rollout)
            if verdictCount >= wanted || rollout.gate.status.phase.isFinal && step > 400 { return }
        }
    }

    private mutating func begin(_ rollout: Rollout) throws {
        try append(
            .release(
                RecordedRelease(
                    pack: rollout.release.pack, version: rollout.release.version, digest: rollout.digest,
                    byteCount: 1, path: "acme/p.fbpack", signer: rollout.digest)))
        try append(
            .policy(
                RecordedPolicy(
                    rollout: rollout.id, release: rollout.release, digest: rollout.digest, startedAt: now,
                    policy: policyValue, policySHA256: policyDigest)))
    }

    private func report(_ index: Int, _ step: Int, of rollout: Rollout) -> EndpointReport {
        let kernel = index % 3
        let isBad = rollout.stages[index] != nil && kernel == rolloutCount % 3 && index % 50 < 9
        let isUnlucky = (index &* 31 &+ step &* 7) % 4_001 == 0
        let text = String(index, radix: 16)
        return EndpointReport(
            endpoint: EndpointID(accepted: String(repeating: "0", count: 32 - text.count) + text),
            attributes: CohortAttributes(
                os: "linux", osVersion: "12", kernel: "6.\(kernel)", agentVersion: "1.0.0", model: "vm"),
            stage: isBad ? .reverted : rollout.stages[index], failure: isBad || isUnlucky ? .crash : nil)
    }

    private mutating func take(_ input: RolloutInput, _ rollout: inout Rollout) throws {
        let actions = rollout.gate.handle(input, at: now)
        var evidence = rollout.gate.evidence[...]
        for action in actions {
            if case .offer(let endpoint) = action, let index = Int(endpoint.text, radix: 16) {
                rollout.stages[index] = .committed
            }
            if case .recall(let reason) = action {
                try append(
                    .recall(
                        RecordedRecall(
                            release: rollout.release, digest: rollout.digest, reason: reason, rollout: rollout.id)))
            }
            guard case .record(let verdict) = action, let said = evidence.popFirst() else { continue }
            rollout.sequence += 1
            verdictCount += 1
            try append(
                .verdict(
                    RecordedVerdict(
                        rollout: rollout.id, sequence: rollout.sequence, policySHA256: policyDigest,
                        evidence: rollout.pseudonym.publishing(said),
                        outcome: rollout.pseudonym.publishing(VerdictOutcome(verdict)))))
        }
    }
}
