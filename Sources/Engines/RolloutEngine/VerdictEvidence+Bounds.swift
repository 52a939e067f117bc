import FleetModel

extension VerdictEvidence {
    /// Evidence that no gate can have. Whoever reads a public log reads what anyone may have written.
    package struct Defect: Error, Equatable, Sendable, CustomStringConvertible {
        package var member: String
        package var rule: String

        package var description: String { "\(member): \(rule)" }
    }

    /// Largest count of endpoints: at a billion the cap is no limit any more. No sum of a few of them overflows.
    package static let countMax = 1_000_000_000

    /// The concurrent tests, as they can be computed with.
    struct Tests {
        struct Pair {
            var test: ConcurrentTest
            var watchTest: ConcurrentTest

            mutating func take(_ other: Pair) {
                test.add(other.test, sign: -1)
                watchTest.add(other.watchTest, sign: -1)
            }
        }

        var whole: Pair
        private var suspects: [Pair?]

        init(whole: Pair, suspects: [Pair?]) {
            self.whole = whole
            self.suspects = suspects
        }

        func of(_ suspect: Suspect, among evidence: VerdictEvidence) -> Pair? {
            evidence.suspects.firstIndex(of: suspect).flatMap { suspects[$0] }
        }
    }

    /// What the cap of the whole stands on, now (``GateCore/wholeEvidence``).
    var wholeEvidence: GateCap.Evidence {
        GateCap.Evidence(
            counts, without: excluded, overdue: overdue, unripe: unripe, expected: rest.expected,
            variance: rest.variance)
    }

    /// Checks every number, so that whatever is computed from them neither traps nor depends on the machine.
    func checked() throws(Defect) -> Tests {
        try counts.check("counts")
        try excluded.check("excluded")
        let others = [
            waiting, holders, overdue, unripe, refusalsAccepted, cohortCount, haltedCohortCount, capEvidence.proven,
            capEvidence.overdue,
        ]
        guard others.allSatisfy({ (0...Self.countMax).contains($0) }) else {
            throw Defect(member: "waiting", rule: "a count is not 0 to \(Self.countMax)")
        }
        // Proofs whose wave is not over are taken out of both, which may leave less than nothing.
        guard [capEvidence.settled, capEvidence.harmed].allSatisfy({ $0.magnitude <= Self.countMax }) else {
            throw Defect(member: "cap_evidence", rule: "a count is beyond \(Self.countMax)")
        }
        let reals = [rest.expected, rest.variance, capEvidence.expected, capEvidence.variance, watchedBakes]
        guard reals.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
            throw Defect(member: "rest", rule: "a number is not finite, or below zero")
        }
        let moments = [at.milliseconds, startedAt.milliseconds]
        guard moments.allSatisfy({ (0...Int64(1) << 53).contains($0) }), startedAt <= at else {
            throw Defect(member: "at", rule: "it is before the rollout began")
        }
        guard suspects.count <= Self.suspectCountMax, suspects.isEmpty || cohortCount > 1,
            Set(suspects.map(\.cohort)).count == suspects.count
        else { throw Defect(member: "suspects", rule: "more than \(Self.suspectCountMax), or one of them twice") }
        guard cohortCount > 0 || counts.offered == 0, cohort == nil || suspects.contains(where: { $0.cohort == cohort })
        else { throw Defect(member: "cohort", rule: "it is none of the cohorts that there are") }
        var pairs: [Tests.Pair?] = []
        for suspect in suspects { pairs.append(try suspect.checked()) }
        return Tests(whole: try Self.pair(test, watchTest, "test"), suspects: pairs)
    }

    fileprivate static func pair(_ test: TestState, _ watch: TestState, _ member: String) throws(Defect) -> Tests.Pair {
        guard let test = ConcurrentTest(test), let watch = ConcurrentTest(watch) else {
            throw Defect(member: member, rule: "a test has \(ConcurrentTest.grid.count) finite ratios")
        }
        return Tests.Pair(test: test, watchTest: watch)
    }
}

extension VerdictEvidence.Suspect {
    fileprivate func checked() throws(VerdictEvidence.Defect) -> VerdictEvidence.Tests.Pair? {
        let bound = 0...VerdictEvidence.countMax
        guard bound.contains(offered), bound.contains(withdrawn), bound.contains(harmed), withdrawn <= offered,
            lnEvidence.isFinite
        else { throw .init(member: "suspects", rule: "a number of \(cohort.prefix(40)) is out of bounds") }
        guard let test, let watchTest else { return nil }
        let pair = try VerdictEvidence.pair(test, watchTest, "suspects")
        guard pair.test.lnEvidence == lnEvidence else {
            throw .init(member: "suspects", rule: "the evidence of \(cohort.prefix(40)) is not that of its test")
        }
        return pair
    }
}

extension ExposureCounts {
    fileprivate func check(_ member: String) throws(VerdictEvidence.Defect) {
        let all = [offered, proven, failed, silent, withdrawn, refused, late, relapsed]
        guard all.allSatisfy({ (0...VerdictEvidence.countMax).contains($0) }), open >= 0, refused <= withdrawn,
            relapsed <= failed
        else { throw .init(member: member, rule: "they do not add up to what was offered") }
    }
}
