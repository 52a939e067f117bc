import FleetModel
import FleetSimulator
import Glibc
import RolloutEngine

/// Measures what the gate promises, on simulated fleets: `gate-benchmark [SECTION ...] [--seeds N]`.
///
/// Every line says what was run, with which seeds, what came out and what was wanted. Nothing is timed but the simulator
/// itself and one evaluation of the gate.
@main
struct GateBenchmark {
    /// The parts, in the order in which they run; `weather` and `false-halts` take the most seeds.
    private static var sections: [(name: String, run: (Int) async -> Void)] {
        [
            ("clean", clean), ("worst", worst), ("noisy", noisy), ("wald", wald), ("false-halts", falseHalts),
            ("corner", corner), ("growth", growth), ("evaluation", evaluation), ("weather", weather),
        ]
    }
    private static let fleet = 8_500_000
    /// 25 rates from 1e-6 to 1, four to a power of ten.
    private static let rates = (0...24).map { pow(10, Double($0) / 4 - 6) }

    static func main() async {
        var arguments = Array(CommandLine.arguments.dropFirst())
        var seeds = 20
        if let flag = arguments.firstIndex(of: "--seeds") {
            guard arguments.indices.contains(flag + 1), let count = Int(arguments[flag + 1]), count > 0 else {
                end("--seeds takes a number above 0")
            }
            seeds = count
            arguments.removeSubrange(flag...(flag + 1))
        }
        let known = sections.map(\.name)
        if let stranger = arguments.first(where: { !known.contains($0) }) {
            end("no section is called \(stranger): \(known.joined(separator: ", "))")
        }
        for section in sections where arguments.isEmpty || arguments.contains(section.name) {
            say("\n== \(section.name)")
            await section.run(seeds)
        }
    }

