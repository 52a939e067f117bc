package import FleetModel

/// What the endpoint stands on when every attempt is taken away: a proven generation, or nothing but observing.
package struct Foothold: Hashable, Sendable {
    /// The part that is kept in the journal.
    package struct Record: Hashable, Sendable, Codable {
        /// The proven generation in force; nil when none is: then events are observed and no content runs.
        package var generation: PinnedRelease?
        /// Deaths of the worker on this generation without a healthy stretch between them.
        package var deaths: Int
        /// Generations that failed one after the other and were left; emptied by a commit or after the cool-down.
        package var failed: [Digest]

        package init(generation: PinnedRelease?, deaths: Int = 0, failed: [Digest] = []) {
            self.generation = generation
            self.deaths = deaths
            self.failed = failed
        }
    }

    package var record: Record
    /// The worker has the generation loaded and nothing was heard against it since.
    package var isLoaded = false
    /// Watched time since the last death.
    var calm = Moment.Span.zero
    /// Time until the worker is started again; nil when no start is due.
    var restartIn: Moment.Span?
    /// Time until the newest generation is tried again after all have failed; nil when that is not the case.
    var cooldown: Moment.Span?

    init(record: Record) { self.record = record }

    /// Whether an attempt may begin: nothing shakes that the attempt could be blamed for.
    var isSteady: Bool { record.generation == nil || (isLoaded && record.deaths == 0) }
}
