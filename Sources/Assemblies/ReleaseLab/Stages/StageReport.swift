import FleetModel

/// What a stage measured and found, before it is weighed.
struct StageReport {
    private(set) var counts: [LabStage.Count] = []
    private(set) var findings: [LabFinding] = []
    /// Why the stage could not be run; nil when it was.
    var obstacle: String?

    mutating func count(_ name: String, _ value: some BinaryInteger) {
        counts.append(LabStage.Count(name: name, value: Int64(clamping: value)))
    }

    mutating func find(_ finding: LabFinding) { findings.append(finding) }

    mutating func find(
        _ weight: LabFinding.Weight, _ code: LabFinding.Code, _ subject: String, _ message: String,
        event: [UInt8]? = nil
    ) {
        findings.append(LabFinding(weight, code, subject: subject, message: message, event: event))
    }

    /// Takes over what became of a battery.
    mutating func add(_ report: BatteryReport, within budget: LabBudget) {
        findings += report.findings
        if report.peakResidentBytes > budget.residentBytes, !findings.contains(where: { $0.code == .overMemory }) {
            find(
                .failure, .overMemory, "resident memory",
                "the worker uses \(report.peakResidentBytes) bytes, and the budget is \(budget.residentBytes)")
        }
        if !report.isComplete {
            find(
                .failure, .stageNotRun, "",
                "the worker died \(report.deaths) times; the rest of the stage's events were not sent")
        }
    }

    /// The stage as the result has it.
    func stage(_ name: LabStageName, duration: Moment.Span) -> LabStage {
        var all = findings
        if let obstacle { all.append(LabFinding(.failure, .stageNotRun, subject: name.rawValue, message: obstacle)) }
        let weights = LabFinding.Weight.allCases
        let sorted = weights.flatMap { weight in all.filter { $0.weight == weight } }
        var listed = Array(sorted.prefix(LabLimit.findingsPerStageMax))
        if listed.count < sorted.count {
            let weight = sorted[listed.count].weight
            listed.append(
                LabFinding(
                    weight, .moreFound, subject: name.rawValue,
                    message: "\(sorted.count - listed.count) more were found than are listed"))
        }
        let outcome: LabOutcome =
            if obstacle != nil {
                .notRun
            } else if all.contains(where: { $0.weight == .failure }) {
                .failed
            } else {
                all.contains { $0.weight == .warning } ? .warned : .passed
            }
        return LabStage(name: name, outcome: outcome, duration: duration, counts: counts, findings: listed)
    }
}
