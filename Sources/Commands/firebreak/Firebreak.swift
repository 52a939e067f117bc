import ArgumentParser
import ControlWire
import Foundation
import Glibc

/// The operator's and release engineer's command.
@main
struct Firebreak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firebreak",
        abstract:
            "Carry security content to a fleet so that no release, however broken, takes down more than a handful.",
        discussion: """
            A release engineer builds a pack from rules, publishes it, and starts a rollout. The control plane then lets \
            it reach endpoints as fast as the evidence allows, and halts and recalls it by itself when it harms.

              firebreak keys make --out var/keys/release.key
              firebreak pack build --name linux-core --version 1.0.0 \\
                  --rules content/linux-core/rules \\
                  --examples content/linux-core/examples
              firebreak lab linux-core-1.0.0.fbpack
              firebreak release publish linux-core-1.0.0.fbpack
              firebreak rollout start linux-core@1.0.0
              firebreak rollout watch

            ENVIRONMENT
              FIREBREAK_CONTROL              stands for --control
              FIREBREAK_CA                   stands for --ca
              FIREBREAK_OPERATOR_TOKEN_FILE  stands for --operator-token-file
              FIREBREAK_SIGNING_KEY          stands for --key
              FIREBREAK_TRUST                stands for --trust
              NO_COLOR                       switches colours off

            EXIT CODES
            \(CommandExit.allCases.map { "  \($0.rawValue)  \($0.meaning)" }.joined(separator: "\n"))

            Shell completion: firebreak --generate-completion-script bash|zsh|fish
            """,
        subcommands: [
            StatusCommand.self, KeysCommand.self, PackCommand.self, RemedyCommand.self, LabCommand.self,
            ReleaseCommand.self,
            RolloutCommand.self, PolicyCommand.self, CustomerCommand.self, EndpointCommand.self, AlertCommand.self,
            QuarantineCommand.self,
            RepositoryCommand.self, RootCommand.self, LogCommand.self, WitnessCommand.self, DetectCommand.self,
            RulesCommand.self,
            DemoCommand.self,
            SimulateCommand.self, ScoreboardCommand.self,
        ])

    static func main() async {
        // A reader that goes away ends a write with an error, not this process without a word.
        signal(SIGPIPE, SIG_IGN)
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error, isJSON: arguments.contains("--json"))
        }
    }

    /// Says what went wrong and ends the process with the code that stands for it.
    private static func end(with error: any Error, isJSON: Bool) -> Never {
        if let code = error as? ExitCode { Glibc.exit(code.rawValue) }
        let parserCode = exitCode(for: error)
        if parserCode.isSuccess {
            // Help, version and completion scripts come as errors that succeed.
            Console.standard.say(fullMessage(for: error))
            Glibc.exit(CommandExit.ok.rawValue)
        }
        if parserCode == .validationFailure {
            Console.standard.complain(fullMessage(for: error))
            Glibc.exit(CommandExit.badInput.rawValue)
        }
        let failure = CommandFailure(of: error)
        let console = Console.standard
        if isJSON, let body = try? ManagementJSON.encode(failure.body) {
            console.complain(String(decoding: body, as: UTF8.self))
        } else {
            console.complain(failure.text)
        }
        Glibc.exit(failure.exit.rawValue)
    }
}
