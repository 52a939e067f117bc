import FleetModel

// A release that runs: in shadow, on trial, or as the proven generation.
extension UpdateMachine {
    /// Starts what is staged, once the foothold is steady. The journal names the stage before the worker reads the
    /// program's first byte, since the caller persists first.
    mutating func begin(at now: Moment) -> [UpdateAction] {
        guard case .staged(let staged) = state, foothold.isSteady else { return [] }
        guard protections.shadow else { return enterTrial(.init(attempt: staged.attempt), at: now) }
        var attempt = staged.attempt
        attempt.enteredAt = now
        state = .shadow(.init(attempt: attempt))
        return [
            .report(StageReport(pinned: attempt.pinned, stage: .shadow, enteredAt: now)), .startShadow(attempt.pinned),
        ]
    }

    mutating func loaded(_ slot: WorkerSlot, _ digest: Digest) -> [UpdateAction] {
        switch (slot, state) {
        case (.shadow, .shadow(var watch)) where watch.attempt.pinned.digest == digest && !watch.isLoaded:
            watch.isLoaded = true
            watch.watched = .zero
            state = .shadow(watch)
        case (.active, .trial(var trial)) where trial.watch.attempt.pinned.digest == digest && !trial.watch.isLoaded:
            trial.watch.isLoaded = true
            trial.watch.watched = .zero
            state = .trial(trial)
        case (.active, .trial): break
        case (.active, _) where foothold.record.generation?.digest == digest:
            foothold.isLoaded = true
            foothold.calm = .zero
        default: break
        }
        return []
    }

    mutating func failed(_ slot: WorkerSlot, _ digest: Digest, _ fault: WorkerFault, at now: Moment) -> [UpdateAction] {
        switch (slot, state) {
        case (.shadow, .shadow(let watch)) where watch.attempt.pinned.digest == digest:
            endShadow(Failing(fault), isRefusal: fault.isRefusal, at: now)
        case (.active, .trial(let trial)) where trial.watch.attempt.pinned.digest == digest:
            endTrial(Failing(fault), isRefusal: fault.isRefusal, at: now)
        case (.active, .trial), (.shadow, _): []
        case (.active, _): stumble(digest, fault)
        }
    }

    /// Takes a worker's answer as evidence. The only place where a release advances.
    mutating func weigh(_ slot: WorkerSlot, _ digest: Digest, _ sample: WorkerSample, at now: Moment)
        -> [UpdateAction]
    {
        switch (slot, state) {
        case (.shadow, .shadow(var watch)) where watch.attempt.pinned.digest == digest && watch.isLoaded:
            let failing = note(sample, in: &watch, activeMatches: foothold.matchesLatest)
            state = .shadow(watch)
            if let failing { return endShadow(failing, at: now) }
            guard watch.watched >= policy.shadowSpan, watch.events >= policy.shadowEventsMin,
                watch.hasDetectedCanary || !wantsCanary
            else { return [] }
            // The worker that ran in shadow becomes the active one; what it evaluated there does not count on trial.
            return enterTrial(
                .init(attempt: watch.attempt, eventsBefore: watch.eventsLatest, eventsLatest: watch.eventsLatest),
                at: now)
        case (.active, .trial(var trial)) where trial.watch.attempt.pinned.digest == digest && trial.watch.isLoaded:
            let failing = note(sample, in: &trial.watch, activeMatches: nil)
            state = .trial(trial)
            if let failing { return endTrial(failing, at: now) }
            guard trial.watch.watched >= policy.trialSpan, trial.watch.events >= policy.trialEventsMin,
                trial.watch.hasDetectedCanary || !wantsCanary, !trial.isStopping
            else { return [] }
            return commit(trial.watch, at: now)
        case (.active, _) where foothold.record.generation?.digest == digest:
            foothold.matchesLatest = sample.matches
            foothold.answerTimeLatest = sample.answerTime
            return []
        default: return []
        }
    }

    /// Whether a generation that stands here detects the canary event: then what comes after it must.
    private var wantsCanary: Bool { shelf.contains { $0.detectsCanary == true } }

    /// Takes a sample into the watch; gives how the release has failed by it, if it has.
    private func note(_ sample: WorkerSample, in watch: inout UpdateState.Watch, activeMatches: UInt64?) -> Failing? {
        watch.eventsLatest = sample.eventsEvaluated
        if watch.firstSample == nil {
            watch.firstSample = sample
            watch.activeMatchesBefore = activeMatches ?? 0
        }
        // Where the active worker is as slow, it is the host that is.
        let isHostSlow = activeMatches != nil && foothold.answerTimeLatest > policy.budget.answerTimeMax
        let isSlow = sample.answerTime > policy.budget.answerTimeMax && !isHostSlow
        watch.slowAnswers = isSlow ? watch.slowAnswers + 1 : 0
        if sample.detectsCanary == true { watch.hasDetectedCanary = true }
        // Detection is a function of program and event: one miss is as good as many.
        if sample.detectsCanary == false, wantsCanary {
            return Failing(
                kind: .lostProtection, code: "worker.canary_missed",
                message: "the canary event, which a proven generation detects, is not detected any more")
        }
        // An active worker that was replaced meanwhile counts from nothing again.
        let loud = activeMatches.map { $0 > watch.activeMatchesBefore ? $0 - watch.activeMatchesBefore : 0 }
        return policy.budget.fault(
            from: watch.firstSample ?? sample, to: sample, slowAnswers: watch.slowAnswers, activeMatches: loud)
    }

