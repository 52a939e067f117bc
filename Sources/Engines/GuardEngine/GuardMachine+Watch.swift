/// Watching an agent: beats, deaths, restarts.
extension GuardMachine {
    mutating func watchBegan(adopted: Bool, at now: UInt64) -> [GuardAction] {
        if adopted { return self.adopted(at: now) }
        // A guard before this one started it and did not see it end.
        if record.running != nil {
            agent = .running(run(at: now))
            return died("ended while no guard watched", at: now)
        }
        return start(at: now)
    }

    /// An agent that runs already is held to be what the record says was started last.
    mutating func adopted(at now: UInt64) -> [GuardAction] {
        let run = run(at: now)
        record.running = run.slot
        agent = .running(run)
        return [.tell("adopted the agent of slot \(run.slot.word)")]
    }

    private func run(at now: UInt64) -> Run {
        let slot = record.running ?? record.force
        return Run(slot: slot, isTrial: record.trial == slot, mode: record.mode, startedAt: now, lastBeatAt: now)
    }

    /// Starts what is due: the build on trial, else the one in force.
    mutating func start(at now: UInt64) -> [GuardAction] {
        var actions: [GuardAction] = []
        if let trial = record.trial, record.trialStarts >= GuardLimit.trialStartsMax {
            actions += condemned(trial, because: "\(record.trialStarts) starts without proof")
        }
        var slot = record.force
        if let trial = record.trial {
            slot = trial
            record.trialStarts += 1
            record[trial].standing = .trying
        } else if record[slot].standing != .proven {
            // Nothing may run: a remedy or an installation has to come, and is looked for at each try.
            agent = .waiting(until: now + policy.retryDelay)
            return actions + [.tell("no slot holds a build that may run; install one")]
        }
        record.running = slot
        let isTrial = record.trial == slot
        agent = .running(
            Run(slot: slot, isTrial: isTrial, mode: record.mode, startedAt: now, lastBeatAt: now))
        if isTrial { actions.append(.mark(slot, record[slot])) }
        actions.append(
            .startAgent(
                StartOrder(slot: slot, mode: record.mode, wasClean: record.wasClean, isTrial: isTrial)))
        return actions
    }

    /// Takes away a release that was on trial when its agent ended, unless that was told to end and wrote so. The next
    /// agent would do it too, if it came so far: one that the release hangs at each start never does.
    mutating func left(_ journal: JournalReading) -> [GuardAction] {
        switch journal {
        case .absent: return []
        case .whole(let header):
            guard header.stage == .trial, let digest = header.digest, !header.isStopped else { return [] }
            record.reverted = digest
            return [.condemn(digest), .tell("reverted \(digest.text): its agent ended while it was on trial")]
        case .torn(let why):
            record.isSweepDue = true
            return [.condemnUnproven, .tell("torn journal: \(why); every pack without a mark is taken away")]
        }
    }

    mutating func ended(_ end: AgentEnd, at now: UInt64) -> [GuardAction] {
        guard case .running(let run) = agent else { return [] }
        switch run.ending?.reason {
        case .finish:
            record.running = nil
            agent = .none
            return [.finish]
        case .change:
            record.running = nil
            return start(at: now)
        case .hung: return died("gave no beat", at: now)
        case .unproven: return died("did not prove itself in time", at: now)
        case nil: break
        }
        switch end {
        case .exited(let code) where code == 0 && run.isStopping:
            record.running = nil
            agent = .waiting(until: now + GuardPolicy.orderlyDelay)
            return [.tell("the agent ended in good order; it is started again")]
        case .unseen where run.isStopping:
            record.running = nil
            agent = .waiting(until: now + GuardPolicy.orderlyDelay)
            return [.tell("the adopted agent ended in good order; it is started again")]
        case .exited(let code): return died("exited with \(code)", at: now)
        // No program ends itself by SIGKILL, and this one was not ours.
        case .signalled(let number) where number == GuardLimit.killSignal: return killed("was killed", at: now)
        case .signalled(let number): return died("was ended by signal \(number)", at: now)
        // Only once for each guard that was killed: how the next one ends is seen.
        case .unseen: return killed("ended, and how was not seen", at: now)
        }
    }

    /// Someone ended an agent that had proven itself: it is started again and nothing is held against its build. Else
    /// whoever may kill an agent could talk the guard into running less and less of it.
    private mutating func killed(_ why: PlainText, at now: UInt64) -> [GuardAction] {
        guard case .running(let run) = agent, record.trial != run.slot else { return died(why, at: now) }
        record.running = nil
        kills = now - run.startedAt < GuardLimit.killsForgottenAfter ? min(kills + 1, GuardLimit.killDoublingsMax) : 0
        wait(policy.restartDelay << UInt64(kills), from: now)
        return [.tell("the agent of slot \(run.slot.word) \(why); it is started again")]
    }

