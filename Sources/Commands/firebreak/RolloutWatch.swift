import ArgumentParser
import ControlClient
import ControlWire
import FleetModel

extension RolloutCommand {
    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow a rollout until it ends.",
            discussion: """
                On a terminal the picture is drawn anew in place; otherwise a line is printed whenever something \
                changed, and with --json an object a line. Ends with exit code 0 when the rollout is complete, and 5 \
                when it was halted or recalled, so that a pipeline can wait for it.

                  firebreak rollout watch
                  firebreak rollout watch linux-core@1.0.0 && echo everyone has it
                """)

        @Argument(help: ArgumentHelp("The rollout's id, or its release; the newest when absent.", valueName: "rollout"))
        var target: RolloutTarget?

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        /// From one look to the next: quick enough to enjoy, and one request a half-second is nothing to the server.
        private static let interval = Duration.milliseconds(500)

        func run() async throws {
            let last = try await control.withClient { client in
                let id = try await rollout(with: client)
                var picture = RolloutPicture(console: .standard, isJSON: output.json)
                while true {
                    let summary = try await client.rollout(id)
                    try picture.show(summary)
                    if summary.finishedAt != nil { return summary }
                    try await Task.sleep(for: Self.interval)
                }
            }
            if last.phase != "complete" { throw ExitCode(CommandExit.stopped.rawValue) }
        }

        private func rollout(with client: ManagementClient) async throws -> RolloutID {
            if let target { return try await RolloutCommand.find(target, with: client).id }
            guard let newest = try await client.rollouts().first else {
                throw CommandFailure(.noRollout, exit: .refused, message: "there is no rollout yet")
            }
            return newest.id
        }
    }
}

/// What `rollout watch` has drawn.
struct RolloutPicture {
    let console: Console
    let isJSON: Bool
    private var lineCount = 0
    private var last: RolloutSummary?

    init(console: Console, isJSON: Bool) {
        self.console = console
        self.isJSON = isJSON
    }

    /// Shows how the rollout stands, if anything changed.
    mutating func show(_ summary: RolloutSummary) throws {
        guard summary != last else { return }
        if isJSON {
            try console.say(json: summary)
        } else if console.isTerminal {
            let lines = RolloutView.lines(summary, on: console)
            console.erase(lineCount: lineCount)
            // Without wrapping (DECAWM off) a line is a line, however narrow the terminal is.
            console.say("\u{1B}[?7l" + lines.joined(separator: "\n") + "\u{1B}[?7h")
            lineCount = lines.count
        } else if last.map(RolloutView.plain) != RolloutView.plain(summary) {
            console.say(RolloutView.plain(summary))
        }
        last = summary
    }
}
