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
        case .fetching: if endpoints[index].strikeAt == second { strike(index) } else { activate(index) }
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
                noteSettled(index)
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
            endpoints[drawn].flags = Endpoint.unofferedBit | Endpoint.unsettledBit
            gate.assign(gate.appendEndpoint(), cohort: gateCohort(cohort))
            gate.countControl(in: gateCohort(cohort), by: -1)
            pool[cohort] -= 1
            checkIn(drawn, GateReport())
            // No room for its cohort: from here on it polls by itself.
            if endpoints[drawn].state == .idle { calendar.schedule(drawn, at: nextPoll()) }
            drawn += 1
        }
    }

    /// Failures of those who are drawn from their number: half are heard at once, half when their silence is noticed.
    private mutating func drawControlFailures() {
        for cohort in pool.indices where pool[cohort] > 0 {
            var mean = Double(pool[cohort]) * noisePerSecond * swing
            // A failure at most every fraction of a second: Poisson by single trials of small probability.
            while mean > 0 {
                let part = min(mean, 0.1)
                if random.happens(part) {
                    if random.next() & 1 == 0 {
                        gate.noteControlFailure(in: gateCohort(cohort))
                    } else {
                        silences.append((second, UInt16(cohort)))
                    }
                }
                mean -= part
            }
        }
        // The last word was half a poll before, on average.
        while silencesHeard < silences.count, silences[silencesHeard].second + silenceSeconds <= second {
            let silence = silences[silencesHeard]
            gate.noteControlFailure(
                in: gateCohort(Int(silence.cohort)), at: Moment(milliseconds: Int64(silence.second) * 1000))
            silencesHeard += 1
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
                lastOfferAt = second
                fetch(index)
            case .settle(let index, .proven):
                checker.prove(index, wellSeconds: second - endpoints[index].activeAt)
            case .settle(let index, .failed), .settle(let index, .silent):
                if endpoints[index].state == .holding { checker.relapse() } else { checker.harm() }
            case .settle(_, .withdrawn): checker.withdraw()
            case .recall:
                checker.recall()
                stop(second)
            case .haltCohort(let cohort, _, _, _, _):
                report.haltedCohorts += 1
                noteHalted(cohort: cohort)
            case .record, .complete: break
            }
        }
    }

    /// From the offer to activation: the download, half a minute at least and longer for a few.
    private mutating func fetch(_ index: Int) {
        endpoints[index].state = .fetching
        noteOffered(index)
        var seconds = 30 + random.below(60)
        if random.below(20) == 0 { seconds += random.below(600) }
        // Nature does not wait for the download.
        if random.happens(noisePerSecond * swing * Double(seconds)) {
            seconds = 1 + random.below(seconds)
            endpoints[index].strikeAt = second + seconds
            endpoints[index].flags |= Endpoint.naturalBit
        }
        calendar.schedule(index, at: second + seconds)
    }

    /// When the agent says that it has kept the release: a bake after it became active, and up to a minute.
    @inline(__always)
    private func bakedAt(_ index: Int) -> UInt32 {
        endpoints[index].activeAt + bakeSeconds + 1 + UInt32(truncatingIfNeeded: index &* 2_654_435_761 >> 8) % 60
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
                endpoints[index].flags |= Endpoint.naturalBit
            }
        }
        if isFirebreak { checkIn(index, GateReport(stage: .trial)) } else { ordinary.install(index) }
        calendar.schedule(index, at: min(bakedAt(index), nextPoll(), endpoints[index].strikeAt))
    }

    @inline(__always)
    func isRecalled(_ index: Int) -> Bool {
        isFirebreak ? gate.isRecalled(index) : stoppedAt != nil
    }

    /// Takes the release back. What had not struck yet never will.
    private mutating func drop(_ index: Int) {
        if endpoints[index].state == .holding { holding -= 1 }
        endpoints[index].state = .done
        noteSettled(index)
    }

    private mutating func goOn(_ index: Int) {
        if endpoints[index].strikeAt == second { return strike(index) }
        if isRecalled(index) { return drop(index) }
        if endpoints[index].state == .baking, second < bakedAt(index) {
            if isFirebreak { checkIn(index, GateReport(stage: .trial)) }
            return calendar.schedule(index, at: min(bakedAt(index), nextPoll(), endpoints[index].strikeAt))
        }
        if endpoints[index].state == .baking {
            endpoints[index].state = .holding
            noteSettled(index)
            holding += 1
            if !isFirebreak { ordinary.prove(index) }
        }
        if isFirebreak {
            // The state changes after the word, so that the checker knows a relapse from an end.
            checkIn(index, GateReport(stage: .committed))
        }
        let next = nextPoll()
        if endpoints[index].strikeAt > next, random.happens(noisePerSecond * swing * Double(next - second)) {
            endpoints[index].strikeAt = second + 1 + random.below(next - second)
            endpoints[index].flags |= Endpoint.naturalBit
        }
        calendar.schedule(index, at: min(next, max(second + 1, endpoints[index].strikeAt)))
    }

    /// The fault strikes, or nature does.
    private mutating func strike(_ index: Int) {
        noteSettled(index)
        let isNatural = endpoints[index].flags & Endpoint.naturalBit != 0
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