    private mutating func enterTrial(_ watch: UpdateState.Watch, at now: Moment) -> [UpdateAction] {
        var watch = watch
        watch.attempt.enteredAt = now
        state = .trial(.init(watch: watch))
        foothold.isLoaded = false
        foothold.restartIn = nil
        let pinned = watch.attempt.pinned
        return [.report(StageReport(pinned: pinned, stage: .trial, enteredAt: now)), .swapIn(pinned)]
    }

    private mutating func commit(_ watch: UpdateState.Watch, at now: Moment) -> [UpdateAction] {
        let pinned = watch.attempt.pinned
        commitCount += 1
        let generation = ProvenGeneration(
            pinned: pinned, commitNumber: commitCount, committedAt: now, detectsCanary: watch.hasDetectedCanary)
        shelf.insert(generation, at: 0)
        let surplus = shelf.suffix(max(0, shelf.count - UpdateLimit.provenKept))
        shelf.removeLast(surplus.count)
        settled.removeAll { $0.pinned.digest == pinned.digest }
        foothold = Foothold(record: .init(generation: pinned))
        foothold.isLoaded = true
        state = .idle
        let report = StageReport(pinned: pinned, stage: .committed, enteredAt: now, eventsEvaluated: watch.events)
        return [.commit(generation), .report(report)] + surplus.map { .drop($0.pinned.digest) }
    }

    /// Ends the shadow run: nothing that protects the host was touched.
    mutating func endShadow(_ failing: Failing, isRefusal: Bool = false, at now: Moment) -> [UpdateAction] {
        guard case .shadow(let watch) = state else { return [] }
        state = .idle
        let pinned = watch.attempt.pinned
        return [
            .endShadow, .drop(pinned.digest),
            settle(pinned, isRefusal ? .refused : .reverted, failing, events: watch.events, at: now),
        ]
    }

    /// Ends the trial, back to the foothold. Where the lab has switched revert off, nothing is taken away: a worker
    /// that died or hangs takes the host down with it, and the journal keeps the trial.
    mutating func endTrial(_ failing: Failing, isRefusal: Bool = false, at now: Moment) -> [UpdateAction] {
        guard case .trial(let trial) = state else { return [] }
        // A refusal harms nobody, and a recall wins over everything.
        if !protections.revert, let kind = failing.kind {
            return kind == .crash || kind == .hang ? [.takeHostDown(failing.message)] : []
        }
        state = .idle
        let pinned = trial.watch.attempt.pinned
        return [
            stand(on: footing),
            .drop(pinned.digest),
            settle(pinned, isRefusal ? .refused : .reverted, failing, events: trial.watch.events, at: now),
        ]
    }

    /// The active worker failed on a proven generation: start it again, later each time, and after too many failures
    /// stand on the next older one; on the last one that is left in safe mode. Below it there is observing, until the
    /// cool-down is over.
    private mutating func stumble(_ digest: Digest, _ fault: WorkerFault) -> [UpdateAction] {
        // While a restart is due only what no restart mends is heard.
        guard let generation = foothold.record.generation, generation.digest == digest,
            foothold.restartIn == nil || fault.isConclusive
        else { return [] }
        let wasCalm = foothold.calm >= UpdateLimit.killsForgottenAfter
        foothold.isLoaded = false
        foothold.calm = .zero
        if fault.isFromOutside {
            // Held against no generation: else whoever kills workers could take the host's protection away for good.
            foothold.kills = wasCalm ? 0 : foothold.kills
            foothold.restartIn = jittered(UpdateLimit.killedDelay(kills: foothold.kills))
            foothold.kills += 1
            return []
        }
        // A program that the worker will not load, or that destroys, is no better at the second time.
        foothold.record.deaths = fault.isConclusive ? UpdateLimit.deathsMax : foothold.record.deaths + 1
        guard foothold.record.deaths >= UpdateLimit.deathsMax else {
            foothold.restartIn = jittered(UpdateLimit.restartDelay(deaths: foothold.record.deaths))
            return []
        }
        let failing = Failing(fault)
        // A worker that will not load what it loaded before is as good as one that dies of it.
        foothold.record.fallen.append(
            .init(digest: digest, failure: failing.kind ?? .crash, message: failing.message))
        let left = shelf.filter { !foothold.hasFallen($0.pinned.digest) }
        if left.count <= 1 { foothold.record.mode = max(foothold.record.mode, left.isEmpty ? .observe : .safe) }
        let action = stand(on: footing)
        // Told as reverted, although it is kept: the gate must hear that the endpoint went back from it.
        return [action] + reports.filter { $0.pinned.digest == digest }.prefix(1).map { .report($0) }
    }
}

extension Failing {
    init(_ fault: WorkerFault) {
        switch fault {
        case .died(let how), .killed(let how):
            self.init(kind: .crash, code: "worker.died", message: "the worker died: \(how)")
        case .hung: self.init(kind: .hang, code: "worker.hung", message: "the worker did not answer in time")
        case .refused(let code, let message): self.init(kind: nil, code: code, message: message)
        case .overBudget(let what): self.init(kind: .overBudget, code: "worker.over_budget", message: what)
        case .destructive(let what): self.init(kind: .destructiveActions, code: "worker.destructive", message: what)
        }
    }
}

extension WorkerFault {
    var isRefusal: Bool {
        if case .refused = self { true } else { false }
    }

    /// One such fault is enough: starting the worker again would not mend it.
    var isConclusive: Bool {
        switch self {
        case .refused, .destructive: true
        case .died, .killed, .hung, .overBudget: false
        }
    }

    /// The program that the worker ran cannot have caused it.
    var isFromOutside: Bool {
        if case .killed = self { true } else { false }
    }
}
