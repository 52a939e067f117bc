import ArgumentParser
import FleetModel
import FleetSimulator

/// `firebreak simulate`
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Roll a release out to a simulated fleet, with the server's own gate.",
        discussion: """
            Simulates every endpoint by itself, in virtual time: it polls, is offered the release, fetches and activates \
            it, is well or is struck, and is heard or not. What decides is the code that the control plane runs; a \
            checker that shares no code with it watches that the exposed are never more than the evidence allows. \
            --policy compares it with how others update their fleets. One seed gives one run, on every machine.

              firebreak simulate
              firebreak simulate --fault-rate 0.01 --fleet 100000
              firebreak simulate --incident cs-cf291 --policy phased
              firebreak simulate --fault-rate 1 --affected-share 0.001 --onset reboot
              firebreak simulate --fault-rate 0.001 --pooled --seeds 200
              firebreak simulate --weather 7
              firebreak simulate --list-incidents

            POLICIES
              firebreak:    the gate: as many as the evidence allows
              push-to-all:  everyone at once
              fixed-rings:  1, 10, 50 and 100%, a day each
              hawkbit:      ten groups; the next at 50% success, halt above 30% errors
              iot-jobs:     50 a minute, doubled with each 1,000, at most 1,000 a minute;
                            abort at 20% failed or 50% timed out
              phased:       10% more every 6 hours
            Under all but firebreak people notice 100 struck machines, and stop it two hours later.

            OUTPUT
            --json prints one object: fleet, policy, seed, offered, broken, hands (machines that somebody must go to), \
            halted, rounds (bakes until everyone was offered it, or until the halt), minutes_to_halt and \
            minutes_to_p99_coverage (null where it never came to that), max_exposed, cap_violations, wall_seconds, \
            peak_memory_bytes, halted_cohorts, proven, events. With --seeds it is the median, p99 and max of each.

            Exit code 0 whether the release was halted or not; 1 when the checker saw an invariant broken, after the \
            result.
            """)

    @Option(help: ArgumentHelp("How many endpoints.", valueName: "count"))
    var fleet = 1_000_000

    @Option(help: ArgumentHelp("Who decides.", valueName: "policy"))
    var policy = PolicyKind.firebreak

    @Option(help: ArgumentHelp("The same seed gives the same run.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp("Run so many seeds, from --seed on, and summarise them.", valueName: "count"))
    var seeds: Int?

    @OptionGroup(title: "Fault") var fault: FaultOptions

    @Option(
        help: ArgumentHelp("The probability that an endpoint fails by itself within a bake.", valueName: "p"))
    var noise = 0.000001

    @Option(
        help: ArgumentHelp(
            "How much that swings between day and night: 0.5 is from half to one and a half times.", valueName: "p"))
    var noiseSwing = 0.0

    @Option(
        help: ArgumentHelp(
            "When another policy counts a success: after a whole bake, as firebreak does, or at installation, as "
                + "their agents report it.", valueName: "moment"))
    var successAt = SuccessMoment.bake

    @Option(
        help: ArgumentHelp("Watch for strikes so long after everyone has it: 6h.", valueName: "span"))
    var after: SpanArgument?

    @Flag(
        help: ArgumentHelp(
            "Draw those who wait from their number instead of simulating each: they are alike, the gate sees the "
                + "same, and a rollout that halts early costs milliseconds. With --policy firebreak."))
    var pooled = false

    @Option(
        help: ArgumentHelp(
            "Replay one seed of hostile weather instead: lost and late reports, partitions, crashes, two servers, "
                + "clocks that jump, endpoints that lie.", valueName: "seed"))
    var weather: UInt64?

    @Flag(help: "List the incidents instead.")
    var listIncidents = false

    @OptionGroup var output: OutputOptions

    /// More do not fit into the memory of the machines that this is for: 8.5 million take most of a gigabyte.
    static let fleetCounts = 1...20_000_000
    /// Enough for a quantile of one in a thousand.
    static let seedCounts = 1...100_000

    func validate() throws {
        guard Self.fleetCounts.contains(fleet) else { throw ValidationError("--fleet takes 1 to 20000000.") }
        guard seeds.map(Self.seedCounts.contains) ?? true else { throw ValidationError("--seeds takes 1 to 100000.") }
        guard (0..<0.5).contains(noise) else { throw ValidationError("--noise takes 0 to below 0.5.") }
        try FaultOptions.check(noiseSwing, "--noise-swing")
        if fault.incidents != nil, fault.incident == nil, !listIncidents {
            throw ValidationError("--incidents needs --incident, the one that is meant, or --list-incidents.")
        }
        if pooled, policy != .firebreak { throw ValidationError("--pooled goes with --policy firebreak only.") }
        guard seed.addingReportingOverflow(UInt64(seeds ?? 1)).partialValue >= seed else {
            throw ValidationError("--seed is too large for so many --seeds.")
        }
    }

    func run() async throws {
        if listIncidents {
            let shelf = try IncidentShelf(file: fault.incidents)
            return try output.show(shelf.incidents.map(\.id)) { shelf.lines(on: $0) }
        }
        if let weather { return try replay(weather) }
        let (signature, name) = try fault.resolved()
        let setup = setup(for: signature)
        if let seeds { return try await summarise(setup, name, seeds: seeds) }
        try simulate(setup, name)
    }

    private func setup(for signature: FaultSignature) -> SimulationSetup {
        var setup = SimulationSetup(fleet: fleet, fault: signature, noise: noise, policy: policy, seed: seed)
        setup.noiseSwing = noiseSwing
        setup.successAt = successAt
        setup.isPooled = pooled
        setup.afterSeconds = after.map { UInt32($0.span.milliseconds / 1000) } ?? setup.afterSecondsNeeded
        return setup
    }

    private func simulate(_ setup: SimulationSetup, _ name: String) throws {
        let progress = SimulationProgress(console: .standard, isQuiet: output.json)
        var watched = setup
        watched.watch = { progress.show(SimulationView.plain($0)) }
        let run = SimulationRun(of: watched)
        progress.end()
        try output.show(run.report) { SimulationView.lines(run.report, release: name, on: $0) }
        try Self.refuse(run.violations, count: run.report.capViolations)
    }

    private func summarise(_ setup: SimulationSetup, _ name: String, seeds: Int) async throws {
        let progress = SimulationProgress(console: .standard, isQuiet: output.json)
        let setups = (0..<UInt64(seeds)).map { offset in
            var next = setup
            next.seed = setup.seed + offset
            return next
        }
        var done = 0
        var violations: [String] = []
        let reports = await SimulationBatch.reports(setups) { index, run in
            done += 1
            violations += run.violations.map { "seed \(run.report.seed): \($0)" }
            progress.show("\(done) of \(seeds) seeds; seed \(run.report.seed) broke \(run.report.broken)")
        }
        progress.end()
        let summary = SeedSummary(of: reports)
        try output.show(summary) { SimulationView.lines(summary, release: name, on: $0) }
        try Self.refuse(violations, count: summary.capViolations)
    }

    private func replay(_ weather: UInt64) throws {
        let replay = WeatherReplay(seed: weather)
        try output.show(replay) { SimulationView.lines(replay, on: $0) }
        try Self.refuse(replay.violations, count: replay.violations.count)
    }

    /// The most that is worth reading.
    private static let violationsShownMax = 20

    private static func refuse(_ violations: [String], count: Int) throws(CommandFailure) {
        guard count > 0 else { return }
        var failure = CommandFailure(
            .invariantBroken, exit: .failure, message: "the checker saw an invariant broken, \(count) times")
        failure.details = Array(violations.prefix(violationsShownMax))
        throw failure
    }
}

extension PolicyKind: ExpressibleByArgument {}
extension SuccessMoment: ExpressibleByArgument {}
