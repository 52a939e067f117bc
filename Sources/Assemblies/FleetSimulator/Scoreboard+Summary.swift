extension Scoreboard {
    /// What one contestant made of all incidents, and of the clean release.
    package struct Summary: Sendable, Hashable {
        package var contestant: Contestant
        /// Over all incidents.
        package var broken: Int
        /// Of those, machines that somebody must go to.
        package var hands: Int
        /// Incidents in which no peer broke fewer.
        package var fewest: Int
        /// Incidents in which every peer broke more.
        package var fewestAlone: Int
        /// Incidents that came to a halt, by the rule or by people.
        package var halted: Int
        /// Over those; the lower of the two in the middle.
        package var medianMinutesToHalt: Double?
        /// Of the clean release; nil where 99% never had it.
        package var hoursToP99: Double?
        /// The clean release was halted: a false alarm.
        package var isCleanHalted: Bool
    }

    /// One for each peer, in their order.
    package var summaries: [Summary] { Contestant.peers.map(summary) }

    private func summary(of contestant: Contestant) -> Summary {
        let incidents = plan.incidents.map(Subject.incident)
        let reports = incidents.compactMap { report($0, contestant) }
        let clean = report(.clean, contestant)
        let minutes = reports.compactMap(\.minutesToHalt).sorted()
        var (fewest, alone) = (0, 0)
        for incident in incidents {
            guard let own = report(incident, contestant)?.broken else { continue }
            let others = Contestant.peers.filter { $0 != contestant }.compactMap { report(incident, $0)?.broken }
            if others.allSatisfy({ own <= $0 }) { fewest += 1 }
            if others.allSatisfy({ own < $0 }) { alone += 1 }
        }
        return Summary(
            contestant: contestant, broken: reports.map(\.broken).reduce(0, +),
            hands: reports.map(\.hands).reduce(0, +), fewest: fewest, fewestAlone: alone,
            halted: reports.count { $0.halted },
            medianMinutesToHalt: minutes.isEmpty ? nil : minutes[(minutes.count - 1) / 2],
            hoursToP99: clean?.minutesToP99Coverage.map { $0 / 60 }, isCleanHalted: clean?.halted ?? false)
    }

    /// The sentence that the tables are for.
    package var verdict: String {
        guard let own = summaries.first(where: { $0.contestant.policy == .firebreak }) else { return "" }
        let count = plan.incidents.count
        return
            "firebreak broke fewer endpoints than every other policy in \(own.fewestAlone) of \(count) incidents, and "
            + "in \(own.fewest) of \(count) none broke fewer."
    }
}
