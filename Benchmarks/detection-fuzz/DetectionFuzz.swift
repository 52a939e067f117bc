import DetectionEngine
import Foundation
import RuleCompiler

/// Loads hostile programs and evaluates hostile events, and counts what came of it:
///
///     detection-fuzz --pairs N [--seed S] [--rules DIRECTORY]
///     detection-fuzz --memory [--seed S] [--rules DIRECTORY]
///
/// A pair is one rule of a loaded program and one event that it evaluated. The outcome is one line of JSON; a program
/// that takes more steps than it says ends the run with 1, and a trap is the failure that is looked for.
@main
struct DetectionFuzz {
    private static let usage = "usage: detection-fuzz --pairs N [--seed S] [--rules DIRECTORY] | --memory [...]"

    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        var pairs: UInt64?
        var seed: UInt64 = 1
        var rules: String?
        var measuresMemory = false
        while !arguments.isEmpty {
            let name = arguments.removeFirst()
            if name == "--memory" {
                measuresMemory = true
                continue
            }
            guard !arguments.isEmpty else { end(usage) }
            let value = arguments.removeFirst()
            switch name {
            case "--pairs": pairs = UInt64(value)
            case "--seed": seed = UInt64(value) ?? 1
            case "--rules": rules = value
            default: end(usage)
            }
        }
        let programs = rules.map(programs(of:)) ?? []
        if measuresMemory {
            MemoryRun(seed: seed, programs: programs).run()
            return
        }
        guard let pairs, pairs > 0 else { end(usage) }
        var run = FuzzRun(seed: seed, programs: programs)
        run.run(pairs: pairs)
        say(run.count.json(seed: seed))
        if run.count.overruns > 0 { exit(1) }
    }

    /// Programs of all rules under a folder that compile, for the sensor's events and for any.
    private static func programs(of folder: String) -> [[UInt8]] {
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        let sources = files.filter { $0.hasSuffix(".yml") }.sorted().compactMap { file -> RuleSource? in
            let path = folder + "/" + file
            return FileManager.default.contents(atPath: path).map { RuleSource(file: path, bytes: Array($0)) }
        }
        var programs: [[UInt8]] = []
        // One whole program of each schema, and small ones, whose bytes are changed to more effect.
        for options in [CompilerOptions.sensor, .open] {
            var parts = [sources]
            for start in stride(from: 0, to: sources.count, by: rulesOfPart) {
                parts.append(Array(sources[start...].prefix(rulesOfPart)))
            }
            for part in parts {
                let set = RuleCompiler.compile(part, options: options)
                if !set.rules.isEmpty, let program = try? set.program() { programs.append(program) }
            }
        }
        if programs.isEmpty { end("\(folder) has no rules that compile") }
        return programs
    }

    private static let rulesOfPart = 40

    /// Writes a line at once: a sanitizer that ends the process writes nothing that is still held back.
    static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    private static func end(_ words: String) -> Never {
        FileHandle.standardError.write(Data((words + "\n").utf8))
        exit(2)
    }
}
