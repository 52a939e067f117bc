import ArgumentParser
import CanonicalCoding
import DetectionEngine
import FileDetection
import FleetModel
import Foundation
import RuleCompiler

/// `firebreak detect`
struct DetectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect", abstract: "Run Sigma rules over files of events. Needs no control plane.",
        discussion: """
            Events are objects of JSON, one a line, in a list, or one after the other; members of objects inside are \
            named by dots. Where an event comes from is told by the taxonomy: Windows event logs and Sysmon, Sysmon for \
            Linux, the audit daemon, the Elastic Common Schema, this product's own recordings. What the taxonomy does \
            not know is named by --source.

            Rules that cannot be run are named on standard error, each with its line; the others run. An event's index \
            counts the events of its file from 0.

              firebreak detect --rules rules/windows --events security.jsonl
              firebreak detect --rules rules --events trail.json --summary \\
                  --source aws//cloudtrail
              zcat events.gz | firebreak detect --rules rules --events - --json \\
                  | jq -r .rule | sort | uniq -c

            EXIT CODES
              0  no rule matched
              3  at least one rule matched
              2  the command line, a rule folder or a file of events was wrong
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files or folders of Sigma rules.", valueName: "path"),
        completion: .directory)
    var rules: [String]

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files of events; - is standard input.", valueName: "file"),
        completion: .file())
    var events: [String]

    @Option(help: "How the events lie in a file: auto, lines (one a line) or objects (one after the other).")
    var format: EventFile.Layout = .auto

    @Option(
        help: ArgumentHelp(
            "Where all events come from, for those that the taxonomy does not know: product/category/service, each of "
                + "which may be empty.", valueName: "source"))
    var source: String?

    @OptionGroup var mapping: MappingOptions

    @Option(help: "Leave out matches below this level: informational, low, medium, high or critical.")
    var level: RuleLevel = .informational

    @Flag(help: "Print a table of the rules that matched instead of the matches.")
    var summary = false

    @Flag(help: #"Print one match a line as {"rule":ID,"event":INDEX}, and "file" when there are several."#)
    var json = false

    @Flag(help: "Show no progress and do not name refused rules and events one by one.")
    var quiet = false

    func validate() throws {
        guard !rules.isEmpty else { throw ValidationError("Name the rules: --rules FOLDER") }
        guard !events.isEmpty else { throw ValidationError("Name the events: --events FILE") }
        guard !(summary && json) else { throw ValidationError("Give --summary or --json, not both.") }
    }

    func run() throws {
        let console = Console.standard
        let program: DetectionProgram
        do throws(FileDetectionError) {
            let set = try mapping.compile(rules: rules)
            tell(set, on: console)
            program = try RuleLoading.program(of: set)
        } catch {
            throw CommandFailure(error)
        }
        var run = DetectionRun(program, tags: try tags())
        var printer = MatchPrinter(
            console: console, style: summary ? .none : json ? .json : .text, leastLevel: level,
            namesFile: events.count > 1, program: program)
        for path in events { try detect(in: path, &run, &printer, console) }
        printer.flush()
        if summary {
            for line in DetectionSummary(run.tally, leastLevel: level).lines(on: console) { console.say(line) }
        }
        conclude(run.tally, on: console)
        if printer.matchCount > 0 { throw ExitCode(CommandExit.detectMatches) }
    }

    private func detect(
        in path: String, _ run: inout DetectionRun, _ printer: inout MatchPrinter, _ console: Console
    ) throws {
        do {
            var file = try EventFile(path: path, layout: format)
            let progress = ReadingProgress(console: console, isQuiet: quiet, path: path, byteCount: file.byteCount)
            var refusals = 0
            try run.run(
                &file, wantsDetails: printer.wantsDetails,
                onMatch: { match in printer.print(match, of: path) },
                onRefusal: { index, error in
                    refusals += 1
                    guard !quiet, refusals <= Self.refusalsNamedMax else { return }
                    console.complain("\(path): event \(index) is left out: \(error.reason) (\(error.code.rawValue))")
                },
                onProgress: { progress.show($0) })
            progress.end()
            if !quiet, refusals > Self.refusalsNamedMax {
                console.complain("\(path): \(refusals - Self.refusalsNamedMax) more events are left out")
            }
        } catch let error as FileDetectionError {
            throw CommandFailure(error)
        }
    }

    /// Events that are named one by one: more would hide the matches.
    private static let refusalsNamedMax = 20

    /// Names every rule that is not run, and why.
    private func tell(_ set: RuleSet, on console: Console) {
        guard !set.errors.isEmpty else { return }
        if !quiet { for error in set.errors { console.complain(error.description.printable) } }
        console.complain(
            "\(set.errors.count) problems: the rules named do not run, \(set.rules.count) others do")
    }

    private func conclude(_ tally: DetectionTally, on console: Console) {
        guard !quiet else { return }
        var parts = ["\(tally.eventCount) events", "\(tally.matchCount) matches in \(tally.matchedEventCount)"]
        if tally.refusedCount > 0 { parts.append("\(tally.refusedCount) events left out") }
        if tally.forgottenGroupCount > 0 {
            parts.append("\(tally.forgottenGroupCount) groups of correlations forgotten for lack of room")
        }
        console.complain(parts.joined(separator: ", "))
    }

    private func tags() throws -> SourceTags {
        guard let source else { return SourceTags() }
        let parts = source.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts.contains(where: { !$0.isEmpty }) else {
            throw ValidationError(
                "--source \(source) has not the form product/category/service; write windows/process_creation/ or "
                    + "aws//cloudtrail")
        }
        func part(_ index: Int) -> String? { parts[index].isEmpty ? nil : parts[index] }
        return SourceTags(product: part(0), category: part(1), service: part(2))
    }
}

/// What rules and their words mean, beside what is built in.
struct MappingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A taxonomy of your own, which adds to the built-in one; may be given several times.", valueName: "file"),
        completion: .file())
    var taxonomy: [String] = []

    @Option(
        help: ArgumentHelp(
            "What |expand puts in, a YAML map of names to values; may be given several times.", valueName: "file"),
        completion: .file())
    var placeholders: [String] = []

    func compile(rules: [String]) throws(FileDetectionError) -> RuleSet {
        try RuleLoading.compile(rules: rules, taxonomies: taxonomy, placeholders: placeholders)
    }
}

extension EventFile.Layout: ExpressibleByArgument {}

extension RuleLevel: ExpressibleByArgument {
    public init?(argument: String) { self.init(name: argument.lowercased()) }
    public var defaultValueDescription: String { name }
    public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension CommandFailure {
    init(_ error: FileDetectionError) {
        self.init(
            exit: .badInput, code: error.code.rawValue, subject: error.subject, message: error.message, nextStep: "")
    }
}
