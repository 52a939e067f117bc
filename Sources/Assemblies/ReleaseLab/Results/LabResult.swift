package import FleetModel

/// What became of one stage.
package enum LabOutcome: String, Hashable, Sendable, CaseIterable {
    case passed
    case warned
    case failed
    /// Could not be run, which counts as failed: a check that cannot be made has failed.
    case notRun
    /// Left out by the operator, which counts as warned.
    case skipped
}

/// One stage, run.
package struct LabStage: Hashable, Sendable {
    package var name: LabStageName
    package var outcome: LabOutcome
    package var duration: Moment.Span
    /// Counts and measures in the order in which they are shown.
    package var counts: [Count]
    /// The heaviest first; at most `LabLimit.findingsPerStageMax`, and one that tells how many more.
    package var findings: [LabFinding]

    package struct Count: Hashable, Sendable {
        /// Stable, for programs: `events_evaluated`.
        package var name: String
        package var value: Int64
        /// For people: `events evaluated`.
        package var title: String { String(name.map { $0 == "_" ? " " : $0 }) }
    }

    /// The value of a count; nil when the stage has none of that name.
    package subscript(count name: String) -> Int64? { counts.first { $0.name == name }?.value }
}

/// A run in the lab, finished.
package struct LabResult: Sendable {
    package var plan: LabPlan
    package var startedAt: Moment
    /// Every stage, in the order of ``LabStageName``.
    package var stages: [LabStage]

    package init(plan: LabPlan, startedAt: Moment, stages: [LabStage]) {
        self.plan = plan
        self.startedAt = startedAt
        self.stages = stages
    }

    package var verdict: LabVerdict {
        if stages.contains(where: { $0.outcome == .failed || $0.outcome == .notRun }) || stages.isEmpty {
            return .failed
        }
        return stages.contains { $0.outcome != .passed } ? .warned : .passed
    }

    /// Whether nothing could be said about the pack, since no worker could be started.
    package var isWithoutWorker: Bool {
        stages.contains { stage in stage.findings.contains { $0.code == .workerMissing } }
    }

    /// All that failed, in the order of the stages.
    package var reasons: [LabFinding] {
        stages.flatMap { stage in stage.findings.filter { $0.weight == .failure } }
    }

    package var duration: Moment.Span { stages.reduce(.zero) { $0 + $1.duration } }
}
