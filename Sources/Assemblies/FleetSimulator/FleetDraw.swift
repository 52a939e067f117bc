/// A fleet's cohorts, from a joint distribution: systems, their versions, builds and agent versions.
///
/// The shares are those of a mixed customer base: mostly desktops of one family in several versions, servers, and a
/// long tail. The builds of a system follow a geometric law, since most machines are current and a few never are.
package struct FleetDraw: Sendable {
    /// Share of each cohort; they sum to 1.
    package let shares: [Double]
    package let names: [String]
    /// The values of each cohort's attributes.
    package let attributes: [[String]]
    private let table: [UInt16]

    private static let systems: [(name: String, share: Double)] = [
        ("windows 11-24h2", 0.22), ("windows 11-23h2", 0.19), ("windows 10-22h2", 0.21), ("windows 10-21h2", 0.05),
        ("windows server-2022", 0.07), ("windows server-2019", 0.05), ("macos 15", 0.06), ("macos 14", 0.04),
        ("linux ubuntu-22.04", 0.04), ("linux ubuntu-24.04", 0.03), ("linux rhel-9", 0.02), ("linux debian-12", 0.02),
    ]
    private static let builds = [0.55, 0.25, 0.13, 0.07]
    private static let agents = [0.70, 0.22, 0.08]

    package init() {
        var shares: [Double] = []
        var names: [String] = []
        var attributes: [[String]] = []
        for system in Self.systems {
            for (build, buildShare) in Self.builds.enumerated() {
                for (agent, agentShare) in Self.agents.enumerated() {
                    shares.append(system.share * buildShare * agentShare)
                    names.append("\(system.name) build-\(build) agent-\(agent)")
                    attributes.append(system.name.split(separator: " ").map(String.init) + ["\(build)", "\(agent)"])
                }
            }
        }
        self.init(shares: shares, names: names, attributes: attributes)
    }

    package init(shares: [Double], names: [String], attributes: [[String]]) {
        self.attributes = attributes
        let total = shares.reduce(0, +)
        self.shares = shares.map { $0 / total }
        self.names = names
        // Drawn from a table of 65,536 places: the smallest share here is 0.00011, seven places.
        var table: [UInt16] = []
        table.reserveCapacity(65_536)
        var reached = 0.0
        for (index, share) in self.shares.enumerated() {
            reached += share
            while Double(table.count) + 0.5 < reached * 65_536, table.count < 65_536 { table.append(UInt16(index)) }
        }
        while table.count < 65_536 { table.append(UInt16(shares.count - 1)) }
        self.table = table
    }

    /// A fleet without cohorts.
    package static let alike = FleetDraw(shares: [1], names: ["all"], attributes: [["all"]])

    @inline(__always)
    func cohort(_ random: inout SimulationRandom) -> UInt16 { table[Int(random.next() >> 48)] }

    /// The cohorts that a fault strikes, and the share of the fleet that they hold: those that together come nearest to
    /// `share`, picked in a seeded order; and the one whose share is nearest where a single one will do.
    package func corner(share: Double, seed: UInt64) -> (cohorts: Set<Int>, held: Double) {
        guard share < 0.999 else { return (Set(shares.indices), 1) }
        if let nearest = shares.indices.min(by: { abs(shares[$0] - share) < abs(shares[$1] - share) }),
            shares[nearest] > share * 0.7, shares[nearest] < share * 1.4
        {
            return ([nearest], shares[nearest])
        }
        var random = SimulationRandom(seed: seed, stream: 7)
        var chosen: Set<Int> = []
        var held = 0.0
        for index in shares.indices.shuffled(using: &random) where held + shares[index] <= share * 1.2 {
            chosen.insert(index)
            held += shares[index]
            if held >= share { break }
        }
        return (chosen, held)
    }
}
