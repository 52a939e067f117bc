extension Scoreboard {
    /// The page: what was run, the summary, and a table each for incidents, fault rates and the other way to count.
    package var markdown: String {
        """
        # Scoreboard

        \(NumberText.grouped(plan.fleet)) endpoints, seed \(plan.seed), noise \(NumberText.plain(plan.noise)) a bake. \
        Made by `firebreak scoreboard --fleet \(plan.fleet) --seed \(plan.seed)`; the same fleet and seed give the same \
        page. What is assumed of the policies and of the incidents: `docs/design/simulator.md`.

        \(verdict)

        ![Broken endpoints against the fault rate](broken-by-fault-rate.svg)

        ![Coverage against time](coverage-by-time.svg)

        ![Exposure against the cap](exposure-and-cap.svg)

        ## All incidents together

        \(summaryTable)
        Hands are machines that somebody must go to, since taking the release back does not bring them back. Minutes to \
        halt are the median of the incidents that were halted, by the rule or by people. Hours to 99% are those of the \
        clean release.

        ## Broken endpoints, by incident

        \(table(of: plan.incidents.map(Subject.incident), Contestant.peers, head: "incident", broken))
        ## Minutes to halt, by incident

        `cohort`: firebreak halted those alone, and went on elsewhere.

        \(table(of: plan.incidents.map(Subject.incident), Contestant.peers, head: "incident", minutesToHalt))
        ## Broken endpoints, by fault rate

        Everyone can be struck, a minute after activation on average, and falls silent.

        \(table(of: plan.rates.map(Subject.rate), Contestant.peers, head: "fault rate", broken))
        ## If a success is counted at installation

        hawkBit and IoT Jobs count what their agents report, and agents report success when they have installed. Above, a \
        success is a whole bake without harm, as firebreak counts, which is kind to them. Broken endpoints either way:

        \(table(of: plan.incidents.map(Subject.incident), variantPairs, head: "incident", broken))
        """ + cleanVariants
    }

    private var variantPairs: [Contestant] {
        Contestant.variants.flatMap { [Contestant(policy: $0.policy), $0] }
    }

    private var cleanVariants: String {
        let parts = variantPairs.map { contestant in
            let minutes = report(.clean, contestant)?.minutesToP99Coverage
            return "\(contestant.name) \(minutes.map { NumberText.tenths($0 / 60) } ?? "-")"
        }
        return "\nHours to 99% of the clean release: \(parts.joined(separator: "; ")).\n"
    }

    private var summaryTable: String {
        var text = "| policy | broken | hands | fewest broken | minutes to halt | hours to 99% |\n"
        text += "|---|---:|---:|---:|---:|---:|\n"
        for row in summaries {
            let cells = [
                row.contestant.name, NumberText.grouped(row.broken), NumberText.grouped(row.hands),
                "\(row.fewest) of \(plan.incidents.count)", row.medianMinutesToHalt.map(NumberText.tenths) ?? "-",
                row.isCleanHalted ? "halted" : row.hoursToP99.map(NumberText.tenths) ?? "-",
            ]
            text += "| \(cells.joined(separator: " | ")) |\n"
        }
        return text
    }

    private func broken(_ report: SimulationReport) -> String { NumberText.grouped(report.broken) }

    private func minutesToHalt(_ report: SimulationReport) -> String {
        if let minutes = report.minutesToHalt { return NumberText.grouped(Int(minutes.rounded())) }
        switch report.haltedCohorts {
        case 0: return "-"
        case 1: return "1 cohort"
        default: return "\(report.haltedCohorts) cohorts"
        }
    }

    private func table(
        of subjects: [Subject], _ contestants: [Contestant], head: String, _ cell: (SimulationReport) -> String
    ) -> String {
        var text = "| \(head) | " + contestants.map(\.name).joined(separator: " | ") + " |\n"
        text += "|---|" + String(repeating: "---:|", count: contestants.count) + "\n"
        for subject in subjects {
            let cells = contestants.map { report(subject, $0).map(cell) ?? "" }
            let name = if case .rate(let rate) = subject { NumberText.percent(rate) } else { subject.name }
            text += "| \(name) | \(cells.joined(separator: " | ")) |\n"
        }
        return text
    }
}
