package import FleetModel

/// What the endpoint stands on when every attempt is taken away: a proven generation, or nothing but observing.
package struct Foothold: Hashable, Sendable {
    /// A proven generation that was left, and how it failed here.
    package struct Fallen: Hashable, Sendable, Codable {
        package let digest: Digest
        package let failure: FailureKind
        package let message: String
    }

    /// The part that is kept in the journal.
    package struct Record: Hashable, Sendable, Codable {
        /// The proven generation in force; nil when none is: then events are observed and no content runs.
        package var generation: PinnedRelease?
        /// Deaths of the worker on this generation without a healthy stretch between them.
        package var deaths: Int
        /// Generations that failed one after the other and were left; emptied by a commit and by a climb.
        package var fallen: [Fallen]
        /// How much the endpoint dares.
        package var mode: ProtectionMode
        /// Climbs to a more daring mode that the machine made by itself. At `UpdateLimit.climbsMax` it makes no more:
        /// the fault may not be the content, and someone must look.
        package var climbs: Int

        package init(
            generation: PinnedRelease?, deaths: Int = 0, fallen: [Fallen] = [], mode: ProtectionMode = .normal,
            climbs: Int = 0
        ) {
            self.generation = generation
            self.deaths = deaths
            self.fallen = fallen
            self.mode = mode
            self.climbs = climbs
        }

        /// Reads journals from before there were modes, too: what is absent was normal.
        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            generation = try members.decodeIfPresent(PinnedRelease.self, forKey: .generation)
            deaths = try members.decode(Int.self, forKey: .deaths)
            fallen = try members.decodeIfPresent([Fallen].self, forKey: .fallen) ?? []
            mode = try members.decodeIfPresent(ProtectionMode.self, forKey: .mode) ?? .normal
            climbs = try members.decodeIfPresent(Int.self, forKey: .climbs) ?? 0
        }
    }

    package var record: Record
    /// The worker has the generation loaded and nothing was heard against it since.
    package var isLoaded = false
    /// Watched time since the last death.
    var calm = Moment.Span.zero
    /// Workers of this generation that were killed from outside, shortly one after the other.
    var kills = 0
    /// Time until the worker is started again; nil when no start is due.
    var restartIn: Moment.Span?
    /// Time until the oldest generation is tried again, in safe mode, after all have failed; nil when that is not the
    /// case.
    var cooldown: Moment.Span?
    /// Matches of the active worker since it started, by its latest answer.
    var matchesLatest: UInt64 = 0
    /// How long the active worker's latest answer took.
    var answerTimeLatest = Moment.Span.zero

    init(record: Record) { self.record = record }

    /// Whether `digest` failed here and was left.
    func hasFallen(_ digest: Digest) -> Bool { record.fallen.contains { $0.digest == digest } }

    /// Whether an attempt may begin: nothing shakes that the attempt could be blamed for.
    var isSteady: Bool { record.mode == .normal && (record.generation == nil || (isLoaded && record.deaths == 0)) }
}
