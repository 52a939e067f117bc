package import FleetModel

extension GateCore {
    package mutating func checkIn(
        _ index: Int, _ report: GateReport, at now: Moment, _ effects: inout [GateEffect]
    ) {
        let tick = clock.ticks(at: now)
        age(to: tick)
        endpoints[index].lastWord = tick
        switch endpoints[index].standing {
        case .unknown, .waiting, .reserved, .holder: meet(index, report, tick, &effects)
        case .open, .silent: follow(index, report, tick, &effects)
        case .proven: watch(index, report, tick, &effects)
        case .failed, .withdrawn: return
        }
        if isChanged || tick >= nextLook { evaluate(at: tick, &effects) }
    }

    /// An endpoint that was not offered the release. It is the control while it speaks and has not the release.
    private mutating func meet(_ index: Int, _ report: GateReport, _ tick: UInt32, _ effects: inout [GateEffect]) {
        let next: Standing =
            if report.holdsRelease || report.stage == .trial || report.stage == .committed {
                .holder
            } else if report.isHeldByCustomer || report.isDeferred || report.isBehind {
                .reserved
            } else {
                .waiting
            }
        if endpoints[index].standing != next || endpoints.isMute(index) { enter(index, next, tick) }
        endpoints[index].unwell &= ~EndpointTable.deferredBit
        if next == .reserved, !report.isHeldByCustomer, !report.isBehind {
            endpoints[index].unwell |= EndpointTable.deferredBit
        }
        noteControl(index, report, tick)
        guard next == .waiting else { return }
        if !isShut, hasRoom(for: index, at: tick) {
            // What is away already cannot be lost by the release.
            endpoints[index].unwell = endpoints[index].unwell & ~EndpointTable.componentBits | report.unwell
            debit(index, tick)
            effects.append(.offer(index))
        }
    }

    /// What befalls endpoints that have not the release is what nature does.
    private mutating func noteControl(_ index: Int, _ report: GateReport, _ tick: UInt32) {
        guard report.unwell != 0 || endpoints[index].unwell & EndpointTable.lostBit != 0 || report.failure != nil
        else { return }
        let hasLost = hasLostForLong(index, report, tick)
        let isControl = [.waiting, .reserved].contains(endpoints[index].standing)
        if isControl, report.failure != nil || hasLost { failControl(in: Int(endpoints[index].cohort)) }
    }

    /// The risk set that a failure is weighed against.
    private func risk(in cohort: Int, failedAt tick: UInt32?) -> RiskSet {
        guard let tick else { return cohorts[cohort].risk }
        let part = tick / ExposureAges.width(ofWave: spans.wave)
        return cohorts[cohort].history.set(atEndOf: part) ?? cohorts[cohort].risk
    }

    /// When an endpoint that has fallen silent may have failed: at some time between its last word and the next, which
    /// nobody knows, so it is drawn. The last word itself would not do: those who were just offered the release have
    /// just spoken, and their failures of the next half hour would be weighed against a wave that had barely begun.
    private func imputedFailure(_ index: Int) -> UInt32 {
        // Not from the endpoint's number, which a restarted machine gives anew.
        let mixed =
            (UInt64(endpoints[index].offeredAt) << 32 | UInt64(endpoints[index].lastWord)) &* 0x9E37_79B9_7F4A_7C15
        return saturating(endpoints[index].lastWord, plus: UInt32((mixed >> 32) % UInt64(max(1, spans.poll))))
    }

    /// Whether a failure belongs to the watch: the endpoint was proven, and its wave had had its time.
    private func isWatched(_ index: Int, failedAt tick: UInt32) -> Bool {
        endpoints[index].standing == .proven && tick >= saturating(endpoints[index].offeredAt, plus: spans.wave)
    }

    /// An endpoint without the release has fallen silent.
    mutating func failSilentControl(_ index: Int) {
        failControl(in: Int(endpoints[index].cohort), at: imputedFailure(index))
    }

    /// - Parameter tick: When, where it was not now.
    mutating func failControl(in cohort: Int, at tick: UInt32? = nil) {
        let risk = risk(in: cohort, failedAt: tick)
        guard risk.exposed > 0 || risk.watched > 0 else { return }
        let control = max(1, Int(risk.control))
        cohorts[cohort].test.fail(isExposed: false, exposed: Int(risk.exposed), control: control)
        cohorts[cohort].watchTest.fail(isExposed: false, exposed: Int(risk.watched), control: control)
        guard !cohorts[cohort].isHalted else { return }
        test.fail(isExposed: false, exposed: Int(risk.exposed), control: control)
        watchTest.fail(isExposed: false, exposed: Int(risk.watched), control: control)
    }

    /// Whether a silence has no counterpart in the control: of an endpoint that was not heard of since the last outage, and
    /// of one that speaks and never gets to trying the release. Both count for the cap and the ceiling all the same.
    private func isUncontrolled(_ index: Int, _ tick: UInt32) -> Bool {
        endpoints[index].lastWord == resumedAt || tick < saturating(endpoints[index].lastWord, plus: spans.silence)
    }

