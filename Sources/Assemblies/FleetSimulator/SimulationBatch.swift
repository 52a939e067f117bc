/// One simulated rollout: what came out, and how it went.
package struct SimulationRun: Sendable {
    package var report: SimulationReport
    package var points: [TracePoint]
    /// What the checker found, for a person; empty when every invariant held.
    package var violations: [String]

    package init(of setup: SimulationSetup) {
        var world = FleetWorld(setup)
        report = world.run()
        points = world.trace.points
        violations = world.violations
    }
}

/// Several simulations, side by side.
package enum SimulationBatch {
    /// Fleets in memory at a time: one for each core of the machines that this is for. 8.5 million endpoints take most
    /// of a gigabyte.
    package static let fleetCountMax = 2

    /// Runs them all, and keeps the reports. They are in the order of the setups, whichever ends first.
    ///
    /// - Parameter each: Is told of each as it ends, with its place in the order.
    package static func reports(_ setups: [SimulationSetup], each: (Int, SimulationRun) -> Void) async
        -> [SimulationReport]
    {
        await withTaskGroup(of: (Int, SimulationRun).self) { group in
            var reports: [SimulationReport?] = Array(repeating: nil, count: setups.count)
            var next = 0
            func begin() {
                guard next < setups.count else { return }
                let (index, setup) = (next, setups[next])
                group.addTask { (index, SimulationRun(of: setup)) }
                next += 1
            }
            for _ in 0..<fleetCountMax { begin() }
            while let (index, run) = await group.next() {
                reports[index] = run.report
                each(index, run)
                begin()
            }
            return reports.compactMap(\.self)
        }
    }
}

/// What many seeds of one setup gave.
package struct SeedSummary: Sendable, Encodable {
    /// Of one number, over the seeds.
    package struct Spread: Sendable, Hashable, Encodable {
        package var median: Double
        package var p99: Double
        package var max: Double

        /// The nearest-rank quantiles; nil where no seed gave a value.
        package init?(_ values: [Double]) {
            let sorted = values.sorted()
            guard let last = sorted.last else { return nil }
            func rank(_ percent: Int) -> Double { sorted[Swift.max(0, (sorted.count * percent + 99) / 100 - 1)] }
            median = rank(50)
            p99 = rank(99)
            max = last
        }
    }

    package var fleet: Int
    package var policy: String
    package var firstSeed: UInt64
    package var seeds: Int
    /// Seeds whose rollout was halted.
    package var halted: Int
    package var broken: Spread?
    package var hands: Spread?
    package var rounds: Spread?
    package var maxExposed: Spread?
    package var minutesToHalt: Spread?
    package var minutesToP99Coverage: Spread?
    package var capViolations: Int

    /// - Precondition: There is at least one report.
    package init(of reports: [SimulationReport]) {
        precondition(!reports.isEmpty, "a summary needs a seed")
        fleet = reports[0].fleet
        policy = reports[0].policy
        firstSeed = reports[0].seed
        seeds = reports.count
        halted = reports.count { $0.halted }
        broken = Spread(reports.map { Double($0.broken) })
        hands = Spread(reports.map { Double($0.hands) })
        rounds = Spread(reports.map { Double($0.rounds) })
        maxExposed = Spread(reports.map { Double($0.maxExposed) })
        minutesToHalt = Spread(reports.compactMap(\.minutesToHalt))
        minutesToP99Coverage = Spread(reports.compactMap(\.minutesToP99Coverage))
        capViolations = reports.map(\.capViolations).reduce(0, +)
    }

    package enum CodingKeys: String, CodingKey {
        case fleet, policy, seeds, halted, broken, hands, rounds
        case firstSeed = "first_seed"
        case maxExposed = "max_exposed"
        case minutesToHalt = "minutes_to_halt"
        case minutesToP99Coverage = "minutes_to_p99_coverage"
        case capViolations = "cap_violations"
    }

    /// Writes every member: one without a value is null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(fleet, forKey: .fleet)
        try container.encode(policy, forKey: .policy)
        try container.encode(firstSeed, forKey: .firstSeed)
        try container.encode(seeds, forKey: .seeds)
        try container.encode(halted, forKey: .halted)
        try container.encode(broken, forKey: .broken)
        try container.encode(hands, forKey: .hands)
        try container.encode(rounds, forKey: .rounds)
        try container.encode(maxExposed, forKey: .maxExposed)
        try container.encode(minutesToHalt, forKey: .minutesToHalt)
        try container.encode(minutesToP99Coverage, forKey: .minutesToP99Coverage)
        try container.encode(capViolations, forKey: .capViolations)
    }
}
