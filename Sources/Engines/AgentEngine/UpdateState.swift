package import FleetModel

/// Where the endpoint stands with the one release that it may be trying. What protects it meanwhile is the `Foothold`.
///
/// An attempt goes through downloading (fetched, then `downloaded`, then `verified`), `staged`, `shadow` and `trial`, and
/// ends as committed (on the shelf of proven generations), reverted (it ran and was taken away) or refused (it never
/// ran). The drawing in docs/images/update-machine.dot has every way in and out, written by a test.
package enum UpdateState: Hashable, Sendable {
    /// Purpose: knows nothing and does nothing. In: made. Out: `started`, to whatever the disk says.
    case dormant
    /// Purpose: the foothold protects, no attempt is under way. In: every end of an attempt. Out: an offer, in normal
    /// mode.
    case idle
    /// Purpose: bring a pack to disk without believing it. In: an offer, or a start that found it unfinished. Out: to
    /// staged when the pack is durable and was read back; refused on a failed check, tries used up, a full disk, ten
    /// minutes, a recall, or when the endpoint leaves normal mode.
    case downloading(Downloading)
    /// Purpose: verified and durable; waits until the active generation is steady, so that its troubles are not blamed
    /// on this. In: from downloading, or a start that found it here, in shadow, or on trial and stopped in order. Out: to
    /// shadow when the foothold is steady (to trial where the lab has switched shadow off); refused after ten minutes, by
    /// a recall, or when the endpoint leaves normal mode.
    case staged(Staged)
    /// Purpose: a second worker loads the release and evaluates the same events; its verdicts count nowhere. In: from
    /// staged. Out: to trial on an answer that shows enough time, enough events and the canary detected; reverted by
    /// death, hang, a passed budget, a missed canary or too few events; refused when the worker will not load it.
    case shadow(Watch)
    /// Purpose: swapped in and not yet proven. In: from shadow; from staged where the lab has switched shadow off. Out:
    /// committed on the same evidence, counted from zero; reverted as shadow is, and by any end of the agent or the host
    /// that was not in order.
    case trial(Trial)

    package struct Attempt: Hashable, Sendable {
        package let offer: ReleaseOffer
        package var interruptions: Int
        package var enteredAt: Moment

        package var pinned: PinnedRelease { offer.pinned }
    }

    package struct Downloading: Hashable, Sendable {
        package enum Step: Hashable, Sendable {
            /// Time left before the next try.
            case waiting(Moment.Span)
            case fetching
            /// The bytes are in memory and are being checked.
            case downloaded
            /// Signature, digest, name and version hold; it is being written.
            case verified
        }

        package var attempt: Attempt
        package var step: Step
        /// Tries to fetch, the one under way included.
        package var tries: Int
        package var watched = Moment.Span.zero
    }

    package struct Staged: Hashable, Sendable {
        package var attempt: Attempt
        package var watched = Moment.Span.zero
    }

    /// A release that runs and is watched.
    package struct Watch: Hashable, Sendable {
        package var attempt: Attempt
        package var isLoaded = false
        /// Watched time since this stage began, and since the release was loaded once it is.
        package var watched = Moment.Span.zero
        /// Events that its worker had evaluated when this stage began.
        package var eventsBefore: UInt64 = 0
        /// Events that its worker has evaluated, by its latest answer.
        package var eventsLatest: UInt64 = 0
        /// The worker's first answer in this stage: what its budget is counted from.
        package var firstSample: WorkerSample?
        /// Answers in a row, the latest included, that took longer than the budget allows.
        package var slowAnswers = 0
        /// Matches of the active worker when this stage began.
        package var activeMatchesBefore: UInt64 = 0
        /// The canary event was detected in this stage.
        package var hasDetectedCanary = false

        /// Events that count for this stage. A worker that counts backwards has evaluated none.
        package var events: UInt64 { eventsLatest > eventsBefore ? eventsLatest - eventsBefore : 0 }
    }

    package struct Trial: Hashable, Sendable {
        package var watch: Watch
        /// The agent will end by its own decision.
        package var isStopping = false
    }

    /// The state's name, as logs and the drawing have it.
    package var name: String {
        switch self {
        case .dormant: "dormant"
        case .idle: "idle"
        case .downloading: "downloading"
        case .staged: "staged"
        case .shadow: "shadow"
        case .trial: "trial"
        }
    }

    /// The attempt under way; nil when none is.
    package var attempt: Attempt? {
        switch self {
        case .dormant, .idle: nil
        case .downloading(let downloading): downloading.attempt
        case .staged(let staged): staged.attempt
        case .shadow(let watch): watch.attempt
        case .trial(let trial): trial.watch.attempt
        }
    }

    /// The attempt as the journal keeps it.
    var record: UpdateJournal.Attempt? {
        func record(_ attempt: Attempt, _ stage: UpdateJournal.Attempt.Stage, isStoppedCleanly: Bool = false)
            -> UpdateJournal.Attempt
        {
            UpdateJournal.Attempt(
                offer: attempt.offer, stage: stage, enteredAt: attempt.enteredAt, interruptions: attempt.interruptions,
                isStoppedCleanly: isStoppedCleanly)
        }
        return switch self {
        case .dormant, .idle: nil
        case .downloading(let downloading): record(downloading.attempt, .downloading)
        case .staged(let staged): record(staged.attempt, .staged)
        case .shadow(let watch): record(watch.attempt, .shadow)
        case .trial(let trial): record(trial.watch.attempt, .trial, isStoppedCleanly: trial.isStopping)
        }
    }
}
