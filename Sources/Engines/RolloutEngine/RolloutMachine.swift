package import FleetModel

/// One rollout: who may be offered the release, and whether it is condemned.
///
/// Pure and total: it takes any input at any time, reads no clock and no store, and answers with actions. The same
/// inputs give the same actions on any machine. ``RolloutMachine/restore(_:)`` rebuilds it from its ledger.
///
/// Invariant: at each offer, the endpoints that were offered the release and are not proven well, the new one
/// included, number at most the cap (PRODUCT invariant 1).
package struct RolloutMachine: Sendable {
    package let rollout: RolloutID
    package let release: ReleaseID
    package let policy: RolloutPolicy
    var core: GateCore
    private var numbers: [EndpointID: Int] = [:]
    private var names: [EndpointID] = []
    private var latestVerdict: Verdict?

    /// - Parameter seed: Where chance decides, it is drawn from here and from the endpoint's name, so that a replay
    ///   draws alike.
    package init(rollout: RolloutID, release: ReleaseID, policy: RolloutPolicy, seed: UInt64, startedAt: Moment) {
        self.rollout = rollout
        self.release = release
        self.policy = policy
        core = GateCore(policy: policy, seed: seed, startedAt: startedAt)
    }

    /// Takes in one input.
    ///
    /// - Parameter now: The driver's clock, which must not go back. One that does only makes bakes longer.
    package mutating func handle(_ input: RolloutInput, at now: Moment) -> [RolloutAction] {
        var effects: [GateEffect] = []
        switch input {
        case .checkIn(let report):
            let gateReport = GateReport(
                stage: report.stage, failure: report.failure, unwell: GateReport.bits(of: report.unwell),
                holdsRelease: report.holds == release, isHeldByCustomer: report.isHeldByCustomer)
            core.checkIn(number(of: report.endpoint), gateReport, at: now, &effects)
        case .tick: core.tick(at: now, &effects)
        case .operatorHold(let reason): core.hold(reason, at: now, &effects)
        case .operatorResume: core.resume(at: now, &effects)
        case .operatorRecall(let reason): core.recall(reason, at: now, &effects)
        case .endpointRemoved(let endpoint):
            if let index = numbers[endpoint] { core.remove(index, at: now, &effects) }
        case .outage(_, let until): core.resumeAfterOutage(until: until)
        }
        return named(effects, at: now)
    }

    /// Whether a reply to this endpoint must carry the offer: it was debited, and nothing has ended the exposure. A
    /// reply that was lost is thus given again, without a second debit.
    package func isOffered(to endpoint: EndpointID) -> Bool {
        guard !core.phase.isFinal, let index = numbers[endpoint] else { return false }
        return [.open, .proven, .silent].contains(core.endpoints.standing[index])
    }

    /// Where an endpoint stands; `unknown` when it was not heard of.
    package func standing(of endpoint: EndpointID) -> Standing {
        numbers[endpoint].map { core.endpoints.standing[$0] } ?? .unknown
    }

    package var status: RolloutStatus {
        RolloutStatus(
            phase: core.phase, counts: core.counts, waiting: core.waiting, holders: core.holders,
            cap: core.cap.value, exposed: core.counts.exposed, maxExposed: core.maxExposed,
            capAtMaxExposed: core.capAtMaxExposed, latestVerdict: latestVerdict)
    }

    private mutating func number(of endpoint: EndpointID) -> Int {
        if let index = numbers[endpoint] { return index }
        let index = core.endpoints.append()
        numbers[endpoint] = index
        names.append(endpoint)
        return index
    }

    private mutating func named(_ effects: [GateEffect], at now: Moment) -> [RolloutAction] {
        let actions = effects.map { effect -> RolloutAction in
            switch effect {
            case .offer(let index): return .offer(names[index])
            case .settle(let index, let outcome): return .settle(names[index], outcome)
            case .record(let decision, let reasons, let inputs):
                let verdict = Verdict(
                    rollout: rollout, release: release, at: now, decision: decision, phase: core.phase,
                    reasons: reasons, inputs: inputs)
                latestVerdict = verdict
                return .record(verdict)
            case .recall(let reason): return .recall(reason: reason)
            case .complete: return .complete
            }
        }
        return inOrder(actions)
    }

    /// Settlements of one tick by the endpoints' names: numbers differ between a live machine and a restored one.
    private func inOrder(_ actions: [RolloutAction]) -> [RolloutAction] {
        func name(_ action: RolloutAction) -> EndpointID? {
            if case .settle(let endpoint, _) = action { endpoint } else { nil }
        }
        let settlements = actions.filter { name($0) != nil }
        guard settlements.count > 1 else { return actions }
        let sorted = settlements.sorted { left, right in
            guard let first = name(left), let second = name(right) else { return false }
            return first < second
        }
        return sorted + actions.filter { name($0) == nil }
    }
}

