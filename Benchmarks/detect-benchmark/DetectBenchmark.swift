import ArgumentParser
import DetectionEngine
import FileDetection
import Foundation
import RuleCompiler

/// Measures detection on one core: compiling, loading, evaluating with JSON decoding, memory, and cost against the number
/// of rules; beside zargunlite, in the same run. To be started on one core: `taskset -c 0`.
@main
struct DetectBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect-benchmark", abstract: "Measure detection on files, beside a peer in the same run.")

    @Option(help: "Folder of Sigma rules.")
    var rules: String

    @Option(help: "Events, one JSON object a line.")
    var events: String

    @Option(help: "Rounds, of which medians are given.")
    var rounds = 5

    @Option(help: "A Python with zargunlite and pySigma; without one there is no peer.")
    var peerPython: String?

    @Option(help: .hidden)
    var resident: String?

    func run() throws {
        if let resident { return try Resident.report(program: resident, events: self.events) }
        let events = try Events(path: events)
        let sources = try RuleFolder.sources(at: [rules])
        let compiled = Compiled(sources, rounds: rounds)
        let (rules, problems) = (compiled.set.rules.count, compiled.set.errors.count)
        print("rules         \(rules) of \(sources.count) files, \(problems) problems")
        let compile = milliseconds(compiled.compileSeconds)
        print("compile       \(compile) ms from YAML to \(compiled.bytes.count) bytes")
        print("load          \(milliseconds(compiled.loadSeconds)) ms")
        let timing = Timing(try DetectionProgram(loading: compiled.bytes), events, rounds: rounds)
        let size = events.bytes.count / max(1, events.count)
        print("events        \(events.count) of \(size) bytes, \(timing.matchCount) matches")
        print("detect        \(Int(timing.eventsPerSecond)) events/s, CPU time, JSON decoding included")
        print("per event     p50 \(timing.p50) ns, p99 \(timing.p99) ns, longest \(timing.longest) ns")
        print("resident      \(try Resident.measure(compiled.bytes, events: self.events)) MB at most")
        try scale(compiled.set, events)
        try comparePeer(timing)
    }

    /// Cost against the number of rules: a growing part of the same rules, spread over all.
    private func scale(_ set: RuleSet, _ events: Events) throws {
        let whole = set.draft()
        let count = whole.groups.reduce(0) { $0 + $1.rules.count }
        for wanted in [10, 100, 1_000, count] where wanted <= count {
            var draft = whole
            var place = 0
            for index in draft.groups.indices {
                draft.groups[index].rules = draft.groups[index].rules.filter { _ in
                    defer { place += 1 }
                    return place * wanted / count != (place + 1) * wanted / count
                }
            }
            let program = try DetectionProgram(loading: try draft.encoded())
            let timing = Timing(program, events, rounds: max(3, rounds / 2))
            print("with rules    \(program.ruleCount): \(Int(1e9 / timing.eventsPerSecond)) ns an event")
        }
    }

    private func comparePeer(_ timing: Timing) throws {
        guard let peerPython else { return print("peer          none named: --peer-python") }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "peer.py").path
        let rulesetFolder = FileManager.default.temporaryDirectory.appending(path: "firebreak-detect-benchmark")
        try FileManager.default.createDirectory(at: rulesetFolder, withIntermediateDirectories: true)
        let ruleset = rulesetFolder.appending(path: "ruleset-\(rules.utf8.reduce(5381) { ($0 &* 33) ^ Int($1) }).json")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: peerPython)
        process.arguments = [script, rules, events, ruleset.path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let report = try JSONDecoder().decode(PeerReport.self, from: data)
        let eventsPerSecond = Double(report.events) / report.seconds
        let memory = report.residentKiB / 1024
        print("zargunlite    \(Int(eventsPerSecond)) events/s with \(report.rules) rules, \(memory) MB")
        print("ratio         \(Int(timing.eventsPerSecond / eventsPerSecond))")
    }

    private struct PeerReport: Decodable {
        let events: Int
        let rules: Int
        let seconds: Double
        let residentKiB: Int

        private enum CodingKeys: String, CodingKey {
            case events, rules, seconds
            case residentKiB = "resident_kib"
        }
    }

    private func milliseconds(_ seconds: Double) -> Int { Int((seconds * 1_000).rounded()) }
}
