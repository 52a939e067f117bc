import ArgumentParser
import ControlClient
import ControlWire
import FleetModel

extension RolloutCommand {
    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say why the gate stands where it stands, and what it waits for.",
            discussion: """
                The cap and what holds it, the evidence against the release beside what it takes to halt, what each \
                cohort still needs, rings that are shut, and who has said no.

                  firebreak rollout explain linux-core@1.0.0
                  firebreak rollout explain r-000001 --json | jq .waits_for
                """)

        @Argument(help: ArgumentHelp("The rollout's id, or its release.", valueName: "rollout"))
        var target: RolloutTarget

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let gate = try await control.withClient { client in
                try await client.explanation(of: try await RolloutCommand.find(target, with: client).id)
            }
            try output.show(gate) { ExplainView.lines(gate, on: $0) }
        }
    }
}
