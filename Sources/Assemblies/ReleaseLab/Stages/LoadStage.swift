import ContentPack
import FleetModel
import WorkerSandbox
import WorkerWire

/// Loads the program, and compares what the worker loaded with what the manifest states.
struct LoadStage {
    let plan: LabPlan

    func run() async -> StageReport {
        var report = StageReport()
        report.count("program_bytes", plan.pack.program.count)
        let started = ContinuousClock.now
        do throws(LabDeath) {
            var worker = try await LabWorker.start(plan.launch, deadline: plan.budget.loadDeadline)
            defer { worker.process.kill() }
            let before = worker.residentBytes
            switch try await worker.load(plan.pack.program, deadline: plan.budget.loadDeadline) {
            case .loaded(let loaded):
                report.count("load_microseconds", (ContinuousClock.now - started).wholeMicroseconds)
                report.count("rules", loaded.ruleCount)
                report.count("cost_bound_steps", loaded.costBound)
                report.count("resident_bytes", worker.residentBytes)
                report.count("program_resident_bytes", Int64(clamping: worker.residentBytes) - Int64(clamping: before))
                compare(loaded, &report)
            case .refused(let refused):
                report.find(
                    .failure, .loadRefused, plan.pack.release.text,
                    "the worker refuses the program: \(refused.code): \(refused.message)")
            default:
                report.find(.failure, .workerLied, plan.pack.release.text, "the worker gave no answer to a program")
            }
        } catch {
            report.find(
                .failure, error.code == .workerMissing ? .workerMissing : .loadDied, plan.pack.release.text,
                "while it loaded the program the worker \(error.words)")
        }
        return report
    }

    private func compare(_ loaded: WorkerFrame.Loaded, _ report: inout StageReport) {
        let manifest = plan.pack.manifest
        if Int(loaded.ruleCount) != manifest.rules.count {
            report.find(
                .failure, .manifestWrong, "rules",
                "the worker loaded \(loaded.ruleCount) rules, and the manifest lists \(manifest.rules.count)")
        }
        if loaded.costBound != manifest.program.costBound {
            report.find(
                .failure, .manifestWrong, "cost bound",
                "the worker computes \(loaded.costBound) steps, and the manifest states \(manifest.program.costBound)")
        }
    }
}

extension Duration {
    /// Microseconds, rounded down.
    var wholeMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
