import DecisionRecord

/// How long an outsider needs to say a log's verdicts again: `audit-benchmark [VERDICTS]`, 100,000 by default.
///
/// The verdicts are those of real gates: rollouts over fleets of 300 endpoints in three cohorts, with a defect in one of
/// them and ordinary failures everywhere, one rollout after another until there are enough.
@main
enum AuditBenchmark {
    static func main() throws {
        let wanted = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 100_000
        var log = try PublicLog()
        while log.verdictCount < wanted { try log.roll(wanted: wanted) }
        let byteCount = log.entries.reduce(0) { $0 + $1.count }
        let largest = log.entries.map(\.count).max() ?? 0
        print(
            "\(log.entries.count) entries, \(log.verdictCount) verdicts of \(log.rolloutCount) rollouts, "
                + "\(byteCount >> 20) MiB, largest \(largest) bytes")

        var audit = AuditMachine()
        let elapsed = ContinuousClock().measure {
            for entry in log.entries where audit.take(entry) != nil { break }
        }
        if let failure = audit.failure {
            print("the audit failed: \(failure)")
            return
        }
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let each = seconds * 1e6 / Double(max(1, audit.summary.verdictCount))
        print("audited in \((seconds * 100).rounded() / 100) s, \((each * 10).rounded() / 10) us a verdict")
        let told = audit.summary.verdictCounts.sorted { $0.key < $1.key }
        print(told.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    }
}
