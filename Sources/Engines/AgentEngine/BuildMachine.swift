package import FleetModel

/// How a build of the agent stands here.
package struct BuildRecord: Hashable, Sendable, Codable {
    package var pinned: PinnedRelease
    package var stage: ReleaseStage
    /// The agent's program in it; nil until the release was verified.
    package var agent: Digest?
    package var failure: FailureKind?
    package var code = ""
    package var message = ""
    package var enteredAt: Moment

    package var report: StageReport {
        StageReport(
            pinned: pinned, stage: stage, failure: failure, code: code, message: message, enteredAt: enteredAt)
    }
}

/// What is durable of builds.
package struct BuildJournal: Hashable, Sendable, Codable {
    /// The release of the build that is kept, where it came as one. `reverted` when it was recalled and runs all the same,
    /// until the guard has another.
    package var kept: BuildRecord?
    /// The one after it: under way, or how it ended.
    package var attempt: BuildRecord?
    /// Releases that ran here and failed, or were recalled; newest first. They are not tried again.
    package var failed: [Digest] = []

    /// Failed releases that are remembered: more than a year of one each week.
    package static let failedCountMax = 64

    package init() {}
}

package enum BuildInput: Sendable {
    /// First of all.
    ///
    /// - Parameters:
    ///   - running: SHA-256 of this process's program; nil when it cannot be read.
    ///   - isOnTrial: The guard says that this build has not proven itself.
    case started(BuildJournal, running: Digest?, isOnTrial: Bool)
    case offer(ReleaseOffer)
    /// The release was verified, and its programs lie in the folder of builds.
    case fetched(Digest, agent: Digest)
    case fetchFailed(Digest, message: String)
    case refused(Digest, code: String, message: String)
    /// The guard has copied it into the slot that is not in force.
    case installed(Digest)
    case notInstalled(Digest, message: String)
    /// The guard has condemned it before.
    case failedBefore(Digest)
    /// The build that runs was told to the guard as proven.
    case committed
    case recalls([RecalledRelease])
}

package enum BuildAction: Hashable, Sendable {
    case fetch(ReleaseOffer)
    /// Hand the fetched programs to the guard.
    case install(Digest)
    /// Ask the guard to end this agent in good order, and so to start the staged build.
    case restart
    /// Ask the guard for the other build: this one was recalled.
    case goBack
    case report(StageReport)
}

