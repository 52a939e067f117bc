import ArgumentParser
import FleetSimulator
import Foundation

/// `firebreak scoreboard`
struct ScoreboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scoreboard",
        abstract: "Compare the gate with how others update their fleets, on every past incident.",
        discussion: """
            Simulates a clean release, a grid of fault rates and every incident under every policy, two fleets at a \
            time, and prints what each broke. With --out it also writes scoreboard.md, scoreboard.json and three plots: \
            broken-by-fault-rate.svg, coverage-by-time.svg and exposure-and-cap.svg. The same fleet and seed give the \
            same files. `firebreak simulate --help` tells of the policies.

              firebreak scoreboard --fleet 100000
              firebreak scoreboard --out docs/scoreboard
              firebreak scoreboard --incidents mine.json --json

            Exit code 0; 1 when the checker saw an invariant broken, after the result.
            """)

    @Option(help: ArgumentHelp("How many endpoints.", valueName: "count"))
    var fleet = 1_000_000

    @Option(help: ArgumentHelp("The same seed gives the same scoreboard.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp("The probability that an endpoint fails by itself within a bake.", valueName: "p"))
    var noise = 0.000001

    @Option(
        help: ArgumentHelp("Read the incidents from a JSON file instead of the catalogue.", valueName: "file"),
        completion: .file())
    var incidents: String?

    @Option(
        help: ArgumentHelp("The folder to write to; made where it is missing.", valueName: "folder"),
        completion: .directory)
    var out: String?

    @Flag(help: "Print scoreboard.json, and errors as JSON on standard error.")
    var json = false

    func validate() throws {
        guard SimulateCommand.fleetCounts.contains(fleet) else { throw ValidationError("--fleet takes 1 to 20000000.") }
        guard (0..<0.5).contains(noise) else { throw ValidationError("--noise takes 0 to below 0.5.") }
    }

    func run() async throws {
        let plan = Scoreboard.Plan(
            fleet: fleet, seed: seed, noise: noise, incidents: try IncidentShelf(file: incidents).incidents)
        // Before minutes of work, not after them.
        if let out { try make(folder: out) }
        let progress = SimulationProgress(console: .standard, isQuiet: json)
        let count = plan.runs.count
        var done = 0
        let board = await Scoreboard.run(plan) { row in
            done += 1
            progress.show(
                "\(done) of \(count)  \(row.subject.name), \(row.contestant.name): "
                    + "\(NumberText.grouped(row.report.broken)) broken")
        }
        progress.end()
        let document = try board.json()
        if let out { try write(board, document, to: out) }
        let console = Console.standard
        if json {
            console.say(String(document.dropLast()))
        } else {
            for line in ScoreboardView.lines(board, on: console) { console.say(line) }
            if let out { console.say("Written to \(out).") }
        }
        let violations = board.rows.map(\.report.capViolations).reduce(0, +)
        guard violations == 0 else {
            throw CommandFailure(
                .invariantBroken, exit: .failure, message: "the checker saw an invariant broken, \(violations) times")
        }
    }

    private func make(folder: String) throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(at: URL(filePath: folder), withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.fileUnwritable, exit: .failure, subject: folder, message: "the folder cannot be made")
        }
    }

    private func write(_ board: Scoreboard, _ document: String, to folder: String) throws(CommandFailure) {
        let files = [("scoreboard.md", board.markdown), ("scoreboard.json", document)]
        for (name, text) in files + board.drawings.map({ ($0.file, $0.plot.svg) }) {
            try PackFileReader.write(Array(text.utf8), to: "\(folder)/\(name)")
        }
    }
}
