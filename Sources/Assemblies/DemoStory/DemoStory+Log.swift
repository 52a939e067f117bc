import DecisionRecord
import FleetModel
import Foundation
import LogClient
import RepositoryPublisher
import SystemPackage
import TransparencyLog
import UpdateTrust

extension DemoStory {
    /// Reads the public log as someone would who knows nothing but its address and key, and says every verdict again.
    ///
    /// - Throws: ``DemoError`` when the log is not what its checkpoint says, or an entry is not borne out.
    func auditLog() async throws -> DemoSummary.Log {
        let address = (control?.url ?? "") + "/log"
        let key = try NoteVerifier(
            String(contentsOfFile: plan.control.appending("log.key.pub").string, encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines))
        let trust = try LogTrust(keys: [key], origin: nil, witnesses: try WitnessPolicy(threshold: 0, of: []))
        var machine = AuditMachine()
        var decisions = DecisionList()
        let look = try await LogReader.reading(address, caFile: plan.control.appending("ca.pem").string) { reader in
            var monitor = LogMonitor(reader, trust: trust)
            return try await monitor.look { index, bytes in
                machine.take(bytes)
                if let entry = try? RecordEntry(decoding: bytes) { decisions.take(entry, at: index) }
            }
        }
        if let failure = machine.failure {
            throw DemoError(step: "log audit", message: "the public log does not bear out what was decided: \(failure)")
        }
        return DemoSummary.Log(
            address: address, entries: Int(look.checkpoint.size), verdictsReplayed: machine.summary.verdictCount,
            decisions: decisions.rows, repositoryRecalls: try await repositoryRecalls())
    }

    /// The recalls in the repository's metadata; waits for the first, which follows the gate's within a second or two.
    private func repositoryRecalls() async throws -> Int {
        try await wait(for: "the recall in the repository") { [self] in
            let repository = try RepositoryFolder(path: plan.repository.string).read()
            let count = repository.vendors[TufRepository.recallsRole]?.targets.count ?? 0
            return count > 0 ? count : nil
        }
    }
}

/// The entries that a person would look up: what began, what the gate said when it said something new, what was taken
/// back.
struct DecisionList {
    private(set) var rows: [DemoSummary.Log.Decision] = []
    private var releases: [RolloutID: ReleaseID] = [:]
    private var said: [RolloutID: String] = [:]

    mutating func take(_ entry: RecordEntry, at index: UInt64) {
        switch entry.body {
        case .release(let release):
            add(index, "release", "\(release.pack)@\(release.version)", "sha256 \(release.digest.text.prefix(12))")
        case .policy(let policy):
            releases[policy.rollout] = policy.release
            add(index, "policy", policy.release.text, "sha256 \(policy.policySHA256.text.prefix(12))")
        case .verdict(let verdict):
            let decision = verdict.decision
            guard said.updateValue(decision, forKey: verdict.rollout) != decision else { return }
            add(index, "verdict", releases[verdict.rollout]?.text ?? "", "number \(verdict.sequence): \(decision)")
        case .recall(let recall): add(index, "recall", recall.release.text, recall.reason)
        case .attestation, .key: break
        }
    }

    private mutating func add(_ index: UInt64, _ kind: String, _ release: String, _ text: String) {
        rows.append(DemoSummary.Log.Decision(entry: Int(index), kind: kind, release: release, text: text))
    }
}