    /// A failure of an endpoint that has the release, before it is booked. The silence of a proven one is not booked: it
    /// ends no exposure, and is harm to be weighed against the control's silence.
    mutating func failExposed(_ index: Int, _ tick: UInt32, isSilent: Bool) {
        let cohort = Int(endpoints[index].cohort)
        if isSilent, isUncontrolled(index, tick) {
            judge.pending.append(cohort)
            isChanged = true
            return
        }
        let failedAt = isSilent ? imputedFailure(index) : nil
        let risk = risk(in: cohort, failedAt: failedAt)
        let control = Int(risk.control)
        if endpoints[index].standing == .proven { provenHarmed += 1 }
        if isWatched(index, failedAt: failedAt ?? tick) {
            let watched = max(1, Int(risk.watched))
            cohorts[cohort].watchTest.fail(isExposed: true, exposed: watched, control: control)
            if !cohorts[cohort].isHalted { watchTest.fail(isExposed: true, exposed: watched, control: control) }
        } else {
            let exposed = max(1, Int(risk.exposed))
            cohorts[cohort].test.fail(isExposed: true, exposed: exposed, control: control)
            if !cohorts[cohort].isHalted { test.fail(isExposed: true, exposed: exposed, control: control) }
            if endpoints[index].standing == .proven {
                let openedAt = endpoints[index].offeredAt
                changeAges(of: cohort) { $0.dropProven(openedAt: openedAt) }
            }
        }
        judge.pending.append(cohort)
        isChanged = true
    }

    mutating func debit(_ index: Int, _ tick: UInt32) {
        enter(index, .open, tick)
        endpoints.startClocks(index, at: tick)
        let cohort = Int(endpoints[index].cohort)
        counts.offered += 1
        lastOfferAt = max(lastOfferAt, tick)
        cohorts[cohort].counts.offered += 1
        cohorts[cohort].ages.open(at: tick)
        if cohorts[cohort].isHalted { sumExcluded() }
        if counts.exposed > maxExposed {
            maxExposed = counts.exposed
            capAtMaxExposed = cap.value
        }
        noteCount()
    }

    /// A count has changed that only moves the gate between room and no room: told with the next numbers, unless one of
    /// the rarer reasons may depend on it.
    @inline(__always)
    private mutating func noteCount() {
        if counts.refused > 0 || phase != .ramping { isChanged = true }
    }

    /// An endpoint whose exposure is open, or was silent.
    private mutating func follow(_ index: Int, _ report: GateReport, _ tick: UInt32, _ effects: inout [GateEffect]) {
        let isOpen = endpoints[index].standing == .open
        switch report.stage {
        case .trial?, .committed?:
            if let failure = report.failure {
                if isOpen { settle(index, .failed(failure), tick, &effects) }
            } else {
                bake(index, report, tick, &effects)
            }
        case .reverted?:
            // After a recall, going back is obedience.
            if isOpen, !isRecalled(index) || report.failure != nil {
                settle(index, .failed(report.failure ?? .revert), tick, &effects)
            }
        case .refused?:
            if isOpen { settle(index, .withdrawn(.verificationRefused), tick, &effects) }
        case .downloading?, .staged?, .shadow?, nil:
            endpoints[index].wellSince = GateClock.never
            if isOpen, let failure = report.failure {
                settle(index, .failed(failure), tick, &effects)
            } else if isOpen, report.isHeldByCustomer {
                settle(index, .withdrawn(.customerHold), tick, &effects)
            }
        }
    }

    /// The release must be dropped by this endpoint.
    @inline(__always)
    package func isRecalled(_ index: Int) -> Bool {
        phase.isFinal || cohorts[Int(endpoints[index].cohort)].isHalted
    }

    /// The release is active: its bake goes on, or begins, or is broken off by a lost component.
    ///
    /// Proven needs `committed`: an endpoint that would still drop the release at the next crash has not made up its
    /// own mind. The bake's clock is the server's, from the first report in which all was well.
    private mutating func bake(_ index: Int, _ report: GateReport, _ tick: UInt32, _ effects: inout [GateEffect]) {
        let baseline = endpoints[index].unwell & EndpointTable.componentBits
        let hasLost = endpoints[index].unwell & EndpointTable.lostBit != 0
        let since = endpoints[index].wellSince
        if report.unwell & ~baseline != 0 {
            if !hasLost {
                endpoints[index].unwell |= EndpointTable.lostBit
                endpoints[index].wellSince = tick
            } else if tick - min(tick, since) >= spans.poll, endpoints[index].standing == .open {
                // A component may be away for a moment while the release is loaded; not for two reports in a row.
                settle(index, .failed(.lostProtection), tick, &effects)
            }
        } else if hasLost || since == GateClock.never {
            endpoints[index].unwell &= ~EndpointTable.lostBit
            endpoints[index].wellSince = tick
        } else if report.stage == .committed, tick - min(tick, since) >= spans.bake {
            let needed = GateReport.bits(of: terms.policy.bakeConditions)
            if report.conditions & needed == needed { settle(index, .proven, tick, &effects) } else { rest(index) }
        }
    }

