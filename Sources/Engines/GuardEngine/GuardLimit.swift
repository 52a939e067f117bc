/// The guard's bounds.
package enum GuardLimit {
    /// Unclean boots in a row after which the agent runs in safe mode. One is a power cut and two are bad luck; Android
    /// and Chromium count from three.
    package static let uncleanBootsToSafe = 3
    /// Unclean boots in a row after which no content runs. Three more in safe mode: the oldest proven content did not
    /// help.
    package static let uncleanBootsToObserve = 6
    /// Deaths of an agent without a healthy stretch between them after which something else is tried. With the waits
    /// between them that is 9 seconds.
    package static let deathsMax = 5
    /// Steps down a ladder without a healthy stretch in normal mode; then the guard changes nothing more by itself, for
    /// the fault may not be the update. Two whole descents are six.
    package static let actionsMax = 8
    /// SIGKILL.
    package static let killSignal = 9
    /// The most times that the wait after a kill from outside is doubled: 0.8 seconds.
    package static let killDoublingsMax: UInt64 = 3
    /// Milliseconds after whose run a kill is no longer part of a series.
    package static let killsForgottenAfter: UInt64 = 2_000
    /// Starts of a build on trial. Clean reboots may interrupt it twice; a third time nobody waits for it.
    package static let trialStartsMax = 3
    /// Refused builds that are remembered. A release engineer who ships sixteen bad builds in a row has other troubles.
    package static let refusedBuildsMax = 16
    /// Applied remedies that are remembered. Each expires within 90 days; more than 64 in that time is no rescue.
    package static let remediesMax = 64

    /// Bytes of a boot id: a UUID has 36.
    package static let bootIDBytesMax = 64
    /// Bytes of the name of a build that an agent gives: a version and a commit.
    package static let buildNameBytesMax = 64
    /// Bytes of a datagram.
    package static let wordBytesMax = 128
    /// Bytes of the record: refused builds and remedies at their longest take 6 KiB.
    package static let recordBytesMax = 16 << 10
    /// Bytes of a journal, as the agent bounds it.
    package static let journalBytesMax = 1 << 20
    /// Bytes of a slot's mark.
    package static let markBytesMax = 256
}

/// Times that the guard keeps, in milliseconds. Any value is safe: those outside their range are brought into it.
package struct GuardPolicy: Equatable, Sendable {
    /// No beat for so long is a hang. 30 seconds: a busy host may starve a process for some seconds, and a host
    /// without protection for a minute is worse than one needless restart.
    package let beatDeadline: UInt64
    /// A build on trial that has not proven itself after so long is taken away: it may be running and doing nothing.
    package let trialDeadline: UInt64
    /// An agent that was told to end and has not is killed: systemd's own patience is 30 seconds.
    package let endDeadline: UInt64
    /// The wait before the first restart; each next is four times as long.
    package let restartDelay: UInt64
    /// The wait between tries when everything has been tried.
    package let retryDelay: UInt64
    /// How long a well agent stays in safe mode, or without content, before it is asked for more.
    package let safeStay: UInt64

    package init(
        beatDeadline: UInt64 = 30_000, trialDeadline: UInt64 = 3_600_000, endDeadline: UInt64 = 20_000,
        restartDelay: UInt64 = 100, retryDelay: UInt64 = 600_000, safeStay: UInt64 = 1_800_000
    ) {
        self.beatDeadline = min(max(beatDeadline, 200), 600_000)
        self.trialDeadline = min(max(trialDeadline, 500), 86_400_000)
        self.endDeadline = min(max(endDeadline, 100), 60_000)
        self.restartDelay = min(max(restartDelay, 1), 10_000)
        self.retryDelay = min(max(retryDelay, 1_000), 3_600_000)
        self.safeStay = min(max(safeStay, 1_000), 86_400_000)
    }

    /// A guard that did not run for longer than this does not know what the agent did meanwhile.
    static let stallMax: UInt64 = 5_000
    /// How often a guard looks at a running agent.
    static let lookSpan: UInt64 = 1_000
    /// The wait before an agent that ended by itself and in good order is started again.
    static let orderlyDelay: UInt64 = 1_000
}
