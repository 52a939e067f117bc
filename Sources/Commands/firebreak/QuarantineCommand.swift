import ArgumentParser
import FleetModel
import Foundation
import ResponseActions
import ResponseEngine

/// `firebreak quarantine`
struct QuarantineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "See what rules took from this machine, and put files back.",
        discussion: """
            Runs on the endpoint, as root, beside the agent or without it, and asks no server. What is put back counts \
            against the release that took it.
            """,
        subcommands: [List.self, Show.self, Restore.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the files that are held, oldest first.",
            discussion: """
                With --all also what was put back, what failed, and processes that were ended.

                  firebreak quarantine list
                  firebreak quarantine list --all --json | jq '.actions[].subject'
                """)

        @Flag(help: "Every action of the journal.")
        var all = false

        @OptionGroup var place: EndpointStateOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let found = try failing { () throws(ResponseError) in try place.door().journal.records() }
            let shown = found.records.filter { all || $0.isHeld }.map(ActionView.init)
            for error in found.damaged { Console.standard.complain("firebreak: \(error)".printable) }
            try output.show(ActionListView(actions: shown)) { console in
                guard !shown.isEmpty else { return ["Nothing is held."] }
                var table = Table(
                    ("ID", .left), ("WHEN", .left), ("STATE", .left), ("ACTION", .left), ("RELEASE", .left),
                    ("SUBJECT", .left))
                for action in shown {
                    table.add([
                        Table.Cell(action.id), Table.Cell(action.at), Table.Cell(action.state),
                        Table.Cell(action.action), Table.Cell(action.release), Table.Cell(action.subject),
                    ])
                }
                return table.lines(on: console)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one action: what was done, by which rule, and to what.",
            discussion: """
                  firebreak quarantine show a-000012
                """)

        @Argument(help: "The action's id, as `firebreak quarantine list` shows it.")
        var id: ResponseID

        @OptionGroup var place: EndpointStateOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let record = try failing { () throws(ResponseError) in try place.door().journal.record(id) }
            let action = ActionView(record)
            try output.show(action) { action.lines(on: $0) }
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a held file back where it was, as it was.",
            discussion: """
                Owner, mode, attributes and times come back too. A file that lies in its place now is left alone, but \
                with --force.

                  firebreak quarantine restore a-000012
                """)

        @Argument(help: "The action's id, as `firebreak quarantine list` shows it.")
        var id: ResponseID

        @Flag(help: "Replace the file that lies in its place now.")
        var force = false

        @OptionGroup var place: EndpointStateOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let now = Moment(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
            let record = try failing { () throws(ResponseError) in
                try place.door().restore(id, replaces: force, at: now)
            }
            try output.show(ActionView(record)) { _ in ["\(record.action.subject) is back".printable] }
        }
    }

    /// Turns what the quarantine refuses into what a command says.
    private static func failing<Value>(_ body: () throws(ResponseError) -> Value) throws(CommandFailure) -> Value {
        do throws(ResponseError) { return try body() } catch { throw CommandFailure(error) }
    }
}

/// Which endpoint's state: that of the agent on this machine.
struct EndpointStateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The agent's state directory.", valueName: "dir"), completion: .directory)
    var state = "/var/lib/firebreak"

    /// The door to what is there. Nothing is made: a wrong directory is to be told, not filled.
    func door() throws(ResponseError) -> ResponseDoor {
        let path = URL(filePath: state).standardizedFileURL.path
        guard FileManager.default.fileExists(atPath: "\(path)/responses") else {
            throw ResponseError(
                .unknown, subject: path,
                message:
                    "no agent has taken any action here; name the agent's state directory with --state, and run as "
                    + "root")
        }
        return try ResponseDoor(state: path)
    }
}

extension ResponseID: ExpressibleByArgument {}

extension CommandFailure {
    init(_ error: ResponseError) {
        let exit: CommandExit =
            switch error.code {
            case .unknown, .wrongState, .placeTaken, .subjectRefused: .badInput
            case .subjectGone, .quarantineFull, .damaged, .busy, .interrupted, .failed: .failure
            }
        self.init(exit: exit, code: error.code.rawValue, subject: error.subject, message: error.message, nextStep: "")
    }
}
