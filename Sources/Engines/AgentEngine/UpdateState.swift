package import FleetModel

/// Where the endpoint stands with the one release that it may be trying. What protects it meanwhile is the `Foothold`.
package enum UpdateState: Hashable, Sendable {
    /// Before `started`: knows nothing and does nothing.
    case dormant
    /// No attempt is under way.
    case idle
    case downloading(Downloading)
    /// Verified and durable; waits until the active generation is steady, so that its troubles are not blamed on this.
    case staged(Staged)
    case shadow(Watch)
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
            case verifying
            case writing
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
