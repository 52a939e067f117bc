import FleetModel

/// A check-in, by endpoint number.
struct GateReport: Sendable {
    var stage: ReleaseStage?
    var failure: FailureKind?
    /// Components that are unwell, a bit each (``GateReport/bits(of:)``).
    var unwell: UInt8 = 0
    var holdsRelease = false
    var isHeldByCustomer = false

    static func bits(of components: [EndpointComponent]) -> UInt8 {
        components.reduce(0) { bits, component in
            switch component {
            case .sensor: bits | 1
            case .worker: bits | 2
            case .protection: bits | 4
            }
        }
    }
}

extension GateCore {
    mutating func checkIn(_ index: Int, _ report: GateReport, at now: Moment, _ effects: inout [GateEffect]) {
        let tick = clock.ticks(at: now)
        endpoints.lastWord[index] = tick
        switch endpoints.standing[index] {
        case .unknown, .waiting, .reserved, .holder: meet(index, report, tick, &effects)
        case .open, .silent: follow(index, report, tick, &effects)
        case .proven: watch(index, report, &effects)
        case .failed, .withdrawn: return
        }
        evaluate(at: tick, &effects)
    }

    /// An endpoint that was not offered the release.
    private mutating func meet(_ index: Int, _ report: GateReport, _ tick: UInt32, _ effects: inout [GateEffect]) {
        leave(index)
        endpoints.unwell[index] = report.unwell
        if report.holdsRelease || report.stage == .trial || report.stage == .committed {
            holders += 1
            endpoints.set(index, .holder)
        } else if report.isHeldByCustomer {
            endpoints.set(index, .reserved)
        } else {
            waiting += 1
            endpoints.set(index, .waiting)
            if !isShut, counts.exposed < cap.value {
                debit(index, tick)
                effects.append(.offer(index))
            }
        }
    }

    /// Takes an endpoint out of the counts of those that were not offered the release.
    mutating func leave(_ index: Int) {
        switch endpoints.standing[index] {
        case .waiting: waiting -= 1
        case .holder: holders -= 1
        default: break
        }
    }

    mutating func debit(_ index: Int, _ tick: UInt32) {
        leave(index)
        endpoints.set(index, .open)
        endpoints.startClocks(index, at: tick)
        counts.offered += 1
        wheel.insert(UInt32(index), due: saturating(tick, plus: min(spans.silence, spans.settle)))
        if counts.exposed > maxExposed {
            maxExposed = counts.exposed
            capAtMaxExposed = cap.value
        }
    }

    /// An endpoint whose exposure is open, or was silent.
    private mutating func follow(_ index: Int, _ report: GateReport, _ tick: UInt32, _ effects: inout [GateEffect]) {
        let isOpen = endpoints.standing[index] == .open
        switch report.stage {
        case .trial?, .committed?:
            if let failure = report.failure {
                if isOpen { settle(index, .failed(failure), &effects) }
            } else {
                bake(index, report, tick, &effects)
            }
        case .reverted?:
            // After a recall, going back is obedience.
            if isOpen, !phase.isFinal || report.failure != nil {
                settle(index, .failed(report.failure ?? .revert), &effects)
            }
        case .refused?:
            if isOpen { settle(index, .withdrawn(.verificationRefused), &effects) }
        case .downloading?, .staged?, .shadow?, nil:
            endpoints.wellSince[index] = GateClock.never
            if isOpen, let failure = report.failure {
                settle(index, .failed(failure), &effects)
            } else if isOpen, report.isHeldByCustomer {
                settle(index, .withdrawn(.customerHold), &effects)
            }
        }
    }

    /// The release is active: its bake goes on, or begins, or is broken off by a lost component.
    ///
    /// Proven needs `committed`: an endpoint that would still drop the release at the next crash has not made up its
    /// own mind. The bake's clock is the server's, from the first report in which all was well.
    private mutating func bake(_ index: Int, _ report: GateReport, _ tick: UInt32, _ effects: inout [GateEffect]) {
        let baseline = endpoints.unwell[index] & ~EndpointTable.lostBit
        let hasLost = endpoints.unwell[index] & EndpointTable.lostBit != 0
        let since = endpoints.wellSince[index]
        if report.unwell & ~baseline != 0 {
            if !hasLost {
                endpoints.unwell[index] |= EndpointTable.lostBit
                endpoints.wellSince[index] = tick
            } else if tick - min(tick, since) >= spans.poll, endpoints.standing[index] == .open {
                // A component may be away for a moment while the release is loaded; not for two reports in a row.
                settle(index, .failed(.lostProtection), &effects)
            }
        } else if hasLost || since == GateClock.never {
            endpoints.unwell[index] &= ~EndpointTable.lostBit
            endpoints.wellSince[index] = tick
        } else if report.stage == .committed, tick - min(tick, since) >= spans.bake {
            settle(index, .proven, &effects)
        }
    }

