/// A clean release, a grid of fault rates and every incident, each under every policy.
package struct Scoreboard: Sendable {
    /// What is run.
    package struct Plan: Sendable {
        package var fleet: Int
        package var seed: UInt64
        package var noise: Double
        package var rates: [Double]
        package var incidents: [Incident]

        package init(
            fleet: Int, seed: UInt64, noise: Double,
            rates: [Double] = [0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
            incidents: [Incident] = IncidentCatalogue.all
        ) {
            self.fleet = fleet
            self.seed = seed
            self.noise = noise
            self.rates = rates
            self.incidents = incidents
        }

        /// In the order of the tables.
        package var subjects: [Subject] {
            [.clean] + rates.map(Subject.rate) + incidents.map(Subject.incident)
        }

        /// One for each subject and contestant, subject by subject.
        package var runs: [(subject: Subject, contestant: Contestant)] {
            subjects.flatMap { subject in Contestant.all.map { (subject, $0) } }
        }
    }

    /// What is released.
    package enum Subject: Sendable, Hashable {
        case clean
        case rate(Double)
        case incident(Incident)

        package var name: String {
            switch self {
            case .clean: "clean"
            case .rate(let rate): "rate \(NumberText.plain(rate))"
            case .incident(let incident): incident.id
            }
        }

        var fault: FaultSignature {
            switch self {
            case .clean: .none
            case .rate(let rate): FaultSignature(rate: rate)
            case .incident(let incident): incident.fault
            }
        }
    }

    /// A policy, and when it counts a success where that is its choice.
    package struct Contestant: Sendable, Hashable {
        package var policy: PolicyKind
        package var successAt = SuccessMoment.bake

        package var name: String { policy.rawValue + (successAt == .installation ? ", at installation" : "") }

        /// Those that are compared, like for like.
        package static let peers = PolicyKind.allCases.map { Contestant(policy: $0) }
        /// The same rules as their agents really report: success as soon as it is installed.
        package static let variants = [PolicyKind.hawkbit, .iotJobs].map {
            Contestant(policy: $0, successAt: .installation)
        }
        package static let all = peers + variants
    }

    package struct Row: Sendable {
        package var subject: Subject
        package var contestant: Contestant
        package var report: SimulationReport
    }

    package let plan: Plan
    package private(set) var rows: [Row] = []
    /// How the clean release went.
    private(set) var traces: [Contestant: [TracePoint]] = [:]

    /// Runs the plan, two fleets at a time, and tells of each run as it ends.
    package static func run(_ plan: Plan, each: (Row) -> Void) async -> Scoreboard {
        let runs = plan.runs
        let setups = runs.map { setup(for: $0.subject, $0.contestant, plan) }
        // The paths are kept for the clean release only: 270 of them would be 30 MB.
        var traces: [Contestant: [TracePoint]] = [:]
        let results = await SimulationBatch.reports(setups) { index, run in
            let (subject, contestant) = runs[index]
            if subject == .clean { traces[contestant] = run.points }
            each(Row(subject: subject, contestant: contestant, report: run.report))
        }
        var board = Scoreboard(plan: plan)
        board.traces = traces
        board.rows = zip(runs, results).map { Row(subject: $0.subject, contestant: $0.contestant, report: $1) }
        return board
    }

    private init(plan: Plan) { self.plan = plan }

    private static func setup(for subject: Subject, _ contestant: Contestant, _ plan: Plan) -> SimulationSetup {
        var setup = SimulationSetup(
            fleet: plan.fleet, fault: subject.fault, noise: plan.noise, policy: contestant.policy, seed: plan.seed)
        setup.successAt = contestant.successAt
        // The clean release is timed, so every endpoint is simulated; the others end early, mostly.
        setup.isPooled = contestant.policy == .firebreak && subject != .clean
        setup.afterSeconds = setup.afterSecondsNeeded
        return setup
    }

    package func report(_ subject: Subject, _ contestant: Contestant) -> SimulationReport? {
        rows.first { $0.subject == subject && $0.contestant == contestant }?.report
    }
}
