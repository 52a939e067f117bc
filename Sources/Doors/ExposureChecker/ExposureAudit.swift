package import FleetModel

/// Recomputes from the durable ledger and the agents' own logs whether a rollout kept the exposure cap.
///
/// PRODUCT invariant 1, checked by other code than the gate's: it shares no arithmetic, no types of the ledger and
/// no reader of the policy with RolloutEngine and FleetStore.
package enum ExposureAudit {
    /// Checks one rollout.
    ///
    /// - Parameters:
    ///   - database: The control plane's SQLite file. It may be in use; it is opened for reading only.
    ///   - agentLogs: The `agent.log` of each endpoint that is to be held against the ledger.
    /// - Returns: Counts, and every violation in the order of ledger and logs; none when all is well.
    /// - Throws: ``ExposureCheckerError`` when nothing could be checked at all.
    package static func check(database: String, rollout: RolloutID, agentLogs: [String])
        throws(ExposureCheckerError) -> ExposureReport
    {
        let file = try LedgerFile(path: database)
        let (release, terms) = try file.terms(of: rollout)
        var ledger = LedgerWalk(rollout: rollout, release: release, terms: terms)
        try file.forEachRow(of: rollout) { ledger.take($0) }
        var report = ledger.report
        let missing = try file.missingRowCount()
        if missing != 0 {
            report.violations.append(
                ExposureViolation(
                    kind: .rowsMissing, sequence: nil, endpoint: nil,
                    message: "\(missing) rows of the ledger are not there any more"))
        }
        var logs = AgentLogWalk(release: release, debits: try file.firstDebits(of: release))
        for path in agentLogs { logs.read(path: path) }
        report.logCount = agentLogs.count
        report.offersSeenCount = logs.offersSeen
        report.violations += logs.violations
        return report
    }
}
