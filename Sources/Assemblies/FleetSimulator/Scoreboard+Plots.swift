extension Scoreboard {
    /// A plot, and the name of its file.
    package struct Drawing: Sendable {
        package var file: String
        package var plot: Plot
    }

    /// Broken endpoints against the fault rate, coverage against time, exposure against the cap.
    package var drawings: [Drawing] {
        [
            Drawing(file: "broken-by-fault-rate.svg", plot: brokenByRate),
            Drawing(file: "coverage-by-time.svg", plot: coverageByTime),
            Drawing(file: "exposure-and-cap.svg", plot: exposureAndCap),
        ]
    }

    private var fleetText: String { "\(NumberText.grouped(plan.fleet)) endpoints, seed \(plan.seed)" }

    private var brokenByRate: Plot {
        let rates = plan.rates.sorted()
        return Plot(
            title: "Endpoints broken by a release, against its fault rate",
            subtitle: "\(fleetText). Lower is better; both scales are logarithmic.",
            x: .shares(title: "fault rate of the release", from: rates.first ?? 0.00001, to: rates.last ?? 1),
            y: .counts(title: "endpoints broken", upTo: plan.fleet),
            series: Contestant.peers.map { contestant in
                contestant.policy.series(
                    rates.compactMap { rate in
                        report(.rate(rate), contestant).map { (x: rate, y: Double($0.broken)) }
                    })
            })
    }

    private var coverageByTime: Plot {
        let paths = Contestant.peers.map { ($0.policy, traces[$0] ?? []) }
        let end = paths.compactMap(\.1.last?.minute).max() ?? 60
        return Plot(
            title: "Share of the fleet that has a clean release, against time",
            subtitle: "\(fleetText). Counted a bake after activation, for every policy.",
            x: .hoursLogarithmic(title: "since the first offer", upTo: end / 60),
            y: .percents(title: "of the fleet, well with the release"),
            series: paths.map { policy, points in
                policy.series(points.map { (x: $0.minute / 60, y: Double($0.proven) / Double(max(1, plan.fleet))) })
            })
    }

    private var exposureAndCap: Plot {
        let firebreak = Contestant(policy: .firebreak)
        // The ramp, and a little of the calm after it.
        let end = (report(.clean, firebreak)?.minutesToP99Coverage ?? .infinity) * 1.15
        let points = (traces[firebreak] ?? []).filter { $0.minute <= end }
        var exposed = PolicyKind.firebreak.series(points.map { (x: $0.minute / 60, y: Double($0.exposed)) })
        exposed.name = "exposed"
        exposed.isArea = true
        exposed.width = 1.5
        let cap = Plot.Series(
            name: "cap", color: "#111827", points: points.map { (x: $0.minute / 60, y: Double($0.cap ?? 0)) })
        let highest = points.map { max($0.exposed, $0.cap ?? 0) }.max() ?? 1
        return Plot(
            title: "What firebreak exposes, and what its evidence allows",
            subtitle: "\(fleetText), a clean release. A cap that falls below the exposed lets in nobody more.",
            x: .hours(title: "hours since the first offer", upTo: (points.last?.minute ?? 60) / 60),
            y: .counts(title: "endpoints", upTo: highest), series: [cap, exposed])
    }
}

extension PolicyKind {
    /// The policy's line, the same in every plot.
    fileprivate func series(_ points: [(x: Double, y: Double)]) -> Plot.Series {
        let (color, dash): (String, String) =
            switch self {
            case .firebreak: ("#c2410c", "")
            case .pushToAll: ("#111827", "2 5")
            case .fixedRings: ("#1d4ed8", "10 5")
            case .hawkbit: ("#0f766e", "6 4")
            case .iotJobs: ("#7e22ce", "12 4 2 4")
            case .phased: ("#a16207", "4 4")
            }
        return Plot.Series(
            name: rawValue, color: color, dash: dash, width: self == .firebreak ? 3 : 2, points: points)
    }
}
