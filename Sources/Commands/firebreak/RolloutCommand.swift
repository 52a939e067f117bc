import ArgumentParser
import ControlClient
import ControlWire
import FleetModel

/// `firebreak rollout`
struct RolloutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "Roll releases out, watch them, and stop them.",
        discussion: """
            The gate decides by itself how many endpoints may be exposed, and halts and recalls by itself. Holding, \
            resuming and recalling are for people who know something that the gate does not.
            """,
        subcommands: [Start.self, Status.self, Explain.self, Watch.self, Hold.self, Resume.self, Recall.self])

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start to roll a published release out.",
            discussion: """
                A policy is named by --policy and changed by the options after it; without any, the control plane's \
                default counts. Spans are written as 500ms, 90s, 30m, 2h, 1d.

                  firebreak rollout start linux-core@1.0.0
                  firebreak rollout start linux-core@1.0.0 --policy server-fleet \\
                      --loss-budget 10 --bake 1h
                  firebreak rollout start linux-core@1.0.1 --policy-file fleet.yml --urgent
                """)

        @Argument(help: "The release, as in linux-core@1.0.0.")
        var release: ReleaseID

        @Option(help: "A policy that the control plane knows: server-fleet, laptop-fleet, demo.")
        var policy: String?

        @Option(
            help: ArgumentHelp("A whole policy of your own: YAML, see `firebreak policy`.", valueName: "file"),
            completion: .file())
        var policyFile: String?

        @Flag(help: "Use the numbers of the policy's urgent lane: a larger budget and a shorter bake.")
        var urgent = false

        @Option(help: ArgumentHelp("Endpoints that may be lost in expectation: the first cap.", valueName: "endpoints"))
        var lossBudget: Int?

        @Option(help: ArgumentHelp("Confidence of the bound on the failure rate, as in 0.99.", valueName: "fraction"))
        var confidence: Double?

        @Option(help: ArgumentHelp("How long an endpoint must stay well to count as proven.", valueName: "span"))
        var bake: SpanArgument?

        @Option(help: ArgumentHelp("Without a word for this long, an exposure is silent.", valueName: "span"))
        var silenceDeadline: SpanArgument?

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard policy == nil || policyFile == nil else {
                throw ValidationError("--policy names a policy and --policy-file gives one: only one of them.")
            }
            guard lossBudget ?? 1 > 0 else { throw ValidationError("--loss-budget is 1 or more.") }
            guard (0.0..<1.0).contains(confidence ?? 0.5), confidence != 0 else {
                throw ValidationError("--confidence is between 0 and 1, as in 0.99.")
            }
        }

        func run() async throws {
            let request = RolloutRequest(
                release: release,
                policy: RolloutTerms(
                    preset: policy, lossBudget: lossBudget, confidence: confidence, bake: bake?.span,
                    silenceDeadline: silenceDeadline?.span),
                document: try policyFile.map { try PolicySource.document(in: $0, .rollout) },
                urgent: urgent ? true : nil)
            let summary = try await control.withClient { try await $0.startRollout(request) }
            try output.show(summary) {
                RolloutView.lines(summary, on: $0) + [$0.ink("next: firebreak rollout watch \(summary.id)", .grey)]
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one rollout, or all of them.",
            discussion: """
                  firebreak rollout status
                  firebreak rollout status linux-core@1.0.0
                  firebreak rollout status r-000001 --json | jq .verdict
                """)

        @Argument(help: ArgumentHelp("A rollout's id or release; all rollouts when absent.", valueName: "rollout"))
        var target: RolloutTarget?

        @Flag(help: "Show the whole policy too; needs a rollout.")
        var fullPolicy = false

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard !fullPolicy || target != nil else { throw ValidationError("--full-policy needs a rollout.") }
        }

        func run() async throws {
            guard let target else {
                let rollouts = try await control.withClient { try await $0.rollouts() }
                return try output.show(RolloutList(rollouts: rollouts)) { RolloutView.table(rollouts).lines(on: $0) }
            }
            let summary = try await control.withClient { client in
                let summary = try await RolloutCommand.find(target, with: client)
                return fullPolicy ? try await client.rollout(summary.id, withPolicy: true) : summary
            }
            try output.show(summary) { RolloutView.lines(summary, on: $0) }
        }
    }

    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offer a release to no further endpoint, until resumed.",
            discussion: """
                Endpoints that have it keep it, and their exposures go on to be settled.

                  firebreak rollout hold linux-core@1.0.0 --reason "customer is in a freeze"
                """)

        @OptionGroup var order: RolloutOrder
        func run() async throws { try await order.give(.hold) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on with a rollout that was held.",
            discussion: "  firebreak rollout resume linux-core@1.0.0")

        @OptionGroup var order: RolloutOrder
        func run() async throws { try await order.give(.resume) }
    }

    struct Recall: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a release back from every endpoint, for good.",
            discussion: """
                A recalled release is never offered again, and every endpoint that holds it drops it at its next \
                check-in. To bring its content back, publish it under a new version.

                  firebreak rollout recall linux-core@1.0.1 --reason "breaks the payroll server"
                """)

        @OptionGroup var order: RolloutOrder
        func run() async throws { try await order.give(.recall) }
    }

    /// The rollout that a target names.
    static func find(_ target: RolloutTarget, with client: ManagementClient) async throws -> RolloutSummary {
        switch target {
        case .id(let id): return try await client.rollout(id)
        case .release(let release):
            guard let summary = try await client.rollouts().first(where: { $0.release == release }) else {
                throw CommandFailure(.noRollout, exit: .refused, message: "no rollout of \(release)")
            }
            return summary
        }
    }
}

/// Which rollout an order is for, and why it is given.
struct RolloutOrder: ParsableArguments {
    @Argument(help: ArgumentHelp("The rollout's id, or its release.", valueName: "rollout"))
    var target: RolloutTarget

    @OptionGroup var why: ReasonOptions
    @OptionGroup(title: "Control plane") var control: ControlOptions
    @OptionGroup var output: OutputOptions

    func give(_ command: Routes.RolloutCommand) async throws {
        let summary = try await control.withClient { client in
            let rollout = try await RolloutCommand.find(target, with: client)
            return try await client.command(command, on: rollout.id, reason: why.reason)
        }
        try output.show(summary) { RolloutView.lines(summary, on: $0) }
    }
}
