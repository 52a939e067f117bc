package import FleetModel
package import WorkerSandbox

/// What a run does: the pack, what it is held against, and what it may cost. Equal plans send equal bytes to workers.
package struct LabPlan: Sendable {
    package var pack: LabPack
    /// Earlier releases, the newest first; at most `LabLimit.previousCountMax`.
    package var previous: [LabPack]
    package var recordings: [LabRecording]
    package var budget: LabBudget
    /// How to start the worker that endpoints get.
    package var launch: WorkerLaunch
    /// SHA-256 of the worker's file.
    package var workerDigest: Digest
    /// Whether the worker was started to obey fault markers.
    package var obeysChaos: Bool
    /// Of what hostile events hold by chance.
    package var seed: UInt64
    /// Stages that are left out. A run that leaves one out is warned of at best.
    package var skipped: Set<LabStageName>

    /// - Throws: ``LabError`` with `.previousUnfit`.
    package init(
        pack: LabPack, previous: [LabPack] = [], recordings: [LabRecording] = [], budget: LabBudget = LabBudget(),
        launch: WorkerLaunch, workerDigest: Digest, obeysChaos: Bool = false, seed: UInt64 = 1,
        skipped: Set<LabStageName> = []
    ) throws(LabError) {
        guard previous.count <= LabLimit.previousCountMax else {
            throw LabError(
                .previousUnfit, subject: pack.release.text,
                message: "\(previous.count) earlier releases; an endpoint keeps \(LabLimit.previousCountMax)")
        }
        for other in previous where other.release.pack != pack.release.pack || other.digest == pack.digest {
            throw LabError(
                .previousUnfit, subject: other.fileName,
                message: "\(other.release) is no earlier release of \(pack.release.pack)")
        }
        self.pack = pack
        self.previous = previous
        self.recordings = recordings
        self.budget = budget
        self.launch = launch
        self.workerDigest = workerDigest
        self.obeysChaos = obeysChaos
        self.seed = seed
        self.skipped = skipped
    }

    /// The hostile events of this plan.
    package var hostileEvents: HostileEvents {
        HostileEvents(
            examples: pack.examples.filter(\.isMatch).map { (name: $0.place, event: $0.event) }, seed: seed)
    }
}
