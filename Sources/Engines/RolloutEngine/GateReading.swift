import FleetModel

/// The few numbers that a verdict's words are chosen by. The live gate fills it from what it holds, a replay from what
/// was published; both then say the same.
struct GateReading {
    let terms: GateTerms
    let phase: RolloutPhase
    let counts: ExposureCounts
    let waiting: Int
    /// What is held against the cap.
    let weighed: Int
    let cap: Int
    let refusalsAccepted: Int
    let operatorReason: String
    /// Failures that the control lets expect.
    let expected: Double

    /// More endpoints than the policy allows refused the bytes, and they are not one in ten of the proven: a few
    /// machines with a broken disk must not hold a fleet of millions.
    static func isRefused(_ counts: ExposureCounts, accepted: Int, by policy: RolloutPolicy) -> Bool {
        let refused = counts.refused - accepted
        return refused > 0 && refused > policy.refusalCountMax && refused * 10 > counts.proven
    }

    private var isRefusedByEndpoints: Bool {
        Self.isRefused(counts, accepted: refusalsAccepted, by: terms.policy)
    }

    /// Nothing may be offered.
    var isShut: Bool { !terms.problems.isEmpty || phase == .held || phase.isFinal || isRefusedByEndpoints }

    /// Every reason that holds, most important first.
    var codes: [Verdict.Reason.Code] {
        var codes: [Verdict.Reason.Code] = []
        if !terms.problems.isEmpty { codes.append(.policyInvalid) }
        if phase == .halted { codes.append(.harmProven) }
        if phase == .recalled { codes.append(.recalledByOperator) }
        if phase == .held { codes.append(.heldByOperator) }
        if phase == .complete, counts.open == 0, waiting == 0 { codes.append(.everyoneSettled) }
        if isRefusedByEndpoints, !phase.isFinal { codes.append(.refusedByEndpoints) }
        guard codes.isEmpty else { return codes }
        if waiting == 0 { return [.nobodyWaiting] }
        return [weighed < cap ? .roomBelowCap : .capReached]
    }

    func decision(for codes: [Verdict.Reason.Code]) -> Verdict.Decision {
        if phase.isFinal { return .halt }
        if codes.contains(.everyoneSettled) { return codes.count == 1 ? .complete : .hold }
        return codes.contains(.roomBelowCap) ? .expand : .hold
    }

    func reasons(for codes: [Verdict.Reason.Code]) -> [Verdict.Reason] {
        codes.map { Verdict.Reason(code: $0, text: text(of: $0)) }
    }

    func text(of code: Verdict.Reason.Code) -> String {
        switch code {
        case .roomBelowCap:
            "\(counts.exposed) of at most \(cap) exposed, \(waiting) waiting"
        case .capReached:
            "\(counts.exposed) exposed, the cap is \(cap): waits for \(counts.open) open exposures to prove"
        case .nobodyWaiting:
            "\(counts.open) exposures open, and no endpoint that was heard of waits for an offer"
        case .heldByOperator: "held by an operator: \(operatorReason)"
        case .recalledByOperator: "recalled by an operator: \(operatorReason)"
        case .refusedByEndpoints:
            "\(counts.refused) endpoints refused the release, more than \(terms.policy.refusalCountMax): look at what they "
                + "report, then resume or recall"
        case .harmProven:
            "\(counts.harmed) of \(counts.offered - counts.withdrawn) failed or went silent; the control let expect "
                + "\((expected * 10).rounded() / 10), the policy at most a share of \(terms.policy.noiseCeiling)"
        case .everyoneSettled:
            "\(counts.proven) of \(counts.offered) offered are proven, and nobody that was heard of is left out"
        case .policyInvalid: terms.problems.map(\.description).joined(separator: "; ")
        }
    }

    /// Why one cohort was halted alone.
    static func cohortText(harmed: Int, offered: Int) -> String {
        "\(harmed) of \(offered) failed or went silent in this cohort alone"
    }
}
