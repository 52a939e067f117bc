import ControlClient
import ControlWire
import FleetModel
import Foundation
import ReleaseLab
import SystemPackage
import UpdateTrust
import WorkerSandbox

/// Layer 2 of the story: a pack runs in the lab before it is published.
extension DemoStory {
    /// Runs a pack in the lab, and gives the control plane the lab's word.
    ///
    /// - Parameter obeysChaos: Whether the lab's worker obeys fault markers, as those of the demo's endpoints do.
    func runLab(_ bytes: [UInt8], of release: ReleaseID, obeysChaos: Bool) async throws -> LabResult {
        let worker = plan.command("firebreak-worker").string
        let recordings = try (0..<3).map { number in
            let file = plan.recording(of: number)
            return try LabRecording(
                [UInt8](Data(contentsOf: URL(filePath: file.string))), fileName: file.lastComponent?.string ?? "",
                labels: .benign)
        }
        var budget = LabBudget()
        // Forty endpoints run on this machine at the same time: its speed says nothing about the pack.
        budget.eventsPerSecondMin = 0
        budget.latency = budget.answerDeadline
        let labPlan = try LabPlan(
            pack: LabPack(bytes, fileName: "\(release.pack)-\(release.version).fbpack"), recordings: recordings,
            budget: budget, launch: WorkerLaunch(executable: worker, obeysChaos: obeysChaos),
            workerDigest: ContentDigest.sha256([UInt8](Data(contentsOf: URL(filePath: worker)))),
            obeysChaos: obeysChaos)
        let now = Moment(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        let result = await LabRun.run(labPlan, startedAt: now)
        _ = try await management().giveLabResult(try result.statement.encoded())
        let seconds = Self.text(result.duration.seconds)
        if let reason = result.reasons.first {
            await screen.note("the lab, \(seconds) s: \(screen.ink("failed", .red)): \(reason.message)")
        } else {
            await screen.note("the lab, \(seconds) s: \(result.stages.count) stages, nothing found")
        }
        return result
    }

    /// Publishes a pack, as the lab's word and the story have it: what the lab failed is refused, and then let through
    /// by a policy, since the story is about the layers behind the lab.
    func publish(_ bytes: [UInt8], after lab: LabResult) async throws -> ReleaseSummary {
        let management = try management()
        guard lab.verdict == .failed else { return try await management.publish(bytes) }
        do {
            _ = try await management.publish(bytes)
            throw DemoError(step: "publication", message: "a release that the lab failed was published")
        } catch let error as ClientError where error.serverCode == "release.lab_failed" {
            await screen.note(
                "so it is refused; a policy with lab_result: any lets it through, to show the next layers")
        }
        return try await management.publish(bytes, labResult: "any")
    }
}