    private static func end(_ message: String) -> Never {
        let line = "gate-benchmark: \(message)\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        exit(2)
    }

    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    /// To three digits.
    private static func text(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return "\(value)" }
        let scale = pow(10, 2 - floor(log10(abs(value))))
        return "\((value * scale).rounded() / scale)"
    }

    private static func quantile(_ values: [Int], _ share: Double) -> Int {
        let sorted = values.sorted()
        return sorted[max(0, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
    }

    /// Runs one setup with seeds from 1 on, two at a time.
    private static func reports(_ setup: SimulationSetup, seeds: Int) async -> [SimulationReport] {
        let setups = (1...UInt64(seeds)).map { seed in
            var setup = setup
            setup.seed = seed
            return setup
        }
        return await SimulationBatch.reports(setups) { _, _ in }
    }

    /// Runs seeds from 1 on in two tasks, each of which sums up its own.
    private static func halves<Sum: Sendable>(
        of seeds: Int, _ zero: Sum, run: @escaping @Sendable (inout Sum, UInt64) -> Void,
        joining: (inout Sum, Sum) -> Void
    ) async -> Sum {
        await withTaskGroup(of: Sum.self) { group in
            for half in 0..<2 {
                group.addTask {
                    var sum = zero
                    for seed in stride(from: UInt64(half + 1), through: UInt64(seeds), by: 2) { run(&sum, seed) }
                    return sum
                }
            }
            var sum = zero
            for await half in group { joining(&sum, half) }
            return sum
        }
    }

    private static func setup(rate: Double, noise: Double, budget: Int = 50) -> SimulationSetup {
        var setup = SimulationSetup(
            fleet: fleet, fault: rate > 0 ? FaultSignature(rate: rate) : .none, noise: noise, seed: 1)
        setup.terms.lossBudget = budget
        setup.isPooled = true
        return setup
    }

    // MARK: - What is promised

    private static func clean(_: Int) async {
        var clean = setup(rate: 0, noise: 1e-6)
        clean.isPooled = false
        var world = FleetWorld(clean)
        let report = world.run()
        say("clean release, noise 1e-6, budget 50, \(fleet) endpoints, event by event, seed 1")
        say("  bakes until the last offer  \(report.rounds)   (at most 8 for those who are there)")
        say("  hours to 99%                \(text((report.minutesToP99Coverage ?? 0) / 60))")
        say("  events                      \(report.events)")
        say("  seconds                     \(text(report.wallSeconds))   (at most 20)")
        say("  MiB at the peak             \(report.peakMemoryBytes >> 20)   (at most 1024)")
        say("  violations                  \(report.capViolations)   (0)")
    }

    private static func worst(_ seeds: Int) async {
        // Below 5e-6 a release that nobody ever stopped would break 40 endpoints: a fifth of the seeds will do.
        let few = max(5, seeds / 5)
        say(
            "broken endpoints, noise 1e-6, budget 50, \(fleet) endpoints, pooled, seeds 1 to \(seeds), below 5e-6 to \(few)"
        )
        say("  rate       median  p99  max  halted  bakes at most")
        var worst = 0
        for rate in rates {
            let reports = await reports(setup(rate: rate, noise: 1e-6), seeds: rate < 5e-6 ? few : seeds)
            let broken = reports.map(\.broken)
            worst = max(worst, quantile(broken, 0.99))
            say(
                "  \(text(rate))  \(quantile(broken, 0.5))  \(quantile(broken, 0.99))  \(broken.max() ?? 0)  "
                    + "\(reports.count { $0.halted })  \(reports.map(\.rounds).max() ?? 0)")
        }
        say("  worst p99: \(worst)   (at most 60)")
    }

    private static func noisy(_ count: Int) async {
        // Most of these runs go through the whole fleet.
        let seeds = max(5, count / 20)
        let limit = (2 * log(1 / 0.001) * 0.001 * Double(fleet)).squareRoot()
        say("broken endpoints, noise 1e-3, budget 100, \(fleet) endpoints, pooled, seeds 1 to \(seeds)")
        say("  information limit \(Int(limit)); at most 1.5 times that: \(Int(limit * 1.5))")
        say("  rate       mean  p99  halted  bakes at most")
        for rate in [0, 4.5e-5, 6e-5, 8e-5, 1e-4, 1.3e-4, 2e-4, 1e-3, 1e-2, 1] {
            let reports = await reports(setup(rate: rate, noise: 1e-3, budget: 100), seeds: seeds)
            let broken = reports.map(\.broken)
            say(
                "  \(text(rate))  \(broken.reduce(0, +) / max(1, broken.count))  \(quantile(broken, 0.99))  "
                    + "\(reports.count { $0.halted })  \(reports.map(\.rounds).max() ?? 0)")
        }
    }

    private static func wald(_: Int) async {
        say(
            "exposures until the halt, one at a time, noise 0.001, control 10,000, 4,000 runs each, beside Wald's bound"
        )
        for alpha in [1e-3, 1e-6] {
            var policy = RolloutPolicy.laptopFleet
            policy.alpha = alpha
            for rate in [1, 0.5, 0.2, 0.05, 0.01] {
                let (mean, bound) = GateMeasures.exposuresToHalt(rate: rate, noise: 0.001, policy: policy, seeds: 4_000)
                // One failure has a likelihood ratio of at most 1 / noise, so fewer failures than this never halt.
                let failures = (log(1 / alpha) / log(1 / 0.001) + 1e-9).rounded(.down) + 1
                let least = failures / rate
                say(
                    "  alpha \(alpha)  rate \(rate)  mean \(text(mean))  bound \(text(bound))  ratio \(text(mean / bound))  "
                        + "least of any test that needs \(Int(failures)) failures \(text(least / bound))")
            }
        }
    }

    private static func falseHalts(_ seeds: Int) async {
        let runs = seeds * 50
        say("clean rollouts, 20,000 endpoints, noise 0.005 that swings by 80% over the day, seeds 1 to \(runs)")
        let halves = await halves(of: runs, (0, 0)) { sum, seed in
            let outcome = GateMeasures.falseHalts(fleet: 20_000, noise: 0.005, seed: seed)
            sum.0 += outcome.isHalted ? 1 : 0
            sum.1 += outcome.cohorts > 0 ? 1 : 0
        } joining: {
            $0 = ($0.0 + $1.0, $0.1 + $1.1)
        }
        say("  halted \(halves.0), with a cohort halted alone \(halves.1), alpha 0.001   (at most 0.2%: \(runs / 500))")
    }

    private static func corner(_ seeds: Int) async {
        say("a defect that strikes every endpoint of one cohort of 0.1%, 1,000,000 endpoints, seeds 1 to \(seeds)")
        for noise in [1e-6, 1e-3] {
            var sums = (broken: 0, blind: 0, random: 0, missing: 0, halted: 0)
            for seed in 1...UInt64(seeds) {
                let report = GateMeasures.corner(fleet: 1_000_000, share: 0.001, noise: noise, seed: seed)
                sums.broken += report.broken
                sums.blind += report.brokenBlind
                sums.random += report.brokenRandomCanary
                sums.missing += 1_000_000 - report.offered
                sums.halted += report.isHalted ? 1 : 0
            }
            let (own, random) = (Double(sums.broken) / Double(seeds), Double(sums.random) / Double(seeds))
            say(
                "  noise \(noise): broken \(text(own)); after a random canary of the same size \(text(random)) (ratio "
                    + "\(text(own / random)), at most 0.1); by the same gate without cohorts "
                    + "\(text(Double(sums.blind) / Double(seeds))); not offered \(sums.missing / seeds); halted whole "
                    + "\(sums.halted)")
        }
    }

    private static func growth(_: Int) async {
        say("a clean release, event by event, noise 1e-6, seed 1")
        for fleet in [10_000, 100_000, 1_000_000, 8_500_000] {
            var setup = setup(rate: 0, noise: 1e-6)
            setup.fleet = fleet
            setup.isPooled = false
            var world = FleetWorld(setup)
            let report = world.run()
            say(
                "  \(fleet) endpoints: \(text(report.wallSeconds)) s, \(text(report.wallSeconds / Double(fleet) * 1e6)) us an "
                    + "endpoint, \(text(report.wallSeconds / Double(report.events) * 1e9)) ns an event")
        }
    }

    private static func evaluation(_: Int) async {
        let seconds = (0..<5).map { _ in GateMeasures.secondsPerEvaluation(cohorts: 1_000) }.sorted()[2]
        say(
            "one evaluation of the gate with 1,000 cohorts, all judged anew, median of 5: \(text(seconds * 1e3)) ms   (below 1)"
        )
    }

    private static func weather(_ seeds: Int) async {
        let runs = seeds * 50
        say("hostile weather, seeds 1 to \(runs)")
        let parts = await halves(of: runs, ([UInt64](), HostileWeather.Counters())) { sum, seed in
            var weather = HostileWeather(seed: seed)
            if !weather.run().isEmpty { sum.0.append(seed) }
            sum.1.add(weather.counters)
        } joining: {
            $0.0 += $1.0
            $0.1.add($1.1)
        }
        say("  runs with a broken invariant: \(parts.0.count) \(parts.0.sorted().prefix(10))   (0)")
        say("  \(parts.1)")
    }
}
