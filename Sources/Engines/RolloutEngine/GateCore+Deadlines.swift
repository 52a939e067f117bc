package import FleetModel

/// Who is at risk, and who has fallen silent.
extension GateCore {
    /// Moves an endpoint to a new standing and keeps every count that depends on it. A word of the endpoint is what
    /// brings it here, or its silence; either way it is no longer mute.
    mutating func enter(_ index: Int, _ next: Standing, _ tick: UInt32) {
        let cohort = Int(endpoints[index].cohort)
        let wasUncovered = isUncovered(cohort)
        count(index, cohort, by: -1)
        endpoints[index].standing = next
        endpoints[index].unwell &= ~EndpointTable.muteBit
        count(index, cohort, by: 1)
        // The debit that made it open is counted by the caller: the cohort is covered from here on.
        let isNowUncovered = next != .open && isUncovered(cohort)
        if wasUncovered != isNowUncovered { uncovered += isNowUncovered ? 1 : -1 }
        remind(index, tick)
    }

    @inline(__always)
    private func isUncovered(_ cohort: Int) -> Bool {
        cohorts[cohort].waiting > 0 && cohorts[cohort].counts.offered == 0 && !cohorts[cohort].isHalted
    }

    private mutating func count(_ index: Int, _ cohort: Int, by change: Int) {
        let isMute = endpoints.isMute(index)
        switch endpoints[index].standing {
        case .waiting:
            cohorts[cohort].waiting += change
            if !cohorts[cohort].isHalted { waiting += change }
            if !isMute { cohorts[cohort].control += change }
        case .reserved:
            reserved += change
            if !isMute { cohorts[cohort].control += change }
        case .holder: holders += change
        case .proven: if !isMute { cohorts[cohort].watched += change }
        case .unknown, .open, .failed, .silent, .withdrawn: break
        }
    }

    /// Puts an endpoint that is at risk into the wheel, once.
    mutating func remind(_ index: Int, _ tick: UInt32) {
        guard endpoints[index].unwell & EndpointTable.wheelBit == 0 else { return }
        switch endpoints[index].standing {
        case .waiting, .reserved, .open, .proven:
            endpoints[index].unwell |= EndpointTable.wheelBit
            wheel.insert(UInt32(index), due: saturating(tick, plus: spans.silence))
        case .unknown, .holder, .failed, .silent, .withdrawn: break
        }
    }

    /// Assigns an endpoint that was not offered the release to a cohort. Later it stays where it was exposed.
    package mutating func assign(_ index: Int, cohort: Int) {
        guard endpoints[index].standing.isBeforeOffer, Int(endpoints[index].cohort) != cohort else { return }
        let standing = endpoints[index].standing
        if standing != .unknown { enter(index, .unknown, 0) }
        endpoints[index].cohort = UInt16(truncatingIfNeeded: cohort)
    }

    /// Looks at the deadlines that have come.
    package mutating func tick(at now: Moment, _ effects: inout [GateEffect]) {
        let tick = clock.ticks(at: now)
        age(to: tick)
        let isWatching = completedAt.map { tick < saturating($0, plus: spans.watch) } ?? true
        if isWatching, tick > watchedUntil {
            watchedBakes += Double(counts.proven) * Double(tick - watchedUntil) / Double(spans.bake)
        }
        watchedUntil = max(watchedUntil, tick)
        let due = wheel.take(until: tick)
        for (position, entry) in due.enumerated() {
            if position.isMultiple(of: EndpointTable.warmCount) {
                endpoints.warm(due[position..<min(due.count, position + EndpointTable.warmCount)])
            }
            let index = Int(entry)
            let bySilence = saturating(endpoints[index].lastWord, plus: spans.silence)
            var due: UInt32?
            switch endpoints[index].standing {
            case .open: due = deadline(index, bySilence, tick)
            case .waiting, .reserved: due = bySilence
            case .proven: due = isWatching ? bySilence : nil
            case .unknown, .holder, .failed, .silent, .withdrawn: due = nil
            }
            if let due, due > tick {
                wheel.insert(entry, due: due)
            } else {
                endpoints[index].unwell &= ~EndpointTable.wheelBit
                if due != nil { fallSilent(index, tick, &effects) }
            }
        }
        evaluate(at: tick, &effects)
        completeIfDone(at: tick, &effects)
    }

    /// When an open exposure is silent, if it stays as it is.
    @inline(__always)
    private func deadline(_ index: Int, _ bySilence: UInt32, _ tick: UInt32) -> UInt32 {
        // After a recall an endpoint that speaks has dropped the release, which settles nothing and harms nobody. And
        // one that is well with it, and waits for a reboot, may wait: it is neither proven nor harmed.
        let isWell =
            endpoints[index].wellSince != GateClock.never
            && endpoints[index].unwell & EndpointTable.lostBit == 0
        let mayWait = isRecalled(index) || isWell && !terms.policy.bakeConditions.isEmpty
        return mayWait ? bySilence : min(bySilence, saturating(endpoints[index].offeredAt, plus: spans.settle))
    }

    private mutating func fallSilent(_ index: Int, _ tick: UInt32, _ effects: inout [GateEffect]) {
        let cohort = Int(endpoints[index].cohort)
        switch endpoints[index].standing {
        case .open: settle(index, .silent, tick, &effects)
        case .waiting, .reserved:
            failSilentControl(index)
            endpoints[index].unwell |= EndpointTable.muteBit
            cohorts[cohort].control -= 1
        case .proven:
            failExposed(index, tick, isSilent: true)
            endpoints[index].unwell |= EndpointTable.muteBit
            cohorts[cohort].watched -= 1
        case .unknown, .holder, .failed, .silent, .withdrawn: break
        }
    }

    /// The server did not listen until `until`: clocks begin anew, and who waits is asked again. The concurrent tests go
    /// back to what the ledger knows of them, so that a restarted server decides as this one does.
    package mutating func resumeAfterOutage(until: Moment) {
        let tick = clock.ticks(at: until)
        wheel = DeadlineWheel(horizon: spans.silence)
        // Turned to the present: every reminder is set anew below.
        _ = wheel.take(until: tick)
        resumedAt = tick
        canaryCount = 0
        for cohort in cohorts.indices {
            cohorts[cohort].ages = ExposureAges(wave: spans.wave)
            cohorts[cohort].resting = 0
            cohorts[cohort].history = RiskHistory()
        }
        for index in 0..<endpoints.count {
            endpoints[index].unwell &= ~EndpointTable.wheelBit
            switch endpoints[index].standing {
            case .open, .silent:
                endpoints[index].unwell = 0
                if endpoints[index].standing == .open { cohorts[Int(endpoints[index].cohort)].ages.open(at: tick) }
                endpoints.startClocks(index, at: tick)
                remind(index, tick)
            case .proven:
                if endpoints.isMute(index) { enter(index, .proven, tick) } else { remind(index, tick) }
                endpoints[index].lastWord = tick
                if tick < saturating(endpoints[index].offeredAt, plus: spans.wave) {
                    // The silent of its wave are heard out anew, so it must not make room before them.
                    endpoints[index].offeredAt = tick
                    cohorts[Int(endpoints[index].cohort)].ages.addProven(openedAt: tick)
                }
            case .waiting, .holder, .reserved:
                enter(index, .unknown, tick)
                endpoints[index].unwell = 0
            case .unknown, .failed, .withdrawn: endpoints[index].unwell = 0
            }
        }
        restoreTests(at: tick)
        cap.forget()
        for cohort in cohorts.indices { cohorts[cohort].cap.forget() }
        nextAging = 0
        age(to: tick)
    }
}