    /// One death of the agent in hand: back from a trial at once and for good, else a restart, else a step down.
    mutating func died(_ why: PlainText, at now: UInt64) -> [GuardAction] {
        guard case .running(let run) = agent else { return [] }
        record.running = nil
        agent = .none
        if record.trial == run.slot {
            return condemned(run.slot, because: "its agent \(why)") + start(at: now)
        }
        record.deaths = min(record.deaths + 1, GuardLimit.deathsMax)
        let news = GuardAction.tell("death \(record.deaths) of the agent of slot \(run.slot.word): it \(why)")
        guard record.deaths >= GuardLimit.deathsMax else {
            wait(policy.restartDelay << UInt64(2 * (record.deaths - 1)), from: now)
            return [news]
        }
        return [news] + escalated(at: now)
    }

    /// The next thing to try when an agent keeps dying: the other build, then less work for it, then hardly any tries.
    private mutating func escalated(at now: UInt64) -> [GuardAction] {
        let other = record.force.other
        if record.actionsUsed < GuardLimit.actionsMax {
            if !record.hasSwitched, record[other].standing == .proven {
                record.hasSwitched = true
                record.force = other
                return lowered("slot \(other.word) is in force", at: now)
            }
            if let lower = record.mode.lower {
                record.mode = lower
                return lowered("mode \(lower.word)", at: now)
            }
        }
        wait(policy.retryDelay, from: now)
        return [.tell("automatic actions are used up; the next try is in about \(policy.retryDelay / 1_000) s")]
    }

    private mutating func lowered(_ what: PlainText, at now: UInt64) -> [GuardAction] {
        record.deaths = 0
        record.actionsUsed += 1
        wait(policy.restartDelay, from: now)
        return [.tell("step \(record.actionsUsed) of \(GuardLimit.actionsMax): \(what)")]
    }

    private mutating func wait(_ span: UInt64, from now: UInt64) { agent = .waiting(until: now + jittered(span)) }

    /// Takes a build off trial for good. The slot in force is not touched.
    mutating func condemned(_ slot: BuildSlot, because why: PlainText) -> [GuardAction] {
        if let digest = record[slot].digest { record.refuse(digest) }
        record[slot].standing = .condemned
        record.trial = nil
        record.trialStarts = 0
        record.actionsUsed = min(record.actionsUsed + 1, GuardLimit.actionsMax)
        return [
            .mark(slot, record[slot]),
            .tell("build in slot \(slot.word) condemned: \(why); back to slot \(record.force.word)"),
        ]
    }

    mutating func said(_ word: AgentWord, at now: UInt64) -> [GuardAction] {
        if word == .look { return looked(at: now, isRestartWanted: false) }
        if word == .restart { return looked(at: now, isRestartWanted: true) }
        guard case .running(var run) = agent else { return [] }
        var actions: [GuardAction] = []
        switch word {
        case .beat: run.lastBeatAt = now
        case .stopping: run.isStopping = true
        case .committed(let build):
            guard run.isTrial, record.trial == run.slot, run.ending == nil else { break }
            run.isTrial = false
            record[run.slot].standing = .proven
            record.force = run.slot
            record.trial = nil
            record.trialStarts = 0
            record.deaths = 0
            record.hasSwitched = false
            actions = [.mark(run.slot, record[run.slot]), .tell("build \(build) in slot \(run.slot.word) is proven")]
        case .well:
            guard !run.isTrial, run.ending == nil else { break }
            run.isWell = true
            record.uncleanBoots = 0
            record.deaths = 0
            record.hasSwitched = false
            if run.mode == .normal { record.actionsUsed = 0 }
        case .look, .restart: break
        }
        agent = .running(run)
        return actions
    }

    mutating func ticked(at now: UInt64) -> [GuardAction] {
        switch agent {
        case .none: return []
        case .waiting(let until): return now >= until ? start(at: now) : []
        case .running(var run):
            if let ending = run.ending {
                guard now >= ending.since + policy.endDeadline else { return [] }
                run.ending?.since = now
                agent = .running(run)
                return [.killAgent]
            }
            if now >= run.lastBeatAt + policy.beatDeadline { return ending(.hung, [.killAgent], at: now) }
            if run.isTrial, now >= run.startedAt + policy.trialDeadline {
                return ending(.unproven, [.killAgent], at: now)
            }
            guard run.isWell, run.mode != .normal, now >= run.startedAt + policy.safeStay,
                record.actionsUsed < GuardLimit.actionsMax
            else { return [] }
            record.mode = run.mode.higher
            return [.tell("well for long enough in mode \(run.mode.word); the agent is asked for more")]
                + ending(.change, [.endAgent], at: now)
        }
    }

    /// Ends the running agent for this reason.
    mutating func ending(_ reason: Ending.Reason, _ actions: [GuardAction], at now: UInt64) -> [GuardAction] {
        guard case .running(var run) = agent else { return [] }
        run.ending = Ending(reason: reason, since: now)
        agent = .running(run)
        return actions
    }

    mutating func endRequested(at now: UInt64) -> [GuardAction] {
        guard case .running(let run) = agent else {
            agent = .none
            return [.finish]
        }
        if run.ending?.reason == .hung || run.ending?.reason == .unproven {
            // It is being killed, and that stays a failure: the next guard finds it unseen.
            return [.finish]
        }
        return ending(.finish, [.endAgent], at: now)
    }
}