    /// Well for a bake, without what the bake must see: not proven, and not overdue either.
    private mutating func rest(_ index: Int) {
        guard endpoints[index].standing == .open, endpoints[index].unwell & EndpointTable.restBit == 0 else { return }
        let cohort = Int(endpoints[index].cohort)
        cohorts[cohort].ages.close(openedAt: endpoints[index].offeredAt, isProven: false)
        endpoints[index].unwell |= EndpointTable.restBit
        cohorts[cohort].resting += 1
        isChanged = true
    }

    /// An endpoint that was proven well once. It proved the age that it had then, and no more.
    private mutating func watch(_ index: Int, _ report: GateReport, _ tick: UInt32, _ effects: inout [GateEffect]) {
        if endpoints.isMute(index) {
            endpoints[index].unwell &= ~EndpointTable.muteBit
            cohorts[Int(endpoints[index].cohort)].watched += 1
            remind(index, tick)
        }
        if let failure = report.failure {
            settle(index, .failed(failure), tick, &effects)
        } else if report.stage == .reverted, !isRecalled(index) {
            settle(index, .failed(.revert), tick, &effects)
        } else if hasLostForLong(index, report, tick) {
            settle(index, .failed(.lostProtection), tick, &effects)
        }
    }

    /// Whether a component that was there before is away in two reports a poll apart, and was not told of yet. One report
    /// is no loss: a component may be away for a moment. The same for every endpoint, with the release or without it.
    private mutating func hasLostForLong(_ index: Int, _ report: GateReport, _ tick: UInt32) -> Bool {
        let baseline = endpoints[index].unwell & EndpointTable.componentBits
        guard report.unwell & ~baseline != 0 else {
            endpoints[index].unwell &= ~EndpointTable.lostBit
            return false
        }
        if endpoints[index].unwell & EndpointTable.lostBit == 0 {
            endpoints[index].unwell |= EndpointTable.lostBit
            endpoints[index].wellSince = tick
            return false
        }
        guard tick - min(tick, endpoints[index].wellSince) >= spans.poll else { return false }
        // From here on it is as it always was.
        endpoints[index].unwell = endpoints[index].unwell & ~EndpointTable.lostBit | report.unwell
        return true
    }

    mutating func settle(_ index: Int, _ outcome: ExposureOutcome, _ tick: UInt32, _ effects: inout [GateEffect]) {
        switch outcome {
        case .failed: failExposed(index, tick, isSilent: false)
        case .silent: failExposed(index, tick, isSilent: true)
        case .proven, .withdrawn: break
        }
        apply(outcome, to: index, tick)
        effects.append(.settle(index, outcome))
    }

    /// Books the end of an exposure. Live and replay pass here alike.
    mutating func apply(_ outcome: ExposureOutcome, to index: Int, _ tick: UInt32) {
        let cohort = Int(endpoints[index].cohort)
        let from = endpoints[index].standing
        guard let to = counts.settle(outcome, from: from) else { return }
        if from == .open {
            closeAge(index, isProven: to == .proven)
        }
        _ = cohorts[cohort].counts.settle(outcome, from: from)
        enter(index, to, tick)
        if to == .silent { endpoints[index].wellSince = GateClock.never }
        if to == .proven { noteCount() } else { isChanged = true }
        if cohorts[cohort].isHalted { sumExcluded() }
        updateCap()
        updateCap(of: cohort)
    }

    /// Evidence against a cohort, times the number of cohorts, from which on it grows by its first step only: chance alone
    /// gives some cohort this much in one rollout of ten, and then costs it time and nothing else.
    static let lnSuspicion = 2.3

    package mutating func remove(_ index: Int, at now: Moment, _ effects: inout [GateEffect]) {
        let tick = clock.ticks(at: now)
        switch endpoints[index].standing {
        case .open: settle(index, .withdrawn(.endpointRemoved), tick, &effects)
        case .waiting, .holder, .reserved: enter(index, .unknown, tick)
        // What failed stays in the evidence, and what was proven stays proven: removing a machine mends no release.
        case .unknown, .proven, .failed, .silent, .withdrawn: break
        }
        evaluate(at: tick, &effects)
    }
}

extension ExposureCounts {
    /// Moves one endpoint from where it stood to where the outcome puts it.
    ///
    /// - Returns: Where it stands now; nil when the outcome does not end such an exposure. A ledger that settles what
    ///   was never debited, or twice, changes nothing: an exposure ends once.
    mutating func settle(_ outcome: ExposureOutcome, from standing: Standing) -> Standing? {
        switch (standing, outcome) {
        case (.open, .proven):
            proven += 1
            return .proven
        case (.silent, .proven):
            silent -= 1
            late += 1
            proven += 1
            return .proven
        case (.open, .failed):
            failed += 1
            return .failed
        case (.proven, .failed):
            proven -= 1
            failed += 1
            relapsed += 1
            return .failed
        case (.open, .silent):
            silent += 1
            return .silent
        case (.open, .withdrawn(let reason)):
            withdrawn += 1
            if reason == .verificationRefused { refused += 1 }
            return .withdrawn
        default: return nil
        }
    }
}
