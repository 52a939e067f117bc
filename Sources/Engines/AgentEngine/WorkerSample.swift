package import FleetModel

/// One answer of a worker, with what the kernel says of its process at that moment. Counts are since it started.
package struct WorkerSample: Hashable, Sendable {
    package var eventsEvaluated: UInt64
    package var matches: UInt64
    /// Processor time used.
    package var processorTime: Moment.Span
    package var residentBytes: UInt64
    /// From the question to the answer, everything that was queued before it included: what an event waits at most.
    package var answerTime: Moment.Span
    /// When it was taken, by the driver's clock.
    package var takenAt: Moment
    /// Whether the known canary event, sent with the question, was detected; nil when it was not asked.
    package var detectsCanary: Bool?

    package init(
        eventsEvaluated: UInt64, matches: UInt64 = 0, processorTime: Moment.Span = .zero, residentBytes: UInt64 = 0,
        answerTime: Moment.Span = .zero, takenAt: Moment = Moment(milliseconds: 0), detectsCanary: Bool? = nil
    ) {
        self.eventsEvaluated = eventsEvaluated
        self.matches = matches
        self.processorTime = processorTime
        self.residentBytes = residentBytes
        self.answerTime = answerTime
        self.takenAt = takenAt
        self.detectsCanary = detectsCanary
    }
}
