import FleetModel

/// One row of the ledger, as it stands in the file.
struct LedgerLine: Equatable {
    var sequence: Int64
    var at: Int64
    var kind: String
    var endpoint: String?
    var detail: String
}

/// The members of a verdict that the checker reads.
struct GateWord: Decodable, Equatable {
    var phase: String
    /// The cohort that was halted alone.
    var cohort: String?
    var inputs: Inputs?

    struct Inputs: Decodable, Equatable {
        var tests: Tests?
    }

    /// What the control lets expect among the exposed.
    struct Tests: Decodable, Equatable {
        var expected: Double
        var variance: Double
    }

    init(phase: String) { self.phase = phase }
}

/// The numbers of a policy that bound the exposure.
struct ExposureTerms: Equatable {
    var lossBudget: Int
    var confidence: Double
}

/// Walks one rollout's ledger from its first row to its last and holds every row against what must be.
struct LedgerWalk {
    /// Where an endpoint stands after its rows so far.
    private enum Standing {
        case open, proven, failed, silent, withdrawn

        /// Whether the ledger may say `next` of an endpoint that stands here. Two exposures have a second ending: who
        /// was silent may turn out well, and who was proven well may fail later.
        func allows(_ next: Standing) -> Bool {
            switch (self, next) {
            case (.open, .open): false
            case (.open, _), (.silent, .proven), (.proven, .failed): true
            default: false
            }
        }
    }

    private let terms: ExposureTerms
    private(set) var report: ExposureReport
    private var standings: [EndpointID: Standing] = [:]
    private var cohorts: [EndpointID: String] = [:]
    /// What each cohort's exposures show. Of an endpoint its first ending counts: being well later does not take a
    /// silence back, and a failure after a proof is the watch's to weigh and not the ramp's.
    private var shown: [String: ExposureBound.Evidence] = [:]
    /// The sum over all cohorts that are not halted, and what the last verdict says of the control.
    private var evidence = ExposureBound.Evidence()
    private var halted: Set<String> = []
    /// The bound of the evidence that it was computed from.
    private var known: (evidence: ExposureBound.Evidence, rate: Double)?
    private var lastAt = Int64.min
    /// The phase, when it is one in which nothing may be offered.
    private var shut: String?

    init(rollout: RolloutID, release: ReleaseID, terms: ExposureTerms) {
        self.terms = terms
        report = ExposureReport(rollout: rollout, release: release)
    }

    /// Endpoints that were offered the release and are not proven well: failed and silent ones stay.
    private var exposure: Int { report.debitCount - report.provenCount - report.withdrawnCount }

    private mutating func allowed() -> Int {
        let rate: Double
        if let known, known.evidence == evidence {
            rate = known.rate
        } else {
            rate = ExposureBound.excessRateBelow(confidence: terms.confidence, evidence)
            known = (evidence, rate)
        }
        return ExposureBound.allowedExposure(lossBudget: terms.lossBudget, rate: rate)
    }

    mutating func take(_ line: LedgerLine) {
        report.rowCount += 1
        if line.at < lastAt {
            violate(.timeWentBack, line, "written at \(line.at) ms, after a row of \(lastAt) ms")
        }
        lastAt = max(lastAt, line.at)
        switch line.kind {
        case "debit": takeDebit(line)
        case "proven": takeSettlement(line, .proven)
        case "failed": takeSettlement(line, .failed)
        case "silent": takeSettlement(line, .silent)
        case "withdrawn": takeSettlement(line, .withdrawn)
        case "phase", "verdict": takeWord(line)
        case "outage": break
        default: violate(.unknownRow, line, "no kind of row is called \"\(line.kind.prefix(40))\"")
        }
    }

    private mutating func takeDebit(_ line: LedgerLine) {
        guard let endpoint = endpoint(of: line) else { return }
        if let shut { violate(.debitWhileShut, line, "the rollout was \(shut)") }
        guard standings[endpoint] == nil else {
            violate(.debitedTwice, line, "an endpoint is debited once")
            return
        }
        standings[endpoint] = .open
        cohorts[endpoint] = line.detail
        report.debitCount += 1
        if halted.contains(line.detail) {
            violate(.debitInHaltedCohort, line, "the cohort \"\(line.detail.prefix(120))\" was halted")
        }
        let allowed = allowed()
        if exposure > allowed {
            violate(.capExceeded, line, "\(exposure) endpoints were exposed, and the evidence allowed \(allowed)")
        }
        if exposure > report.exposureMax {
            report.exposureMax = exposure
            report.allowedAtExposureMax = allowed
        }
    }

    private mutating func takeSettlement(_ line: LedgerLine, _ outcome: Standing) {
        guard let endpoint = endpoint(of: line) else { return }
        guard let standing = standings[endpoint] else {
            violate(.settledWithoutDebit, line, "the outcome \(line.kind) has no debit before it")
            return
        }
        guard standing.allows(outcome) else {
            violate(.settledTwice, line, "\(line.kind), and the exposure had ended \(standing)")
            return
        }
        let fitted = exposure <= allowed()
        count(standing, -1)
        count(outcome, 1)
        standings[endpoint] = outcome
        if standing == .open, outcome != .withdrawn {
            weigh(isHarm: outcome != .proven, in: cohorts[endpoint] ?? "")
        }
        if fitted, exposure > allowed() { report.overhangCount += 1 }
    }

    private mutating func weigh(isHarm: Bool, in cohort: String) {
        shown[cohort, default: ExposureBound.Evidence()].trials += 1
        if isHarm { shown[cohort]?.failures += 1 }
        guard !halted.contains(cohort) else { return }
        evidence.trials += 1
        if isHarm { evidence.failures += 1 }
    }

    private mutating func count(_ standing: Standing, _ change: Int) {
        switch standing {
        case .open: break
        case .proven: report.provenCount += change
        case .failed: report.failedCount += change
        case .silent: report.silentCount += change
        case .withdrawn: report.withdrawnCount += change
        }
    }

    /// A row that tells the phase, and a verdict what it was said from.
    private mutating func takeWord(_ line: LedgerLine) {
        let word = LedgerFile.told(by: line)
        if line.kind == "verdict", let word {
            evidence.expected = word.inputs?.tests?.expected ?? 0
            evidence.variance = word.inputs?.tests?.variance ?? 0
            if let cohort = word.cohort, halted.insert(cohort).inserted {
                evidence.trials -= shown[cohort]?.trials ?? 0
                evidence.failures -= shown[cohort]?.failures ?? 0
            }
        }
        takePhase(word?.phase, line)
    }

    /// Nothing leads out of an end: a later row that says otherwise is not believed.
    private mutating func takePhase(_ phase: String?, _ line: LedgerLine) {
        guard shut != "halted", shut != "recalled" else { return }
        switch phase {
        case "ramping"?, "complete"?: shut = nil
        case let phase? where ["held", "halted", "recalled"].contains(phase): shut = phase
        default: violate(.unknownRow, line, "it tells no phase that is known: \"\(line.detail.prefix(40))\"")
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
