/// Every incident and a grid of fault rates against every policy.
package struct Scoreboard: Sendable {
    package var rows: [Row] = []

    package struct Row: Sendable, Codable, Hashable {
        /// The incident, or `rate 0.01`, or `clean`.
        package var subject: String
        package var report: SimulationReport
    }

    /// What is run.
    package struct Plan: Sendable {
        package var fleet: Int
        package var seed: UInt64
        package var noise: Double
        package var rates: [Double]

        package init(fleet: Int, seed: UInt64, noise: Double, rates: [Double] = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1])
        {
            self.fleet = fleet
            self.seed = seed
            self.noise = noise
            self.rates = rates
        }
    }

    package init() {}

    /// Runs the plan, and tells of each run as it ends.
    package static func run(_ plan: Plan, incidents: [Incident], each: (Row) -> Void) -> Scoreboard {
        var board = Scoreboard()
        var subjects: [(name: String, fault: FaultSignature)] = [("clean", .none)]
        subjects += plan.rates.map { ("rate \($0)", FaultSignature(rate: $0)) }
        subjects += incidents.map { ($0.id, $0.fault) }
        for subject in subjects {
            for policy in PolicyKind.allCases {
                var setup = SimulationSetup(
                    fleet: plan.fleet, fault: subject.fault, noise: plan.noise, policy: policy, seed: plan.seed)
                // A defect that sleeps until the next reboot must have time to wake.
                setup.afterSeconds = subject.fault.rate > 0 ? 6 * 3_600 : 0
                var world = FleetWorld(setup)
                let row = Row(subject: subject.name, report: world.run())
                board.rows.append(row)
                each(row)
            }
        }
        return board
    }

    private var subjects: [String] {
        var seen: [String] = []
        for row in rows where !seen.contains(row.subject) { seen.append(row.subject) }
        return seen
    }

    private func cell(_ subject: String, _ policy: PolicyKind) -> SimulationReport? {
        rows.first { $0.subject == subject && $0.report.policy == policy.rawValue }?.report
    }

    /// Broken endpoints by incident and policy, and for the clean release the hours until 99% have it.
    package var markdown: String {
        let head = "| broken endpoints | " + PolicyKind.allCases.map(\.rawValue).joined(separator: " | ") + " |\n"
        var text = head + "|---|" + String(repeating: "---:|", count: PolicyKind.allCases.count) + "\n"
        for subject in subjects where subject != "clean" {
            let cells = PolicyKind.allCases.map { policy in cell(subject, policy).map { "\($0.broken)" } ?? "" }
            text += "| \(subject) | \(cells.joined(separator: " | ")) |\n"
        }
        let hours = PolicyKind.allCases.map { policy -> String in
            guard let minutes = cell("clean", policy)?.minutesToP99Coverage else { return "" }
            return "\((minutes / 6).rounded() / 10)"
        }
        return text + "| hours to 99% (clean) | \(hours.joined(separator: " | ")) |\n"
    }

    /// Broken endpoints against the fault rate, both on logarithmic scales: an SVG of 720 by 420.
    package var svg: String {
        let rates = subjects.compactMap { subject -> (String, Double)? in
            guard subject.hasPrefix("rate ") else { return nil }
            return Double(subject.dropFirst(5)).map { (subject, $0) }
        }
        let colors = ["#c2410c", "#6b7280", "#0f766e", "#7c3aed", "#1d4ed8", "#a16207"]
        var body = ""
        func x(_ rate: Double) -> Double { 70 + (Self.log10(rate) + 6) / 6 * 500 }
        func y(_ broken: Int) -> Double { 370 - Self.log10(Double(max(1, broken))) / 7 * 330 }
        for (index, policy) in PolicyKind.allCases.enumerated() {
            let points = rates.compactMap { subject, rate in
                cell(subject, policy).map { "\(Int(x(rate))),\(Int(y($0.broken)))" }
            }
            body += "<polyline fill=\"none\" stroke=\"\(colors[index])\" stroke-width=\"2\" points=\""
            body += points.joined(separator: " ") + "\"/>\n"
            body += "<text x=\"590\" y=\"\(60 + 22 * index)\" fill=\"\(colors[index])\">\(policy.rawValue)</text>\n"
        }
        for power in 0...7 {
            body += "<text x=\"10\" y=\"\(Int(374 - Double(power) / 7 * 330))\">10^\(power)</text>\n"
        }
        for power in -6...0 {
            body += "<text x=\"\(Int(60 + Double(power + 6) / 6 * 500))\" y=\"395\">10^\(power)</text>\n"
        }
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"420\" font-family=\"sans-serif\" "
            + "font-size=\"12\">\n<rect width=\"720\" height=\"420\" fill=\"white\"/>\n"
            + "<text x=\"70\" y=\"20\">endpoints broken, against the fault rate</text>\n\(body)</svg>\n"
    }

    private static func log10(_ value: Double) -> Double { Foundationless.log10(value) }
}
