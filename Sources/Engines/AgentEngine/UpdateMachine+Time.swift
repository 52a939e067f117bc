package import FleetModel

extension UpdateMachine {
    /// How long the driver may wait before it gives a `tick`; nil when nothing hangs on time. Never more than half
    /// of `UpdateLimit.watchGapMax`, so that watched time is counted whole.
    package var wakeAfter: Moment.Span? {
        var due: [Moment.Span] = []
        if let restartIn = foothold.restartIn { due.append(restartIn) }
        if let cooldown = foothold.cooldown { due.append(cooldown) }
        if foothold.record.mode == .safe, foothold.isLoaded { due.append(UpdateLimit.safeSpan) }
        switch state {
        case .dormant, .idle:
            if foothold.record.deaths > 0, foothold.isLoaded { due.append(UpdateLimit.healthyAfter) }
        case .downloading(let downloading):
            if case .waiting(let left) = downloading.step { due.append(left) }
            due.append(UpdateLimit.downloadPatience)
        case .staged, .shadow, .trial: due.append(UpdateLimit.watchGapMax)
        }
        let half = Moment.Span(milliseconds: UpdateLimit.watchGapMax.milliseconds / 2)
        return due.min().map { min(max($0, .milliseconds(1)), half) }
    }

    /// Adds `span` to everything that is timed.
    mutating func pass(_ span: Moment.Span) {
        if foothold.isLoaded { foothold.calm = foothold.calm + span }
        foothold.restartIn = foothold.restartIn.map { $0 - span }
        foothold.cooldown = foothold.cooldown.map { $0 - span }
        switch state {
        case .dormant, .idle: break
        case .downloading(var downloading):
            downloading.watched = downloading.watched + span
            if case .waiting(let left) = downloading.step { downloading.step = .waiting(left - span) }
            state = .downloading(downloading)
        case .staged(var staged):
            staged.watched = staged.watched + span
            state = .staged(staged)
        case .shadow(var watch):
            watch.watched = watch.watched + span
            state = .shadow(watch)
        case .trial(var trial):
            trial.watch.watched = trial.watch.watched + span
            state = .trial(trial)
        }
    }

    /// Does what is due, and ends what has taken too long: no state can be stayed in for ever.
    mutating func meetDeadlines(at now: Moment) -> [UpdateAction] {
        standFirm() + giveUpWhenShaken(at: now) + endOverdue(at: now)
    }

    /// What time does to the foothold.
    private mutating func standFirm() -> [UpdateAction] {
        if foothold.isLoaded, foothold.record.deaths > 0, foothold.calm >= UpdateLimit.healthyAfter {
            foothold.record.deaths = 0
        }
        if foothold.isLoaded, foothold.record.mode == .normal, foothold.record.climbs > 0,
            foothold.calm >= UpdateLimit.climbsForgivenAfter
        {
            foothold.record.climbs = 0
        }
        if let climb = climb() { return isOnTrial ? [] : [climb] }
        if let restartIn = foothold.restartIn, restartIn <= .zero {
            foothold.restartIn = nil
            if !isOnTrial, let generation = foothold.record.generation { return [.restartActive(generation)] }
        }
        return []
    }

    private mutating func endOverdue(at now: Moment) -> [UpdateAction] {
        switch state {
        case .dormant, .idle: return []
        case .downloading(var downloading):
            if downloading.watched > UpdateLimit.downloadPatience {
                return refuse(
                    downloading.attempt.pinned, code: "update.download_stalled",
                    message: "the pack could not be fetched, checked and written in time; see agent.log", at: now)
            }
            guard case .waiting(let left) = downloading.step, left <= .zero else { return [] }
            downloading.step = .fetching
            state = .downloading(downloading)
            return [.download(downloading.attempt.offer)]
        case .staged(let staged):
            guard staged.watched > UpdateLimit.steadyPatience else { return [] }
            return [.drop(staged.attempt.pinned.digest)]
                + refuse(
                    staged.attempt.pinned, code: "update.unsteady",
                    message: "the active generation was not steady long enough to try another; see agent.log", at: now)
        case .shadow(let watch):
            return overdue(watch, span: policy.shadowSpan).map { endShadow($0, at: now) } ?? []
        case .trial(let trial):
            return overdue(trial.watch, span: policy.trialSpan).map { endTrial($0, at: now) } ?? []
        }
    }

    /// How a watched release has failed by taking too long; nil when it has not.
    private func overdue(_ watch: UpdateState.Watch, span: Moment.Span) -> Failing? {
        if !watch.isLoaded, watch.watched > policy.loadDeadline {
            return Failing(kind: .hang, code: "worker.load_deadline", message: "the worker did not load it in time")
        }
        if watch.isLoaded, watch.watched > policy.patience(for: span) {
            return Failing(
                kind: .lostProtection, code: "update.no_evidence",
                message: "it ran and evaluated too few events to count as protecting; check the sensor")
        }
        return nil
    }

    var isOnTrial: Bool {
        if case .trial = state { true } else { false }
    }
}

/// Why a release that runs is to be taken away.
struct Failing: Hashable, Sendable {
    /// Nil for a recall.
    let kind: FailureKind?
    let code: String
    let message: String
}
