import ArgumentParser
import ContentPack
import FleetModel
import Foundation
import ReleaseLab
import UpdateTrust
import WorkerSandbox

/// `firebreak lab`
struct LabCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Run a pack in the worker that endpoints get, and try to break it.",
        discussion: """
            Runs the packed bytes in the shipping worker, sealed as on an endpoint, through eight stages: seal, load, \
            every rule's examples, recorded telemetry, hostile events, stress, warped clocks, and changes of program with \
            events in flight. Whatever the worker does, the lab lives, and names the event that did it.

            The result is PACK.lab.json, an in-toto test result that `release publish` sends along; --html writes the \
            same for people. Needs no control plane and no root.

              firebreak lab linux-core-1.0.0.fbpack
              firebreak lab linux-core-1.2.0.fbpack \\
                  --previous linux-core-1.1.0.fbpack --previous linux-core-1.0.0.fbpack
              firebreak lab linux-core-1.0.0.fbpack --benign monday.jsonl --html lab.html

            A recording is a file of JSON lines, as the sensor writes them or as flat Sigma events with Sysmon's EventID. \
            --recording takes its labels from a file of tab-separated lines beside it: FILE.labels.tsv for FILE.jsonl.

            Exit code 0 when the pack passed, with or without warnings; \(CommandExit.labFailed.rawValue) when it failed; \
            \(CommandExit.labNotRun.rawValue) when no worker could be started, which counts as failed.
            """)

    @Argument(help: ArgumentHelp("A pack, as `firebreak pack build` wrote it.", valueName: "pack"), completion: .file())
    var file: String

    @Option(
        help: ArgumentHelp(
            "An earlier release to upgrade from and downgrade to, the newest first; at most two.", valueName: "pack"),
        completion: .file())
    var previous: [String] = []

    @OptionGroup(title: "Recordings") var recordings: LabRecordingOptions
    @OptionGroup(title: "Worker") var worker: LabWorkerOptions
    @OptionGroup(title: "Budgets") var budgets: LabBudgetOptions

    @Option(help: "Of what hostile events hold by chance; equal seeds send equal bytes.")
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Leave a stage out; the result is then a warning at best. "
                + LabStageName.allCases.map(\.rawValue).joined(separator: ", ") + ".", valueName: "stage"))
    var skip: [LabStageName] = []

    @Option(
        help: ArgumentHelp("Where to write the result. Default: PACK.lab.json.", valueName: "file"), completion: .file()
    )
    var result: String?

    @Option(help: ArgumentHelp("Write a report for people, one page of HTML.", valueName: "file"), completion: .file())
    var html: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let plan = try plan()
        let progress = LabProgressLine(console: .standard, isQuiet: output.json)
        let startedAt = Moment(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        let result = await LabRun.run(plan, startedAt: startedAt) { progress.show($0) }
        progress.end()
        let statement = try result.statement.encoded()
        let path = self.result ?? "\(file).lab.json"
        try PackFileReader.write(statement, to: path)
        if let html { try PackFileReader.write(Array(LabPage.html(of: result).utf8), to: html) }
        let console = Console.standard
        if output.json {
            console.say(String(decoding: statement, as: UTF8.self))
        } else {
            for line in LabView(result: result).lines(on: console) { console.say(line) }
            console.say("")
            console.say(console.ink("result: \(path)\(html.map { ", report: \($0)" } ?? "")", .grey))
            if result.verdict != .failed {
                console.say(console.ink("next: firebreak release publish \(file)", .grey))
            }
        }
        guard result.verdict == .failed else { return }
        throw ExitCode(
            (result.isWithoutWorker ? CommandExit.labNotRun : CommandExit.labFailed).rawValue)
    }

    private func plan() throws -> LabPlan {
        do throws(LabError) {
            let pack = try Self.pack(file)
            var others: [LabPack] = []
            for path in previous { others.append(try Self.pack(path)) }
            let executable = worker.path
            return try LabPlan(
                pack: pack, previous: others, recordings: try recordings.read(), budget: budgets.budget,
                launch: WorkerLaunch(executable: executable, obeysChaos: worker.chaos),
                workerDigest: try LabWorkerOptions.digest(of: executable), obeysChaos: worker.chaos, seed: seed,
                skipped: Set(skip))
        } catch {
            throw CommandFailure(error)
        }
    }

    private static func pack(_ path: String) throws(LabError) -> LabPack {
        let bytes: [UInt8]
        do throws(CommandFailure) {
            bytes = try PackFileReader.read(path)
        } catch {
            throw LabError(.packRefused, subject: path, message: error.message)
        }
        return try LabPack(bytes, fileName: URL(filePath: path).lastPathComponent)
    }
}

extension LabStageName: ExpressibleByArgument {}

extension CommandFailure {
    /// What cannot be read is the caller's to mend.
    init(_ error: LabError) {
        self.init(
            exit: .badInput, code: error.code.rawValue, subject: error.subject, message: error.message,
            nextStep: error.nextStep)
    }
}
