import FleetModel

/// One row of the ledger, as it stands in the file.
struct LedgerLine: Equatable {
    var sequence: Int64
    var at: Int64
    var kind: String
    var endpoint: String?
    var detail: String
}

/// The numbers of a policy that bound the exposure.
struct ExposureTerms: Equatable {
    var lossBudget: Int
    var confidence: Double
}

/// Walks one rollout's ledger from its first row to its last and holds every row against what must be.
struct LedgerWalk {
    private let terms: ExposureTerms
    private(set) var report: ExposureReport
    /// When each endpoint was debited, in ledger time.
    private(set) var debitedAt: [EndpointID: Int64] = [:]
    private var settled: Set<EndpointID> = []
    private var lastAt = Int64.min
    /// The phase, when it is one in which nothing may be offered.
    private var shut: String?

    init(rollout: RolloutID, release: ReleaseID, terms: ExposureTerms) {
        self.terms = terms
        report = ExposureReport(rollout: rollout, release: release)
    }

    /// Endpoints that were offered the release and have not been proven well: failed and silent ones stay.
    private var exposure: Int { report.debitCount - report.provenCount - report.withdrawnCount }

    private var allowed: Int {
        let failures = report.failedCount + report.silentCount
        return ExposureBound.allowedExposure(
            lossBudget: terms.lossBudget, confidence: terms.confidence, failures: failures,
            trials: report.provenCount + failures)
    }

    mutating func take(_ line: LedgerLine) {
        report.rowCount += 1
        if line.at < lastAt {
            violate(.timeWentBack, line, "written at \(line.at) ms, after a row of \(lastAt) ms")
        }
        lastAt = max(lastAt, line.at)
        switch line.kind {
        case "debit": takeDebit(line)
        case "proven", "failed", "silent", "withdrawn": takeSettlement(line)
        case "phase": takePhase(line)
        case "verdict", "outage": break
        default: violate(.unknownRow, line, "no kind of row is called \"\(line.kind.prefix(40))\"")
        }
    }

    private mutating func takeDebit(_ line: LedgerLine) {
        guard let endpoint = endpoint(of: line) else { return }
        if let shut { violate(.debitWhileShut, line, "the rollout was \(shut)") }
        guard debitedAt[endpoint] == nil else {
            violate(.debitedTwice, line, "the first debit was at \(debitedAt[endpoint] ?? 0) ms")
            return
        }
        debitedAt[endpoint] = line.at
        report.debitCount += 1
        let allowed = allowed
        if exposure > allowed {
            violate(.capExceeded, line, "\(exposure) endpoints were exposed, and the evidence allowed \(allowed)")
        }
        if exposure > report.exposureMax {
            report.exposureMax = exposure
            report.allowedAtExposureMax = allowed
        }
    }

    private mutating func takeSettlement(_ line: LedgerLine) {
        guard let endpoint = endpoint(of: line) else { return }
        guard debitedAt[endpoint] != nil else {
            violate(.settledWithoutDebit, line, "the outcome \(line.kind) has no debit before it")
            return
        }
        guard settled.insert(endpoint).inserted else {
            violate(.settledTwice, line, "the exposure had ended before")
            return
        }
        let fitted = exposure <= allowed
        switch line.kind {
        case "proven": report.provenCount += 1
        case "failed": report.failedCount += 1
        case "silent": report.silentCount += 1
        default: report.withdrawnCount += 1
        }
        if fitted, exposure > allowed { report.overhangCount += 1 }
    }

    private mutating func takePhase(_ line: LedgerLine) {
        switch line.detail {
        case "ramping": shut = nil
        case "held", "halted", "recalled", "complete": shut = line.detail
        default: violate(.unknownRow, line, "no phase is called \"\(line.detail.prefix(40))\"")
        }
    }

    private mutating func endpoint(of line: LedgerLine) -> EndpointID? {
        guard let text = line.endpoint, let endpoint = EndpointID(text) else {
            violate(.unknownRow, line, "a \(line.kind) needs an endpoint")
            return nil
        }
        return endpoint
    }

    private mutating func violate(_ kind: ExposureViolation.Kind, _ line: LedgerLine, _ message: String) {
        report.violations.append(
            ExposureViolation(
                kind: kind, sequence: line.sequence, endpoint: line.endpoint.flatMap { EndpointID($0) },
                message: message))
    }
}