/// Takes new builds of the agent, of which the guard keeps two: fetches them, hands them over, and tells how they fared.
///
/// The guard tries a build and goes back from it, without a word from here: see docs/design/guard.md. So what a build
/// did is read from which of the two runs. Pure: a change of ``journal`` is durable before the actions are run.
///
/// - A release that ran here and failed, or was recalled, is not tried again.
/// - While one is tried no other is taken.
package struct BuildMachine: Sendable {
    package private(set) var journal = BuildJournal()
    private var running: Digest?
    /// Of which release downloads failed in a row, how many, and until when the next waits.
    private var failing: (digest: Digest, tries: Int, until: Moment)?

    /// Downloads of one release before it is refused.
    package static let fetchTriesMax = 5
    /// The wait after the first download that failed; doubled after each.
    package static let fetchPause = Moment.Span.minutes(1)
    /// A release that was refused may be taken again after this: the reason may be gone.
    package static let refusedAgainAfter = Moment.Span.minutes(10)

    package init() {}

    package var reports: [StageReport] { [journal.attempt, journal.kept].compactMap { $0?.report } }
    /// The release of the build that runs, where it came as one.
    package var active: PinnedRelease? {
        if let attempt = journal.attempt, attempt.stage == .trial { return attempt.pinned }
        return isKeptRecalled ? nil : journal.kept?.pinned
    }

    package mutating func handle(_ input: BuildInput, at now: Moment) -> [BuildAction] {
        switch input {
        case .started(let journal, let running, let isOnTrial):
            return started(journal, running: running, isOnTrial: isOnTrial, at: now)
        case .offer(let offer): return take(offer, at: now)
        case .fetched(let digest, let agent):
            guard isDownloading(digest) else { return [] }
            journal.attempt?.agent = agent
            return [.install(digest)]
        case .fetchFailed(let digest, let message):
            guard isDownloading(digest) else { return [] }
            let tries = (failing?.digest == digest ? failing?.tries ?? 0 : 0) + 1
            guard tries < Self.fetchTriesMax else {
                return settle(.refused, code: "build.fetch_failed", message: message, at: now)
            }
            let pause = Moment.Span.milliseconds(Self.fetchPause.milliseconds << Int64(tries - 1))
            failing = (digest, tries, now + pause)
            journal.attempt = nil
            return []
        case .refused(let digest, let code, let message):
            return isDownloading(digest) ? settle(.refused, code: code, message: message, at: now) : []
        case .installed(let digest):
            // One that was recalled while it was handed over is staged all the same.
            guard isDownloading(digest) else {
                return journal.attempt?.pinned.digest == digest && isAttemptBarred ? [.goBack] : []
            }
            return enter(.staged, at: now) + [.restart]
        case .notInstalled(let digest, let message):
            guard isDownloading(digest) else { return leaveKept() }
            return settle(.refused, code: "build.not_installed", message: message, at: now) + leaveKept()
        case .failedBefore(let digest):
            guard isDownloading(digest) else { return leaveKept() }
            return settle(
                .reverted, failure: .crash, code: "build.failed_before",
                message: "the guard has tried it and gone back; its status and log say why", at: now) + leaveKept()
        case .committed:
            guard journal.attempt?.stage == .trial, journal.attempt?.agent == running else { return [] }
            return keep(at: now)
        case .recalls(let recalls): return recall(recalls, at: now)
        }
    }

    private func isDownloading(_ digest: Digest) -> Bool {
        journal.attempt?.stage == .downloading && journal.attempt?.pinned.digest == digest
    }

    private mutating func started(_ journal: BuildJournal, running: Digest?, isOnTrial: Bool, at now: Moment)
        -> [BuildAction]
    {
        self.journal = journal
        self.running = running
        // Not knowing what runs, nothing is said of it.
        guard let running else { return [] }
        let isAttempt = journal.attempt?.agent == running
        switch journal.attempt?.stage {
        // The guard tries what it was handed, also when nobody came to write down that it had it.
        case .downloading, .staged, .trial:
            if isAttempt { return isOnTrial ? enter(.trial, at: now) : keep(at: now) }
            guard journal.attempt?.stage == .downloading else { return takenBack(at: now) + leaveKept() }
            self.journal.attempt = nil
        case .reverted, .refused:
            // It was recalled, and the process ended before the guard was told to leave it.
            if isAttempt, isAttemptBarred, let attempt = journal.attempt {
                return [.report(attempt.report), .goBack]
            }
        case .shadow, .committed, nil: break
        }
        guard let kept = journal.kept else { return [] }
        guard kept.agent != running else { return [.report(kept.report)] + leaveKept() }
        let wasRecalled = isKeptRecalled
        self.journal.attempt = kept
        self.journal.kept = nil
        return wasRecalled ? [.report(kept.report)] : takenBack(at: now)
    }

    private var isKeptRecalled: Bool { journal.kept?.stage == .reverted }

    private var isAttemptBarred: Bool { journal.attempt.map { journal.failed.contains($0.pinned.digest) } ?? false }

    /// Whether the guard may have the attempt, and start it when this process ends.
    private var isHandedOver: Bool {
        switch journal.attempt?.stage {
        case .downloading: journal.attempt?.agent != nil
        case .staged, .trial: true
        case .shadow, .committed, .reverted, .refused, nil: false
        }
    }

    /// Leaves the kept build if it was recalled. What is tried on top of it goes on first: it is the way out.
    private func leaveKept() -> [BuildAction] { isKeptRecalled && !isHandedOver ? [.goBack] : [] }

    private mutating func takenBack(at now: Moment) -> [BuildAction] {
        settle(
            .reverted, failure: .crash, code: "build.taken_back",
            message: "the guard went back to the other build; its status and log say why", at: now)
    }

    private mutating func take(_ offer: ReleaseOffer, at now: Moment) -> [BuildAction] {
        let pinned = offer.pinned
        if let failing, failing.digest == pinned.digest, now < failing.until { return [] }
        guard !journal.failed.contains(pinned.digest) else { return [] }
        if let kept = journal.kept, !isKeptRecalled, kept.pinned.release >= pinned.release { return [] }
        if let attempt = journal.attempt {
            switch attempt.stage {
            case .downloading, .staged, .shadow, .trial: return []
            case .refused where attempt.pinned.digest == pinned.digest:
                let since = now - attempt.enteredAt
                if since >= .zero, since < Self.refusedAgainAfter { return [] }
            case .committed, .reverted, .refused: break
            }
        }
        let record = BuildRecord(pinned: pinned, stage: .downloading, enteredAt: now)
        journal.attempt = record
        return [.report(record.report), .fetch(offer)]
    }

    private mutating func keep(at now: Moment) -> [BuildAction] {
        let actions = enter(.committed, at: now)
        journal.kept = journal.attempt
        journal.attempt = nil
        return actions
    }

    private mutating func enter(_ stage: ReleaseStage, at now: Moment) -> [BuildAction] {
        journal.attempt?.stage = stage
        journal.attempt?.enteredAt = now
        failing = nil
        return (journal.attempt?.report).map { [.report($0)] } ?? []
    }

    private mutating func settle(
        _ stage: ReleaseStage, failure: FailureKind? = nil, code: String, message: String, at now: Moment
    ) -> [BuildAction] {
        journal.attempt?.failure = failure
        journal.attempt?.code = code
        journal.attempt?.message = message
        if stage == .reverted, let digest = journal.attempt?.pinned.digest { forget(digest) }
        return enter(stage, at: now)
    }

    private mutating func forget(_ digest: Digest) {
        guard !journal.failed.contains(digest) else { return }
        journal.failed = Array(([digest] + journal.failed).prefix(BuildJournal.failedCountMax))
    }

    private mutating func recall(_ recalls: [RecalledRelease], at now: Moment) -> [BuildAction] {
        for recall in recalls { forget(recall.pinned.digest) }
        func recall(of record: BuildRecord?) -> String? {
            guard let record, let recall = recalls.first(where: { $0.covers(record.pinned) }) else { return nil }
            forget(record.pinned.digest)
            return "recalled: \(recall.reason)"
        }
        var actions: [BuildAction] = []
        if let message = recall(of: journal.attempt), let stage = journal.attempt?.stage {
            switch stage {
            case .downloading: actions = settle(.refused, code: "update.recalled", message: message, at: now)
            case .staged, .shadow, .trial, .committed:
                actions = settle(.reverted, code: "update.recalled", message: message, at: now) + [.goBack]
            case .reverted, .refused: break
            }
        }
        guard !isKeptRecalled, let message = recall(of: journal.kept), var kept = journal.kept else { return actions }
        (kept.stage, kept.code, kept.message, kept.enteredAt) = (.reverted, "update.recalled", message, now)
        journal.kept = kept
        actions.append(.report(kept.report))
        return actions.contains(.goBack) ? actions : actions + leaveKept()
    }
}
