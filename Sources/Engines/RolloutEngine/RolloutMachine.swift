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
    private let seed: UInt64
    var core: GateCore
    var rings = RingOrder()
    private var numbers: [EndpointID: Int] = [:]
    private var names: [EndpointID] = []
    private var cohortNumbers: [String: Int] = [:]
    private var cohortNames: [String] = []
    private var latestVerdict: Verdict?
    /// What the verdicts of the last input were said from: one for each `record` among its actions, in their order.
    package private(set) var evidence: [VerdictEvidence] = []

    /// - Parameter seed: Where chance decides, it is drawn from here and from the endpoint's name, so that a replay
    ///   draws alike.
    package init(rollout: RolloutID, release: ReleaseID, policy: RolloutPolicy, seed: UInt64, startedAt: Moment) {
        self.rollout = rollout
        self.release = release
        self.policy = policy
        self.seed = seed
        core = GateCore(policy: policy, seed: seed, startedAt: startedAt)
        rings = RingOrder(since: startedAt)
    }

    /// Takes in one input.
    ///
    /// - Parameter now: The driver's clock, which must not go back. One that does only makes bakes longer.
    package mutating func handle(_ input: RolloutInput, at now: Moment) -> [RolloutAction] {
        var effects: [GateEffect] = []
        switch input {
        case .muster(let endpoints): muster(endpoints)
        case .checkIn(let report):
            let index = number(of: report.endpoint)
            place(index, report.attributes)
            var gateReport = GateReport(report, of: release, by: policy)
            if let place = report.place, !isOpen(place, for: index, at: now) { gateReport.isDeferred = true }
            endRecalledExposure(index, report, at: now, &effects)
            core.checkIn(index, gateReport, at: now, &effects)
            rings.settle(index, core.standing(index))
        case .tick: core.tick(at: now, &effects)
        case .operatorHold(let reason): core.hold(reason, at: now, &effects)
        case .operatorResume: core.resume(at: now, &effects)
        case .operatorRecall(let reason): core.recall(reason, at: now, &effects)
        case .endpointRemoved(let endpoint):
            if let index = numbers[endpoint] {
                core.remove(index, at: now, &effects)
                rings.settle(index, core.standing(index))
            }
        case .outage(_, let until):
            core.resumeAfterOutage(until: until)
            rings.resume(at: until)
        }
        for case .settle(let index, _) in effects { rings.settle(index, core.standing(index)) }
        return named(effects, at: now)
    }

    /// An endpoint of a halted cohort that has dropped the release, as it was told, is exposed no more. Without this the
    /// rollout would wait for its proof for ever. How it says so, as reverted or as refused, is no evidence.
    private mutating func endRecalledExposure(
        _ index: Int, _ report: EndpointReport, at now: Moment, _ effects: inout [GateEffect]
    ) {
        guard core.standing(index) == .open, core.isRecalled(index), !core.phase.isFinal, report.failure == nil else {
            return
        }
        switch report.stage {
        case nil, .reverted?, .refused?:
            core.settle(index, .withdrawn(.cohortRecalled), core.clock.ticks(at: now), &effects)
        case .downloading?, .staged?, .shadow?, .trial?, .committed?: break
        }
    }

    /// Whether the endpoint's ring has its turn. Rings are counted by those who speak, so a ring that comes first opens
    /// at once, and a later one when everyone before it must have spoken.
    private mutating func isOpen(_ place: RingPlace, for index: Int, at now: Moment) -> Bool {
        rings.join(index, RingSlot(customer: place.customer, ring: place.ring), core.standing(index))
        return rings.isOpen(place, spokenWithin: policy.silenceDeadline, at: now)
    }

    private mutating func muster(_ endpoints: [MusteredEndpoint]) {
        guard core.counts.offered == 0 else { return }
        var sizes: [Int: Int] = [:]
        var attributes: [Int: [String]] = [:]
        for mustered in endpoints.sorted(by: { $0.endpoint < $1.endpoint }) {
            let index = number(of: mustered.endpoint)
            place(index, mustered.attributes)
            let cohort = core.cohort(of: index)
            sizes[cohort, default: 0] += 1
            if attributes[cohort] == nil { attributes[cohort] = policy.values(of: mustered.attributes) }
        }
        let cohorts = sizes.keys.sorted()
        let order = CanaryChoice.order(
            attributes: cohorts.map { attributes[$0] ?? [] }, sizes: cohorts.map { sizes[$0] ?? 0 })
        core.chooseCanaries(order: order.map { cohorts[$0] }) { index in
            let bytes = names[index].instanceUID
            func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
            let first = CanaryChoice.rank(word(bytes.prefix(8)), seed: seed)
            return CanaryChoice.rank(word(bytes.dropFirst(8).prefix(8)), seed: first)
        }
    }

    /// Whether a reply to this endpoint must carry the offer: it was debited, and nothing has ended the exposure. A
    /// reply that was lost is thus given again, without a second debit.
    package func isOffered(to endpoint: EndpointID) -> Bool {
        guard let index = numbers[endpoint], !core.isRecalled(index) else { return false }
        return [.open, .proven, .silent].contains(core.standing(index))
    }

    /// Whether this endpoint must drop the release: it was recalled, everywhere or in the endpoint's cohort.
    package func isRecalled(for endpoint: EndpointID) -> Bool {
        guard let index = numbers[endpoint] else { return core.phase.isFinal }
        return core.isRecalled(index)
    }

    /// Whether the release was taken back from some cohorts, and not as a whole.
    package var isPartlyRecalled: Bool { !core.haltedCohorts.isEmpty && !core.phase.isFinal }

    /// How customers' rings stand, and since when they are counted: later rings open no sooner than a silence deadline
    /// after that.
    package var ringStandings: (since: Moment, rings: [RingStanding]) { (rings.since, rings.standings) }

    /// Where an endpoint stands; `unknown` when it was not heard of.
    package func standing(of endpoint: EndpointID) -> Standing {
        numbers[endpoint].map { core.standing($0) } ?? .unknown
    }

    package var status: RolloutStatus {
        RolloutStatus(
            phase: core.phase, counts: core.counts, waiting: core.waiting, holders: core.holders,
            cap: core.cap.value, exposed: core.counts.exposed, maxExposed: core.maxExposed,
            capAtMaxExposed: core.capAtMaxExposed, latestVerdict: latestVerdict,
            haltedCohorts: core.haltedCohorts.map { cohortNames[$0] })
    }

    private mutating func number(of endpoint: EndpointID) -> Int {
        if let index = numbers[endpoint] { return index }
        let index = core.appendEndpoint()
        numbers[endpoint] = index
        names.append(endpoint)
        return index
    }

    private mutating func number(ofCohort name: String) -> Int {
        if let index = cohortNumbers[name] { return index }
        // The last number is shared by every cohort that comes too late.
        if cohortNames.count >= RolloutPolicy.cohortCountMax { return cohortNames.count - 1 }
        let index = core.appendCohort()
        cohortNumbers[name] = index
        cohortNames.append(name)
        return index
    }

    func cohortName(_ index: Int) -> String { cohortNames[index] }

    private mutating func place(_ index: Int, _ attributes: CohortAttributes) {
        // Once exposed it stays where it was exposed: no need to make a name for it in every check-in.
        guard core.standing(index).isBeforeOffer else { return }
        core.assign(index, cohort: number(ofCohort: policy.cohort(of: attributes)))
    }

    /// The cohort that an endpoint is counted in; empty when it was never heard of.
    package func cohort(of endpoint: EndpointID) -> String {
        numbers[endpoint].map { cohortNames[core.cohort(of: $0)] } ?? ""
    }

    private mutating func named(_ effects: [GateEffect], at now: Moment) -> [RolloutAction] {
        evidence.removeAll(keepingCapacity: true)
        let actions = effects.map { effect -> RolloutAction in
            switch effect {
            case .offer(let index): return .offer(names[index])
            case .settle(let index, let outcome): return .settle(names[index], outcome)
            case .record(let decision, let phase, let reasons, let inputs, let evidence):
                let verdict = Verdict(
                    rollout: rollout, release: release, at: now, decision: decision, phase: phase,
                    reasons: reasons, inputs: named(inputs))
                latestVerdict = verdict
                self.evidence.append(named(evidence, at: now))
                return .record(verdict)
            case .haltCohort(let cohort, let text, let phase, let inputs, let evidence):
                self.evidence.append(named(evidence, at: now))
                return .record(
                    Verdict(
                        rollout: rollout, release: release, at: now, decision: .halt, phase: phase,
                        reasons: [Verdict.Reason(code: .harmProven, text: text)], inputs: named(inputs),
                        cohort: cohortNames[cohort]))
            case .recall(let reason): return .recall(reason: reason)
            case .complete: return .complete
            }
        }
        return inOrder(actions)
    }

    private func named(_ evidence: VerdictEvidence, at now: Moment) -> VerdictEvidence {
        var evidence = evidence
        evidence.at = now
        evidence.cohort = evidence.cohort.flatMap { Int($0) }.map { cohortNames[$0] }
        for position in evidence.suspects.indices {
            evidence.suspects[position].cohort =
                Int(evidence.suspects[position].cohort).map { cohortNames[$0] } ?? ""
        }
        return evidence
    }

    /// Cohorts by name instead of by number, in the order of their names.
    private func named(_ inputs: Verdict.Inputs) -> Verdict.Inputs {
        guard var stake = inputs.tests else { return inputs }
        for position in stake.strata.indices {
            stake.strata[position].cohort = Int(stake.strata[position].cohort).map { cohortNames[$0] } ?? ""
        }
        stake.strata.sort { $0.cohort < $1.cohort }
        var inputs = inputs
        inputs.tests = stake
        return inputs
    }

    private mutating func numbered(_ inputs: Verdict.Inputs) -> Verdict.Inputs {
        var inputs = inputs
        var strata = inputs.tests?.strata ?? []
        for position in strata.indices {
            strata[position].cohort = String(number(ofCohort: strata[position].cohort))
        }
        inputs.tests?.strata = strata
        return inputs
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
        case .offer(let endpoint):
            LedgerEntry(
                sequence: sequence, at: now,
                kind: .debit(
                    cohort: cohort(of: endpoint), ring: numbers[endpoint].flatMap { rings.slot(of: $0) }),
                endpoint: endpoint)
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
    ///
    package mutating func restore(_ entry: LedgerEntry) {
        switch entry.kind {
        case .debit(let cohort, let ring):
            guard let endpoint = entry.endpoint else { return }
            let index = number(of: endpoint)
            // A second debit of one endpoint is no second exposure.
            guard core.standing(index).isBeforeOffer else { return }
            core.assign(index, cohort: number(ofCohort: cohort))
            core.debit(index, core.clock.ticks(at: entry.at))
            if let ring { rings.join(index, ring, core.standing(index)) }
        case .settle(let outcome):
            guard let endpoint = entry.endpoint else { return }
            // Not debited: there is no exposure to end.
            guard let index = numbers[endpoint] else { return }
            core.apply(outcome, to: index, core.clock.ticks(at: entry.at))
            rings.settle(index, core.standing(index))
        case .verdict(let verdict):
            if let cohort = verdict.cohort {
                var effects: [GateEffect] = []
                core.haltAlone(number(ofCohort: cohort), &effects)
                // What the cap rests on from here, as in the live machine.
                core.rest(on: numbered(verdict.inputs).tests)
            } else {
                latestVerdict = verdict
                core.restore(verdict, inputs: numbered(verdict.inputs))
            }
        case .phase(let phase, let reason): core.restore(phase, reason: reason)
        case .outage(let until):
            core.resumeAfterOutage(until: until)
            rings.resume(at: until)
        }
    }
}

extension RolloutMachine {
    /// Every endpoint that was heard of, with where it stands and its clocks in ticks, for comparing machines.
    var standings: [EndpointID: String] {
        var result: [EndpointID: String] = [:]
        for (endpoint, index) in numbers where core.endpoints[index].standing != .unknown {
            let table = core.endpoints
            let hasClocks = [.open, .silent].contains(table[index].standing)
            let clocks = hasClocks ? "\(table[index].offeredAt) \(table[index].lastWord) \(table[index].wellSince)" : ""
            result[endpoint] = "\(table[index].standing) \(clocks)"
        }
        return result
    }
}

extension GateReport {
    init(_ report: EndpointReport, of release: ReleaseID, by policy: RolloutPolicy) {
        self.init(stage: report.stage, failure: report.failure)
        unwell = GateReport.bits(of: report.unwell)
        holdsRelease = report.holds == release
        isHeldByCustomer = report.admission.answer == .held
        isDeferred = report.admission.answer == .deferred
        isBehind = report.admission.answer == .behind
        conditions = GateReport.bits(of: report.conditions)
        if policy.bakeUse > .zero, report.used >= policy.bakeUse {
            conditions |= GateReport.bits(of: [RolloutPolicy.BakeCondition.use])
        }
    }
}
