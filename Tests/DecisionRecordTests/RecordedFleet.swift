import CanonicalCoding
import FleetModel
import RolloutEngine
import Testing
import UpdateTrust

@testable import DecisionRecord

/// A control plane in little: a gate with a fleet before it, and the record that it writes.
struct RecordedFleet {
    let release = ReleaseID(accepted: "linux-core@1.4.0")
    let rollout = RolloutID(accepted: "r-000001")
    let digest = ContentDigest.sha256(Array("the pack".utf8))
    let key: AttestationKey
    let seed: UInt64
    var entries: [RecordEntry] = []
    var gate: RolloutMachine
    var sequence: Int64 = 0
    private let policySHA256: Digest

    init(
        policy: RolloutPolicy = RecordedFleet.policy, seed: UInt64 = 1, endpoints: Int = 40, bad: Int = 0,
        until: Int64 = 120
    )
        throws
    {
        self.seed = seed
        key = try Self.key(0)
        let start = Moment(milliseconds: 1_000_000)
        let policyBytes = try CodableJSON.encode(policy)
        // As it is read back: a whole number is no fraction there.
        let value = try JSONParser.parse(policyBytes, limits: .init(bytesMax: policyBytes.count))
        policySHA256 = ContentDigest.sha256(policyBytes)
        gate = RolloutMachine(rollout: rollout, release: release, policy: policy, seed: seed, startedAt: start)
        append(.key(key.record), at: start)
        append(
            .release(
                RecordedRelease(
                    pack: release.pack, version: release.version, digest: digest, byteCount: 8,
                    path: "acme/linux-core-1.4.0.fbpack", signer: key.id)), at: start)
        append(try attestation(Self.labStatement(of: digest).fitting(), LabStatement.predicate), at: start)
        append(
            .policy(
                RecordedPolicy(
                    rollout: rollout, release: release, digest: digest, startedAt: start, policy: value,
                    policySHA256: policySHA256)), at: start)
        try run(endpoints: endpoints, bad: bad, from: start, seconds: until)
    }

    static func key(_ byte: UInt8) throws -> AttestationKey {
        try #require(AttestationKey(seed: [UInt8](repeating: byte, count: 32)))
    }

    static let policy: RolloutPolicy = {
        var policy = RolloutPolicy.demo
        policy.cohortBy = ["kernel"]
        return policy
    }()

    static func labStatement(of digest: Digest, details: JSONValue = ["version": 1]) -> LabStatement {
        LabStatement(
            subjectName: "linux-core-1.4.0.fbpack", subjectDigest: digest, verdict: .passed,
            configuration: [.init(name: "firebreak-worker", digest: digest)], passedTests: ["load", "replay"],
            warnedTests: [], failedTests: [], details: details)
    }

    var bytes: [[UInt8]] { get throws { try entries.map { try $0.encoded() } } }

    mutating func append(_ body: RecordEntry.Body, at: Moment) {
        entries.append(RecordEntry(number: Int64(entries.count) + 1, at: at, body: body))
    }

    func attestation(_ payload: [UInt8], _ type: String) throws -> RecordEntry.Body {
        .attestation(
            RecordedAttestation(subject: digest, predicateType: type, envelope: try key.sign(payload).json))
    }

    /// Lets endpoints check in once a second of virtual time, `bad` of a hundred of them crashing with the release.
    private mutating func run(endpoints: Int, bad: Int, from start: Moment, seconds: Int64) throws {
        var stages = [ReleaseStage?](repeating: nil, count: endpoints)
        for step in 0..<seconds {
            let now = start + .milliseconds(step * 1000)
            for index in 0..<endpoints {
                let isBad = stages[index] != nil && index * 7 % 100 < bad
                let report = EndpointReport(
                    endpoint: Self.endpoint(index), attributes: Self.attributes(index),
                    stage: isBad ? .reverted : stages[index], failure: isBad ? .crash : nil)
                for action in try handle(.checkIn(report), at: now) {
                    if case .offer = action { stages[index] = .committed }
                }
            }
            _ = try handle(.tick, at: now)
        }
    }

    static func endpoint(_ index: Int) -> EndpointID {
        let text = String(index, radix: 16)
        return EndpointID(accepted: String(repeating: "0", count: 32 - text.count) + text)
    }

    static func attributes(_ index: Int) -> CohortAttributes {
        CohortAttributes(
            os: "linux", osVersion: "debian-12", kernel: "6.\(index % 3)", agentVersion: "1.0.0", model: "vm")
    }

    /// What the control plane's hooks do: verdict, summary and recall, in the order of the gate's actions.
    @discardableResult
    mutating func handle(_ input: RolloutInput, at now: Moment) throws -> [RolloutAction] {
        let actions = gate.handle(input, at: now)
        let pseudonym = CohortPseudonym(seed: seed)
        var evidence = gate.evidence[...]
        for action in actions {
            switch action {
            case .record(let verdict):
                guard let said = evidence.popFirst() else { continue }
                sequence += 1
                let recorded = RecordedVerdict(
                    rollout: rollout, sequence: sequence, policySHA256: policySHA256,
                    evidence: pseudonym.publishing(said), outcome: pseudonym.publishing(VerdictOutcome(verdict)))
                append(.verdict(recorded), at: now)
                let last = entries[entries.count - 1]
                let input = VerificationSummary.Input(
                    uri: "firebreak:record/\(last.number)", digest: ContentDigest.sha256(try last.encoded()))
                if let summary = VerificationSummary(
                    recorded, entry: input, release: release, digest: digest, version: "1.0.0")
                {
                    append(
                        try attestation(
                            try summary.statement.encoded(), VerificationSummary.predicateType), at: now)
                }
            case .recall(let reason):
                append(
                    .recall(
                        RecordedRecall(release: release, digest: digest, reason: reason, rollout: rollout)),
                    at: now)
            case .offer, .settle, .complete: break
            }
        }
        return actions
    }
}

extension LabStatement {
    static let predicate = "https://in-toto.io/attestation/test-result/v0.1"
}
