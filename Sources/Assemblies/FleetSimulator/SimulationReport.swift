/// What came out: the members of `firebreak simulate --json`.
package struct SimulationReport: Sendable, Codable, Hashable {
    package var fleet = 0
    package var policy = ""
    package var seed: UInt64 = 0
    package var offered = 0
    /// Endpoints that the fault struck. Natural failures are not among them.
    package var broken = 0
    /// Of the broken, those that only a person can mend.
    package var hands = 0
    package var halted = false
    /// Bakes until everyone who was there had been offered the release, or until the halt.
    package var rounds = 0
    package var minutesToHalt: Double?
    package var minutesToP99Coverage: Double?
    package var maxExposed = 0
    package var capViolations = 0
    package var wallSeconds = 0.0
    /// Of the whole process, which may have simulated other fleets before.
    package var peakMemoryBytes = 0
    /// Cohorts that were halted alone.
    package var haltedCohorts = 0
    package var proven = 0
    /// Events that were handled.
    package var events = 0

    package init() {}

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case fleet, policy, seed, offered, broken, hands, halted, rounds, proven, events
        case minutesToHalt = "minutes_to_halt"
        case minutesToP99Coverage = "minutes_to_p99_coverage"
        case maxExposed = "max_exposed"
        case capViolations = "cap_violations"
        case wallSeconds = "wall_seconds"
        case peakMemoryBytes = "peak_memory_bytes"
        case haltedCohorts = "halted_cohorts"
    }

    /// Writes every member: one without a value is null, so that a reader need not ask whether it is there.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(fleet, forKey: .fleet)
        try container.encode(policy, forKey: .policy)
        try container.encode(seed, forKey: .seed)
        try container.encode(offered, forKey: .offered)
        try container.encode(broken, forKey: .broken)
        try container.encode(hands, forKey: .hands)
        try container.encode(halted, forKey: .halted)
        try container.encode(rounds, forKey: .rounds)
        try container.encode(minutesToHalt, forKey: .minutesToHalt)
        try container.encode(minutesToP99Coverage, forKey: .minutesToP99Coverage)
        try container.encode(maxExposed, forKey: .maxExposed)
        try container.encode(capViolations, forKey: .capViolations)
        try container.encode(wallSeconds, forKey: .wallSeconds)
        try container.encode(peakMemoryBytes, forKey: .peakMemoryBytes)
        try container.encode(haltedCohorts, forKey: .haltedCohorts)
        try container.encode(proven, forKey: .proven)
        try container.encode(events, forKey: .events)
    }
}
