import ArgumentParser

@main
struct FirebreakAgent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firebreak-agent",
        abstract: "Protects this endpoint and takes releases from its control plane, carefully.",
        subcommands: [RunCommand.self, RecordCommand.self, RemedyCommand.self])
}
