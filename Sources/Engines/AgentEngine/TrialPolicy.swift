package import FleetModel

/// How long and on how much work a release must be well before it is kept. The operator's numbers; any value is safe,
/// since values outside their range are brought into it.
package struct TrialPolicy: Hashable, Sendable {
    /// Watched time in shadow, at least.
    package let shadowSpan: Moment.Span
    /// Events that the shadow must have evaluated, at least.
    package let shadowEventsMin: UInt64
    /// Watched time on trial, at least.
    package let trialSpan: Moment.Span
    /// Events that the release on trial must have evaluated, at least.
    package let trialEventsMin: UInt64
    /// From the start of a worker to the word that it has loaded. Later counts as a hang.
    package let loadDeadline: Moment.Span
    /// What a release may cost while it is tried.
    package let budget: WorkerBudget

    /// No shadow or trial is longer than a day: an exposure that long is no evidence to anyone.
    package static let spanMax = Moment.Span.hours(24)
    /// No load is given more than five minutes: the largest program loads in seconds.
    package static let loadDeadlineMax = Moment.Span.minutes(5)

    package init(
        shadowSpan: Moment.Span, shadowEventsMin: UInt64, trialSpan: Moment.Span, trialEventsMin: UInt64,
        loadDeadline: Moment.Span, budget: WorkerBudget = .standard
    ) {
        self.shadowSpan = min(max(shadowSpan, .zero), Self.spanMax)
        self.shadowEventsMin = shadowEventsMin
        self.trialSpan = min(max(trialSpan, .zero), Self.spanMax)
        self.trialEventsMin = trialEventsMin
        self.budget = budget
        self.loadDeadline = min(max(loadDeadline, .seconds(1)), Self.loadDeadlineMax)
    }

    /// How long a loaded release may stay without enough work done before it counts as not protecting: four times
    /// its span, and ten minutes more, so that a quiet night does not condemn it.
    package func patience(for span: Moment.Span) -> Moment.Span {
        span + span + span + span + .minutes(10)
    }
}

/// Which protections the lab has left on. Everywhere but in the lab both are on.
package struct LabProtections: Hashable, Sendable, Codable {
    /// A release runs in a second worker before it is swapped in.
    package var shadow: Bool
    /// A release that fails on trial is taken away.
    package var revert: Bool

    package init(shadow: Bool, revert: Bool) {
        self.shadow = shadow
        self.revert = revert
    }

    package static let all = LabProtections(shadow: true, revert: true)
}
