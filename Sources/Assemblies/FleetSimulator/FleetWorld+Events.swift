import FleetModel
import RolloutEngine

extension FleetWorld {
    /// The next thing that happens to one endpoint.
    mutating func happen(_ index: Int) {
        switch endpoints[index].state {
        case .idle: poll(index)
        case .away:
            endpoints[index].state = .idle
            poll(index)
        case .fetching: activate(index)
        case .baking, .holding: goOn(index)
        case .mute:
            endpoints[index].state = .done
            if !isFirebreak { ordinary.timeOut(at: second) }
        case .done: break
        }
    }

    /// Jitter of a poll: two minutes to either side.
    private static let jitterSeconds: UInt32 = 120

    private mutating func nextPoll() -> UInt32 {
        second + pollSeconds - Self.jitterSeconds + random.below(2 * Self.jitterSeconds)
    }

    /// How long a machine that failed by nature, or a sleeper, is away.
    private static let awaySeconds: UInt32 = 14_400

    private mutating func poll(_ index: Int) {
        var gateReport = GateReport()
        if random.happens(noisePerSecond * swing * Double(pollSeconds)) {
            // Half of what nature does is heard of, half is silence.
            if random.next() & 1 == 0 {
                endpoints[index].state = .away
                calendar.schedule(index, at: second + Self.awaySeconds + random.below(Self.awaySeconds))
                return
            }
            gateReport.failure = .crash
        }
        if isFirebreak {
            checkIn(index, gateReport)
        } else if ordinary.mayOffer(index, at: second) {
            ordinary.offer()
            fetch(index)
        }
        if endpoints[index].state == .idle { calendar.schedule(index, at: nextPoll()) }
    }

    /// Endpoints that are alike check in from their number, while there is room for them.
    mutating func drawPool() {
        drawControlFailures()
        guard stoppedAt == nil else { return }
        let arrivals = max(1, setup.fleet / Int(pollSeconds))
        for _ in 0..<arrivals {
            guard gate.isRoom else { return }
            let cohort = Int(setup.draw.cohort(&random))
            guard pool[cohort] > 0 else { continue }
            endpoints.append(Endpoint())
            endpoints[drawn].cohort = UInt16(cohort)
            calendar.append()
            gate.assign(gate.appendEndpoint(), cohort: cohort)
            gate.countControl(in: cohort, by: -1)
            pool[cohort] -= 1
            checkIn(drawn, GateReport())
            // No room for its cohort: from here on it polls by itself.
            if endpoints[drawn].state == .idle { calendar.schedule(drawn, at: nextPoll()) }
            drawn += 1
        }
    }

    private mutating func drawControlFailures() {
        for cohort in pool.indices where pool[cohort] > 0 {
            var mean = Double(pool[cohort]) * noisePerSecond * swing
            // A failure at most every fraction of a second: Poisson by single trials of small probability.
            while mean > 0 {
                let part = min(mean, 0.1)
                if random.happens(part) { gate.noteControlFailure(in: cohort) }
                mean -= part
            }
        }
    }

    mutating func checkIn(_ index: Int, _ gateReport: GateReport) {
        effects.removeAll(keepingCapacity: true)
        gate.checkIn(index, gateReport, at: now, &effects)
        if !effects.isEmpty { obey() }
    }

    /// Does what the gate wants, and tells the checker.
    mutating func obey() {
        for effect in effects {
            switch effect {
            case .offer(let index):
                checker.offer(index)
                fetch(index)
            case .settle(let index, .proven):
                checker.prove(index, wellSeconds: second - endpoints[index].activeAt)
            case .settle(let index, .failed), .settle(let index, .silent):
                if endpoints[index].state == .holding { checker.relapse() } else { checker.harm() }
            case .settle(_, .withdrawn): checker.withdraw()
            case .recall:
                checker.recall()
                stop(second)
            case .haltCohort: report.haltedCohorts += 1
            case .record, .complete: break
            }
        }
    }

    /// From the offer to activation: the download, half a minute at least and longer for a few.
    private mutating func fetch(_ index: Int) {
        endpoints[index].state = .fetching
        var seconds = 30 + random.below(60)
        if random.below(20) == 0 { seconds += random.below(600) }
        calendar.schedule(index, at: second + seconds)
    }

    private mutating func activate(_ index: Int) {
        if isRecalled(index) { return drop(index) }
        endpoints[index].state = .baking
        endpoints[index].activeAt = second
        if isStruckCohort[Int(endpoints[index].cohort)], random.happens(strikeRate) {
            endpoints[index].strikeAt = setup.fault.strike(activeAt: second, &random)
        }
        if random.happens(noise * swing) {
            let at = second + 1 + random.below(bakeSeconds)
            if at < endpoints[index].strikeAt {
                endpoints[index].strikeAt = at
                endpoints[index].isNatural = true
            }
        }
        if isFirebreak { checkIn(index, GateReport(stage: .trial)) } else { ordinary.install(index) }
        let bakedAt = second + bakeSeconds + 1 + random.below(60)
        calendar.schedule(index, at: min(bakedAt, endpoints[index].strikeAt))
    }

    @inline(__always)
    func isRecalled(_ index: Int) -> Bool {
        isFirebreak ? gate.isRecalled(index) : stoppedAt != nil
    }

    /// Takes the release back. What had not struck yet never will.
    private mutating func drop(_ index: Int) {
        if endpoints[index].state == .holding { holding -= 1 }
        endpoints[index].state = .done
    }

    private mutating func goOn(_ index: Int) {
        if endpoints[index].strikeAt == second { return strike(index) }
        if isRecalled(index) { return drop(index) }
        if endpoints[index].state == .baking {
            endpoints[index].state = .holding
            holding += 1
            if !isFirebreak { ordinary.prove(index) }
        } else if random.happens(noisePerSecond * swing * Double(pollSeconds)) {
            endpoints[index].isNatural = true
            return strike(index)
        }
        if isFirebreak {
            // The state changes after the word, so that the checker knows a relapse from an end.
            checkIn(index, GateReport(stage: .committed))
        }
        calendar.schedule(index, at: min(nextPoll(), max(second + 1, endpoints[index].strikeAt)))
    }

    /// The fault strikes, or nature does.
    private mutating func strike(_ index: Int) {
        let isNatural = endpoints[index].isNatural
        if !isNatural { report.broken += 1 }
        let isSilent = isNatural ? random.next() & 1 == 0 : random.happens(setup.fault.silentShare)
        if endpoints[index].state == .holding { holding -= 1 }
        if isSilent {
            endpoints[index].state = .mute
            calendar.schedule(index, at: second + 3_600)
            return
        }
        if isFirebreak {
            checkIn(index, GateReport(stage: .trial, failure: .crash))
        } else {
            ordinary.fail(index, at: second)
        }
        endpoints[index].state = .done
    }
}
