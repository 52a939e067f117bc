import ArgumentParser
import DemoStory
import Foundation
import SystemPackage

/// `firebreak demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Tell the story of one bad update, stopped, with real processes.",
        discussion: """
            Starts a control plane and 40 endpoints on this machine, rolls out a good release and then one that kills \
            every worker that loads it, and shows how far it got. Takes about two minutes. As root, one endpoint watches \
            this machine's kernel; otherwise all replay recordings.

            Everything is written under --directory: summary.json is the result, control/fleet.sqlite the ledger.

              firebreak demo
              firebreak demo --no-live --directory /tmp/demo

            Exit code 0 when the story came to its end; 1 when a step failed, with the step and the logs to read.
            """)

    @Option(help: "Where the demo writes. Emptied at the start.", completion: .directory)
    var directory = "var/demo"

    @Option(help: "The project's rules, examples and recordings.", completion: .directory)
    var content = "content"

    @Option(help: "How many endpoints.")
    var endpoints = 40

    @Flag(inversion: .prefixedNo, help: "Whether one endpoint watches this machine's kernel.")
    var live = true

    /// More would need more memory than the machines that a demo is for have: an endpoint takes about 60 MiB.
    static let endpointCounts = 8...200

    func validate() throws {
        guard Self.endpointCounts.contains(endpoints) else {
            throw ValidationError(
                "--endpoints takes \(Self.endpointCounts.lowerBound) to \(Self.endpointCounts.upperBound).")
        }
    }

    func run() async throws {
        guard let executable = Bundle.main.executableURL else {
            throw CommandFailure(
                exit: .failure, code: "demo.no_commands", message: "cannot tell where the commands are",
                nextStep: "Call firebreak by its path: .build/release/firebreak demo")
        }
        guard FileManager.default.fileExists(atPath: "\(content)/linux-core/rules") else {
            throw CommandFailure(
                exit: .badInput, code: "demo.no_content", subject: content, message: "there are no rules",
                nextStep: "Run the demo from the checkout, or name its content folder with --content.")
        }
        func absolute(_ path: String) -> FilePath { FilePath(URL(filePath: path).path) }
        var plan = DemoPlan(
            directory: absolute(directory), commands: FilePath(executable.deletingLastPathComponent().path),
            content: absolute(content))
        plan.endpointCount = endpoints
        plan.wantsLiveSensor = live
        do {
            _ = try await DemoStory(plan: plan).tell()
        } catch let error as DemoError {
            throw CommandFailure(
                exit: .failure, code: "demo.failed", subject: error.step, message: error.message,
                nextStep: "Read the logs, then run it again: it starts from nothing.")
        }
    }
}
