package import CanonicalCoding

extension Scoreboard {
    /// One run, as `scoreboard.json` has it: without the time and the memory that it took, so that the same plan gives
    /// the same bytes on every machine.
    private struct Line: Encodable {
        let subject: String
        let contestant: Contestant
        let report: SimulationReport

        enum Keys: String, CodingKey {
            case subject, policy, offered, broken, hands, halted, rounds
            case successAt = "success_at"
            case minutesToHalt = "minutes_to_halt"
            case minutesToP99Coverage = "minutes_to_p99_coverage"
            case maxExposed = "max_exposed"
            case capViolations = "cap_violations"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(subject, forKey: .subject)
            try container.encode(contestant.policy, forKey: .policy)
            try container.encode(contestant.successAt, forKey: .successAt)
            try container.encode(report.offered, forKey: .offered)
            try container.encode(report.broken, forKey: .broken)
            try container.encode(report.hands, forKey: .hands)
            try container.encode(report.halted, forKey: .halted)
            try container.encode(report.rounds, forKey: .rounds)
            try container.encode(report.minutesToHalt, forKey: .minutesToHalt)
            try container.encode(report.minutesToP99Coverage, forKey: .minutesToP99Coverage)
            try container.encode(report.maxExposed, forKey: .maxExposed)
            try container.encode(report.capViolations, forKey: .capViolations)
        }
    }

    /// The whole as JSON, a run a line, so that a change shows in a comparison.
    package func json() throws(JSONError) -> String {
        var lines: [String] = []
        for row in rows {
            let line = Line(subject: row.subject.name, contestant: row.contestant, report: row.report)
            lines.append(String(decoding: try CodableJSON.encode(line), as: UTF8.self))
        }
        return "{\"fleet\":\(plan.fleet),\"noise\":\(NumberText.plain(plan.noise)),\"seed\":\(plan.seed),\"runs\":[\n"
            + lines.joined(separator: ",\n") + "\n]}\n"
    }
}
