package import FleetModel

/// Decides what an endpoint does with releases: take, shadow, try, keep, take away.
///
/// Pure: inputs and a time in, actions out. Its one caller, the driver, makes the journal durable before it runs the
/// actions, so that an end at any moment leaves a record that is true or more cautious than the truth.
///
/// About time: `now` is the driver's monotonic clock (CLOCK_BOOTTIME since the start of the agent, added to one reading
/// of the wall clock). The machine does not trust it further than it must. It adds up the time between inputs, counts
/// a step back as nothing and a leap forward as `UpdateLimit.watchGapMax`; so a clock that jumps neither commits a
/// release early nor keeps one on trial for ever. And no release advances on time alone: shadow and trial end well only
/// on an answer of the worker that runs it.
///
/// Invariants, watched by checkers in the tests:
/// - A release runs as active only when it is proven, or when the journal says that it is on trial.
/// - A proven generation is dropped only when it was recalled, or when `UpdateLimit.provenKept` newer ones are proven.
/// - A recalled release is not fetched, run or kept.
/// - A trial that was not committed ends on the foothold at the next start, whatever ended the agent.
package struct UpdateMachine: Sendable {
    package internal(set) var state: UpdateState = .dormant
    package internal(set) var foothold = Foothold(record: .init(generation: nil))
    /// Proven generations, newest first.
    package internal(set) var shelf: [ProvenGeneration] = []
    package internal(set) var settled: [SettledRelease] = []
    package internal(set) var recalled: [RecalledRelease] = []
    package internal(set) var recallRevision: UInt64 = 0
    package internal(set) var policy: TrialPolicy
    package internal(set) var protections: LabProtections = .all
    /// Commits of this endpoint so far.
    package internal(set) var commitCount: UInt64 = 0
    var bootID = ""
    var jitterSeed: UInt64 = 0
    /// When the latest input came; nil before the first.
    private var latest: Moment?

    package init(policy: TrialPolicy) { self.policy = policy }

    /// What must be durable before the actions of the latest input are run.
    package var journal: UpdateJournal {
        UpdateJournal(
            format: UpdateJournal.formatCurrent, bootID: bootID, proven: shelf, commitCount: commitCount,
            foothold: foothold.record, attempt: state.record, settled: settled, recalled: recalled,
            recallRevision: recallRevision)
    }

    /// Where every release stands that the endpoint holds, tries or has just left; at most
    /// `UpdateLimit.provenKept` + 1 + `UpdateLimit.settledKept`, the attempt first.
    package var reports: [StageReport] {
        var reports: [StageReport] = []
        switch state {
        case .dormant, .idle: break
        case .downloading(let downloading): reports.append(StageReport(downloading.attempt, .downloading))
        case .staged(let staged): reports.append(StageReport(staged.attempt, .staged))
        case .shadow(let watch): reports.append(StageReport(watch.attempt, .shadow, events: watch.events))
        case .trial(let trial): reports.append(StageReport(trial.watch.attempt, .trial, events: trial.watch.events))
        }
        reports += shelf.map { generation in
            guard let fallen = foothold.record.fallen.first(where: { $0.digest == generation.pinned.digest }) else {
                return StageReport(pinned: generation.pinned, stage: .committed, enteredAt: generation.committedAt)
            }
            return StageReport(
                pinned: generation.pinned, stage: .reverted, failure: fallen.failure, code: "update.fell_back",
                message: fallen.message, enteredAt: generation.committedAt)
        }
        // One that was refused before and is tried again stands where the attempt stands.
        reports += settled.filter { $0.pinned.digest != state.attempt?.pinned.digest }.map {
            StageReport(
                pinned: $0.pinned, stage: $0.stage, failure: $0.failure, code: $0.code, message: $0.message,
                enteredAt: $0.at)
        }
        return reports
    }

    /// Takes one input and says what to do. Total: every input is answered in every state, and one that does not
    /// apply has no effect.
    ///
    /// - Parameter now: The driver's clock; see above for what it is not trusted with.
    /// - Returns: Actions in their order. Those of `started` are retreats, or repeat what the journal on disk already
    ///   says, so that a start on a disk that cannot be written protects all the same.
    package mutating func handle(_ input: UpdateInput, at now: Moment) -> [UpdateAction] {
        let watched = elapsed(until: now)
        if case .started(let start) = input {
            guard state == .dormant else { return [] }
            return self.start(start, at: now)
        }
        guard state != .dormant else { return [] }
        pass(watched)
        var actions = answer(input, at: now)
        actions += meetDeadlines(at: now)
        actions += begin(at: now)
        return actions
    }

    private mutating func answer(_ input: UpdateInput, at now: Moment) -> [UpdateAction] {
        switch input {
        case .started, .tick: []
        case .offer(let offer): take(offer, at: now)
        case .bytesArrived(let digest): fetched(digest)
        case .downloadFailed(let digest, let message, let isLasting):
            fetchFailed(digest, message: message, isLasting: isLasting, at: now)
        case .verified(let digest): verified(digest)
        case .verificationRefused(let digest, let code, let message):
            stopDownloading(digest, during: .downloaded, code: code, message: message, at: now)
        case .kept(let digest): kept(digest, at: now)
        case .keepFailed(let digest, let code, let message):
            stopDownloading(digest, during: .verified, code: code, message: message, at: now)
        case .workerLoaded(let slot, let digest): loaded(slot, digest)
        case .workerFailed(let slot, let digest, let fault): failed(slot, digest, fault, at: now)
        case .evidence(let slot, let digest, let sample): weigh(slot, digest, sample, at: now)
        case .recalls(let recalls, let revision): recall(recalls, revision: revision, at: now)
        case .protections(let protections): set(protections)
        case .policy(let policy): set(policy)
        case .resume: resume()
        case .stopping: stop()
        }
    }

    private mutating func set(_ protections: LabProtections) -> [UpdateAction] {
        self.protections = protections
        return []
    }

    private mutating func set(_ policy: TrialPolicy) -> [UpdateAction] {
        self.policy = policy
        return []
    }

    private mutating func stop() -> [UpdateAction] {
        guard case .trial(var trial) = state else { return [] }
        trial.isStopping = true
        state = .trial(trial)
        return []
    }

    /// The time to credit: never negative, never more than `UpdateLimit.watchGapMax`.
    private mutating func elapsed(until now: Moment) -> Moment.Span {
        defer { latest = now }
        guard let latest else { return .zero }
        return min(max(now - latest, .zero), UpdateLimit.watchGapMax)
    }
}

extension StageReport {
    fileprivate init(_ attempt: UpdateState.Attempt, _ stage: ReleaseStage, events: UInt64 = 0) {
        self.init(pinned: attempt.pinned, stage: stage, enteredAt: attempt.enteredAt, eventsEvaluated: events)
    }
}
