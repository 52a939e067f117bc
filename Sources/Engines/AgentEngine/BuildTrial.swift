package import FleetModel

/// Decides when a build of the agent has proven itself here: by work done under the endpoint's own trial policy, never
/// by having run for a while.
///
/// The guard keeps the build before this one and goes back to it when this one dies, hangs, or meets a boot that did
/// not end in order, before this says that it is kept.
package struct BuildTrial: Hashable, Sendable {
    /// Without trouble for this long, an endpoint has left its bad boots and deaths behind it. Longer than most
    /// trials: what ends a host every few minutes shall not look well.
    package static let wellAfter = Moment.Span.minutes(5)
    /// The most time that counts between two looks, as `UpdateLimit.watchGapMax` has it.
    static let gapMax = UpdateLimit.watchGapMax

    package enum Word: Hashable, Sendable {
        /// This build is to be kept.
        case committed
        /// A healthy stretch is over.
        case well
    }

    private var latest: Moment?
    private var watched = Moment.Span.zero
    private var calm = Moment.Span.zero
    private var eventsBefore: UInt64?
    private var isCommitted: Bool
    private let policy: TrialPolicy

    /// - Parameter isOnTrial: False for a build that is proven: then there is nothing to commit.
    package init(isOnTrial: Bool, policy: TrialPolicy) {
        isCommitted = !isOnTrial
        self.policy = policy
    }

    /// What one look at the endpoint shows.
    package struct Look: Hashable, Sendable {
        /// The active worker has the generation loaded and answered its latest ping, or nothing is proven here yet and
        /// there is nothing to run.
        package var isProtecting: Bool
        /// Something proven is there to run.
        package var hasGeneration: Bool
        /// Events evaluated since the agent started.
        package var eventsEvaluated: UInt64
        /// See `WorkerSample.detectsCanary`, of the latest answer.
        package var detectsCanary: Bool?

        package init(isProtecting: Bool, hasGeneration: Bool, eventsEvaluated: UInt64, detectsCanary: Bool?) {
            self.isProtecting = isProtecting
            self.hasGeneration = hasGeneration
            self.eventsEvaluated = eventsEvaluated
            self.detectsCanary = detectsCanary
        }
    }

    /// Takes a look; gives what is now to be told to the guard. `well` comes again after each further stretch.
    package mutating func look(_ look: Look, at now: Moment) -> [Word] {
        let passed = latest.map { min(max(now - $0, .zero), Self.gapMax) } ?? .zero
        latest = now
        let before = eventsBefore ?? look.eventsEvaluated
        eventsBefore = before
        guard look.isProtecting else {
            calm = .zero
            return []
        }
        watched = watched + passed
        calm = calm + passed
        var words: [Word] = []
        let events = look.eventsEvaluated > before ? look.eventsEvaluated - before : 0
        // An endpoint with nothing to run can only show that the build keeps its house: time must do.
        let hasWorked = !look.hasGeneration || (events >= policy.trialEventsMin && look.detectsCanary != false)
        if !isCommitted, watched >= policy.trialSpan, hasWorked {
            isCommitted = true
            words.append(.committed)
        }
        if calm >= Self.wellAfter {
            calm = .zero
            words.append(.well)
        }
        return words
    }
}
