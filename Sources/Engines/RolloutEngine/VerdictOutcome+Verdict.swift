extension VerdictOutcome {
    /// What a verdict said, without what it was said from.
    package init(_ verdict: Verdict) {
        self.init(
            decision: verdict.decision, phase: verdict.phase, reasons: verdict.reasons, cap: verdict.inputs.cap,
            rateUpperBound: verdict.inputs.rateUpperBound, lnEvidence: verdict.inputs.lnEvidence,
            lnEvidenceToHalt: verdict.inputs.lnEvidenceToHalt, wasComplete: verdict.inputs.wasComplete,
            refusalsAccepted: verdict.inputs.refusalsAccepted,
            rest: .init(
                expected: verdict.inputs.tests?.expected ?? 0, variance: verdict.inputs.tests?.variance ?? 0),
            cohort: verdict.cohort)
    }
}
