package import FleetModel

/// What a release that is tried may cost, and how loud it may be.
package struct WorkerBudget: Hashable, Sendable {
    /// Resident memory, in bytes. A pack at its bounds takes a third of it.
    package var residentBytesMax: UInt64
    /// Percent of one core since the stage began. A worker that keeps up with 10,000 events a second uses 3.
    package var processorPercentMax: Int64
    /// Below this span of observation a share of processor time says nothing: loading takes some.
    package var processorSpanMin: Moment.Span
    /// How long an event may wait for its verdict.
    package var answerTimeMax: Moment.Span
    /// Slow answers in a row that make a release too slow: one may be the host's.
    package var slowAnswersMax: Int
    /// Matches a minute. A person reads no more, and the rate limit holds back the rest.
    package var matchesPerMinuteMax: UInt64
    /// How many times the matches of the active generation on the same events a release in shadow may have, before
    /// it counts as storming: during an attack the active one is loud too.
    package var stormFactor: UInt64

    package init(
        residentBytesMax: UInt64, processorPercentMax: Int64, processorSpanMin: Moment.Span,
        answerTimeMax: Moment.Span, slowAnswersMax: Int, matchesPerMinuteMax: UInt64, stormFactor: UInt64
    ) {
        self.residentBytesMax = residentBytesMax
        self.processorPercentMax = processorPercentMax
        self.processorSpanMin = processorSpanMin
        self.answerTimeMax = answerTimeMax
        self.slowAnswersMax = slowAnswersMax
        self.matchesPerMinuteMax = matchesPerMinuteMax
        self.stormFactor = stormFactor
    }

    package static let standard = WorkerBudget(
        residentBytesMax: 256 << 20, processorPercentMax: 50, processorSpanMin: .seconds(10),
        answerTimeMax: .seconds(1), slowAnswersMax: 3, matchesPerMinuteMax: 240, stormFactor: 8)

    /// How a release has passed its budget in this stage; nil when it has not.
    ///
    /// - Parameters:
    ///   - first: The first sample of the stage.
    ///   - slowAnswers: Answers in a row, the latest included, that took longer than `answerTimeMax`.
    ///   - activeMatches: Matches of the active generation on the same events; nil where nothing runs beside it.
    func fault(
        from first: WorkerSample, to latest: WorkerSample, slowAnswers: Int, activeMatches: UInt64?
    ) -> Failing? {
        if latest.residentBytes > residentBytesMax {
            return Failing(
                kind: .overBudget, code: "worker.over_memory",
                message: "the worker holds \(latest.residentBytes >> 20) MiB, and \(residentBytesMax >> 20) are allowed"
            )
        }
        if slowAnswers >= slowAnswersMax {
            return Failing(
                kind: .overBudget, code: "worker.over_latency",
                message:
                    "events wait \(latest.answerTime.milliseconds) ms for their verdict, \(slowAnswers) times in a row")
        }
        let span = max(latest.takenAt - first.takenAt, .zero)
        let used = max(latest.processorTime - first.processorTime, .zero)
        if span >= processorSpanMin, used.milliseconds > span.milliseconds / 100 * processorPercentMax {
            return Failing(
                kind: .overBudget, code: "worker.over_processor",
                message: "the worker used \(used.milliseconds) ms of processor time in \(span.milliseconds) ms")
        }
        return storm(from: first, to: latest, span: span, activeMatches: activeMatches)
    }

    private func storm(
        from first: WorkerSample, to latest: WorkerSample, span: Moment.Span, activeMatches: UInt64?
    ) -> Failing? {
        let matches = latest.matches > first.matches ? latest.matches - first.matches : 0
        // The minute that has begun counts whole, so that a short stage is not judged by a handful of matches.
        let minutes = UInt64(clamping: span.milliseconds / 60_000) + 1
        let (allowed, isBeyondCount) = matchesPerMinuteMax.multipliedReportingOverflow(by: minutes)
        guard !isBeyondCount, matches > allowed else { return nil }
        if let activeMatches {
            let (loud, isBeyond) = activeMatches.multipliedReportingOverflow(by: stormFactor)
            guard !isBeyond, matches > loud else { return nil }
        }
        return Failing(
            kind: .alertStorm, code: "worker.alert_storm",
            message:
                "\(matches) matches in \(span.milliseconds / 1000) s, and \(matchesPerMinuteMax) a minute are allowed")
    }
}
