/// What is known of one cohort.
struct CohortGate: Sendable {
    var counts = ExposureCounts()
    /// Heard of, not exposed, and without a hold.
    var waiting = 0
    /// At risk without the release: not exposed and heard of within the silence deadline.
    var control = 0
    /// Proven and heard of within the silence deadline: at risk in the watch.
    var watched = 0
    /// Harm among the proven.
    var watchHarmed = 0
    var test = ConcurrentTest()
    var watchTest = ConcurrentTest()
    var cap: GateCap
    /// Condemned alone: its endpoints are offered nothing, and those that hold the release drop it.
    var isHalted = false

    var evidence: GateCap.Evidence {
        var evidence = GateCap.Evidence()
        evidence.proven = counts.proven
        evidence.settled = counts.settled
        evidence.harmed = counts.harmed
        evidence.expected = test.expected
        evidence.variance = test.variance
        return evidence
    }
}