    /// An endpoint that was proven well once. It proved the age that it had then, and no more.
    private mutating func watch(_ index: Int, _ report: GateReport, _ effects: inout [GateEffect]) {
        if let failure = report.failure {
            settle(index, .failed(failure), &effects)
        } else if report.stage == .reverted, !phase.isFinal {
            settle(index, .failed(.revert), &effects)
        }
    }

    private mutating func settle(_ index: Int, _ outcome: ExposureOutcome, _ effects: inout [GateEffect]) {
        apply(outcome, to: index)
        effects.append(.settle(index, outcome))
    }

    /// Books the end of an exposure. Live and replay pass here alike.
    mutating func apply(_ outcome: ExposureOutcome, to index: Int) {
        let standing = endpoints.standing[index]
        switch (standing, outcome) {
        case (.open, .proven):
            counts.proven += 1
            endpoints.set(index, .proven)
        case (.silent, .proven):
            counts.silent -= 1
            counts.late += 1
            counts.proven += 1
            endpoints.set(index, .proven)
        case (.open, .failed):
            counts.failed += 1
            endpoints.set(index, .failed)
        case (.proven, .failed):
            counts.proven -= 1
            counts.failed += 1
            endpoints.set(index, .failed)
        case (.open, .silent):
            counts.silent += 1
            endpoints.set(index, .silent)
            endpoints.wellSince[index] = GateClock.never
        case (.open, .withdrawn(let reason)):
            counts.withdrawn += 1
            if reason == .verificationRefused { counts.refused += 1 }
            endpoints.set(index, .withdrawn)
        default:
            // A ledger that settles what was never debited, or twice, changes nothing: an exposure ends once.
            return
        }
        cap.update(settled: counts.settled, harmed: counts.harmed)
    }

    /// Looks at the deadlines that have come.
    mutating func tick(at now: Moment, _ effects: inout [GateEffect]) {
        let tick = clock.ticks(at: now)
        var silent: [Int] = []
        for entry in wheel.take(until: tick) where endpoints.standing[Int(entry)] == .open {
            let index = Int(entry)
            let bySilence = saturating(endpoints.lastWord[index], plus: spans.silence)
            let bySettling = saturating(endpoints.offeredAt[index], plus: spans.settle)
            // After a recall an endpoint that speaks has dropped the release, which settles nothing and harms nobody.
            let due = phase.isFinal ? bySilence : min(bySilence, bySettling)
            if due <= tick { silent.append(index) } else { wheel.insert(entry, due: due) }
        }
        for index in silent { settle(index, .silent, &effects) }
        evaluate(at: tick, &effects)
        completeIfDone(at: tick, &effects)
    }

    mutating func remove(_ index: Int, at now: Moment, _ effects: inout [GateEffect]) {
        switch endpoints.standing[index] {
        case .open: settle(index, .withdrawn(.endpointRemoved), &effects)
        case .waiting, .holder, .reserved:
            leave(index)
            endpoints.set(index, .unknown)
        // What failed stays in the evidence, and what was proven stays proven: removing a machine mends no release.
        case .unknown, .proven, .failed, .silent, .withdrawn: break
        }
        evaluate(at: clock.ticks(at: now), &effects)
    }

    /// The server did not listen until `until`: clocks begin anew, and who waits is asked again.
    mutating func resumeAfterOutage(until: Moment) {
        let tick = clock.ticks(at: until)
        // Emptied and turned to the present: every reminder is set anew below.
        wheel = DeadlineWheel(horizon: spans.silence)
        _ = wheel.take(until: tick)
        for index in 0..<endpoints.count {
            switch endpoints.standing[index] {
            case .open:
                endpoints.startClocks(index, at: tick)
                wheel.insert(UInt32(index), due: saturating(tick, plus: min(spans.silence, spans.settle)))
            case .silent: endpoints.startClocks(index, at: tick)
            case .waiting, .holder, .reserved:
                leave(index)
                endpoints.set(index, .unknown)
            case .unknown, .proven, .failed, .withdrawn: break
            }
        }
    }
}
