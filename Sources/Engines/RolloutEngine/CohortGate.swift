/// What is known of one cohort.
struct CohortGate: Sendable {
    var counts = ExposureCounts()
    /// Heard of, not exposed, and without a hold.
    var waiting = 0
    /// At risk without the release: not exposed and heard of within the silence deadline.
    var control = 0
    /// Proven and heard of within the silence deadline: at risk in the watch.
    var watched = 0
    var history = RiskHistory()
    var test = ConcurrentTest()
    var watchTest = ConcurrentTest()
    var cap: GateCap
    var ages: ExposureAges
    /// Open, well for a whole bake, and waiting for what the policy's bake conditions ask for.
    var resting = 0
    /// Condemned alone: its endpoints are offered nothing, and those that hold the release drop it.
    var isHalted = false

    /// What is held against the cohort's cap (``GateCore/weighed``).
    var weighed: Int { counts.exposed + ages.unripe }

    /// Who could fail now. The exposed are the open, and the proven of waves that have not had their time: survivors
    /// that left at their proof would leave the silent of their wave alone, and each of them would look like a disaster.
    /// Failures are counted by the same line (``GateCore/isWatched(_:failedAt:)``).
    var risk: RiskSet {
        RiskSet(
            exposed: Int32(clamping: counts.open + ages.unripe), watched: Int32(clamping: watched - ages.unripe),
            control: Int32(clamping: control))
    }

    var evidence: GateCap.Evidence {
        var evidence = GateCap.Evidence()
        evidence.proven = max(0, counts.proven - ages.unripe)
        evidence.settled = counts.settled - ages.unripe
        evidence.harmed = counts.harmed
        evidence.addOverdue(ages.overdue(of: counts.open - resting))
        evidence.expected = test.expected
        evidence.variance = test.variance
        return evidence
    }
}
