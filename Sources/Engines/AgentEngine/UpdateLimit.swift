package import FleetModel

/// The bounds of the update machine.
package enum UpdateLimit {
    /// Proven generations kept: the active one and two to fall back on, which stay untouched while a release is on trial.
    package static let provenKept = 3
    /// Settled releases remembered: as many as a check-in reports. The oldest is forgotten.
    package static let settledKept = 16
    /// Recalls remembered. The control plane sends its whole list again when the endpoint's revision is behind, so a
    /// forgotten one comes back before it matters.
    package static let recalledKept = 256
    /// Bytes kept of a message for a person.
    package static let messageBytesMax = 512

    /// Wait before the second try to fetch a pack; each later one is twice as long, up to `downloadRetryMax`.
    package static let downloadRetryBase = Moment.Span.seconds(1)
    /// The longest wait between two tries: an endpoint is back half a minute after its control plane is.
    package static let downloadRetryMax = Moment.Span.seconds(30)
    /// Tries from which on one that brings something wrong, rather than nothing, is the last: before, a mirror may be half
    /// way through an update, for some seconds.
    package static let lastingTriesMax = 4
    /// Watched time that fetching, checking and writing may take together, tries included. A pack is at most 32 MiB. An
    /// outage that is shorter than this costs no endpoint its place in a rollout: that nobody answered says nothing of
    /// the release.
    package static let downloadPatience = Moment.Span.minutes(10)
    /// Watched time that a staged release waits for the active generation to be steady.
    package static let steadyPatience = Moment.Span.minutes(10)
    /// How long a refused release is not taken again. It never ran, so a later offer may find the fault mended; an
    /// offer that was on its way when the refusal was reported must not start it over.
    package static let refusedAgainAfter = Moment.Span.minutes(1)
    /// Times that an attempt may be interrupted by an end of the agent, before it counts as the cause.
    package static let interruptionsMax = 2

    /// Deaths of the active worker, on one proven generation and without a healthy stretch between them, after which
    /// the next older generation is used. Android and Chromium fall back after five and three.
    package static let deathsMax = 5
    /// Wait before the first restart of a worker; each later one is four times as long.
    package static let restartBase = Moment.Span.milliseconds(100)
    /// The most times that the wait after a kill from outside is doubled: then a worker comes every 0.8 seconds, which
    /// costs a few percent of a core and leaves the host bare for less than a second at a time.
    package static let killDoublingsMax = 3
    /// A worker that was there for this long before it was killed begins with the shortest wait again.
    package static let killsForgottenAfter = Moment.Span.seconds(2)
    /// A worker that was watched this long and answered has left its deaths behind it.
    package static let healthyAfter = Moment.Span.seconds(60)
    /// Time without content after every generation has failed, before the oldest is tried again in safe mode: the
    /// fault may not be the content, and then no number of restarts mends it. Twice as long after each climb.
    package static let cooldown = Moment.Span.minutes(10)
    /// Time in safe mode, with the oldest generation well, before the newest is tried again. Twice as long after each
    /// climb.
    package static let safeSpan = Moment.Span.minutes(60)
    /// Climbs (from observing to safe mode, from safe mode to normal) that the machine makes by itself. Then it stays
    /// where it is and says so, until someone tells it to resume.
    package static let climbsMax = 6
    /// A normal endpoint that was well for this long has left its climbs behind it.
    package static let climbsForgivenAfter = Moment.Span.hours(24)
    /// Waits are lengthened by up to this many percent, so that a fleet that failed together does not return together.
    package static let jitterPercentMax: Int64 = 25

    /// The most time that counts between two inputs. The driver gives one at least every two seconds while anything is
    /// watched; a longer gap means that the agent did not run (suspended, starved, a clock that jumped), and then
    /// nobody watched.
    package static let watchGapMax = Moment.Span.seconds(5)

    /// `span`, twice as long after each climb.
    static func lengthened(_ span: Moment.Span, climbs: Int) -> Moment.Span {
        .milliseconds(span.milliseconds << Int64(min(max(climbs, 0), climbsMax)))
    }

    /// The wait before restart number `deaths`, counted from 1.
    static func restartDelay(deaths: Int) -> Moment.Span {
        .milliseconds(restartBase.milliseconds << Int64(2 * min(max(deaths - 1, 0), deathsMax)))
    }

    /// The wait before the restart of a worker that was killed from outside, after `kills` others shortly before.
    static func killedDelay(kills: Int) -> Moment.Span {
        .milliseconds(restartBase.milliseconds << Int64(min(max(kills, 0), killDoublingsMax)))
    }

    /// The wait before try number `tries + 1` to fetch a pack.
    static func downloadDelay(tries: Int) -> Moment.Span {
        // Sixteen doublings are far beyond the longest wait.
        min(.milliseconds(downloadRetryBase.milliseconds << Int64(min(max(tries - 1, 0), 16))), downloadRetryMax)
    }
}
