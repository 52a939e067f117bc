package import FleetModel

/// Runs a plan: stage by stage, and lives through whatever the worker does.
package struct LabRun {
    /// Where a run stands, for a progress display.
    package struct Progress: Hashable, Sendable {
        package var stage: LabStageName
        /// Events behind it in the battery at hand.
        package var eventCount: Int
    }

    private let plan: LabPlan
    private let progress: (Progress) -> Void

    private init(plan: LabPlan, progress: @escaping (Progress) -> Void) {
        self.plan = plan
        self.progress = progress
    }

    /// Runs every stage that the plan does not skip. What one stage shows does not keep the next from running, unless
    /// there is no sealed worker or no loaded program to run it on: then the rest are not run, which counts as failed.
    package static func run(
        _ plan: LabPlan, startedAt: Moment, progress: @escaping (Progress) -> Void = { _ in }
    ) async -> LabResult {
        let run = LabRun(plan: plan, progress: progress)
        var stages: [LabStage] = []
        var obstacle: String?
        for name in LabStageName.allCases {
            progress(Progress(stage: name, eventCount: 0))
            let stage = await run.stage(name, obstacle: obstacle)
            stages.append(stage)
            if obstacle == nil, stage.outcome == .failed || stage.outcome == .notRun {
                switch name {
                case .seal: obstacle = "there is no sealed worker: what is not sealed gets not one byte of a program"
                case .load: obstacle = "the worker did not load the program"
                default: break
                }
            }
        }
        return LabResult(plan: plan, startedAt: startedAt, stages: stages)
    }

    private func stage(_ name: LabStageName, obstacle: String?) async -> LabStage {
        let started = ContinuousClock.now
        var report = StageReport()
        if plan.skipped.contains(name) {
            report.find(.warning, .stageSkipped, name.rawValue, "the stage was left out")
            var stage = report.stage(name, duration: .zero)
            stage.outcome = .skipped
            return stage
        }
        if let obstacle {
            report.obstacle = obstacle
        } else {
            report = await self.report(of: name)
        }
        let milliseconds = (ContinuousClock.now - started).wholeMicroseconds / 1_000
        return report.stage(name, duration: .milliseconds(milliseconds))
    }

    private func report(of name: LabStageName) async -> StageReport {
        var bench = LabBench(plan) { progress(Progress(stage: name, eventCount: $0)) }
        defer { bench.close() }
        switch name {
        case .seal: return await SealStage(plan: plan).run()
        case .load: return await LoadStage(plan: plan).run()
        case .examples: return await ExamplesStage(plan: plan).run(&bench)
        case .recorded: return await RecordedStage(plan: plan).run(&bench)
        case .hostile: return await HostileStage(plan: plan).run(&bench)
        case .stress: return await StressStage(plan: plan).run(&bench)
        case .clocks: return await ClocksStage(plan: plan).run(&bench)
        case .changeover: return await ChangeoverStage(plan: plan).run()
        }
    }
}