// MARK: - Ledger

extension RolloutMachine {
    /// The row that an action writes, before it is carried out.
    package func ledgerEntry(for action: RolloutAction, sequence: Int64, at now: Moment) -> LedgerEntry {
        switch action {
        case .offer(let endpoint): LedgerEntry(sequence: sequence, at: now, kind: .debit, endpoint: endpoint)
        case .settle(let endpoint, let outcome):
            LedgerEntry(sequence: sequence, at: now, kind: .settle(outcome), endpoint: endpoint)
        case .record(let verdict): LedgerEntry(sequence: sequence, at: now, kind: .verdict(verdict))
        case .recall(let reason):
            LedgerEntry(sequence: sequence, at: now, kind: .phase(core.phase, reason: reason))
        case .complete: LedgerEntry(sequence: sequence, at: now, kind: .phase(.complete, reason: ""))
        }
    }

    /// Takes in one row of the ledger after a restart. All rows, in order, then an `outage` until now: the machine is
    /// then the one that a live machine becomes by the same outage.
    package mutating func restore(_ entry: LedgerEntry) {
        switch entry.kind {
        case .debit:
            guard let endpoint = entry.endpoint else { return }
            let index = number(of: endpoint)
            // A second debit of one endpoint is no second exposure.
            guard core.endpoints.standing[index].isBeforeOffer else { return }
            core.debit(index, core.clock.ticks(at: entry.at))
        case .settle(let outcome):
            guard let endpoint = entry.endpoint else { return }
            core.apply(outcome, to: number(of: endpoint))
        case .verdict(let verdict):
            latestVerdict = verdict
            core.restore(verdict)
        case .phase(let phase, let reason): core.restore(phase, reason: reason)
        case .outage(let until): core.resumeAfterOutage(until: until)
        }
    }
}

extension Standing {
    var isBeforeOffer: Bool { [.unknown, .waiting, .reserved, .holder].contains(self) }
}

extension GateCore {
    /// Invariant: nothing leads out of a final phase, whatever the ledger says after it.
    mutating func restore(_ next: RolloutPhase, reason: String) {
        guard !phase.isFinal else { return }
        phase = next
        if next == .complete { wasComplete = true } else { operatorReason = reason }
    }

    mutating func restore(_ verdict: Verdict) {
        let codes = verdict.reasons.map(\.code)
        if !phase.isFinal { phase = verdict.phase }
        refusalsAccepted = verdict.inputs.refusalsAccepted
        operatorReason = verdict.inputs.operatorReason
        wasComplete = verdict.inputs.wasComplete
        recorder = VerdictRecorder(
            latest: verdict.decision, codes: codes, inputs: verdict.inputs, reasons: verdict.reasons,
            tick: clock.ticks(at: verdict.at), phase: verdict.phase)
    }
}

extension RolloutMachine {
    /// Every endpoint that was heard of, with where it stands and its clocks in ticks, for comparing machines.
    var standings: [EndpointID: String] {
        var result: [EndpointID: String] = [:]
        for (endpoint, index) in numbers where core.endpoints.standing[index] != .unknown {
            let table = core.endpoints
            let hasClocks = [.open, .silent].contains(table.standing[index])
            let clocks = hasClocks ? "\(table.offeredAt[index]) \(table.lastWord[index]) \(table.wellSince[index])" : ""
            result[endpoint] = "\(table.standing[index]) \(clocks)"
        }
        return result
    }
}
