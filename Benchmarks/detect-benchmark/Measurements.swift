import DetectionEngine
import FileDetection
import Foundation
import Glibc
import RuleCompiler

/// Seconds of processor time that this process has used.
func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// A file of events in memory, with the place of each.
struct Events {
    let bytes: [UInt8]
    let ranges: [Range<Int>]

    init(path: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var ranges: [Range<Int>] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            if index > start { ranges.append(start..<index) }
            start = index + 1
        }
        if start < bytes.count { ranges.append(start..<bytes.count) }
        (self.bytes, self.ranges) = (bytes, ranges)
    }

    var count: Int { ranges.count }
}

/// Rules, compiled and loaded several times.
struct Compiled {
    let set: RuleSet
    let bytes: [UInt8]
    let compileSeconds: Double
    let loadSeconds: Double

    init(_ sources: [RuleSource], rounds: Int) {
        var compiles: [Double] = []
        var loads: [Double] = []
        var result: (RuleSet, [UInt8])?
        for _ in 0..<max(1, rounds) {
            let begin = processorSeconds()
            let set = RuleCompiler.compile(sources, options: .open)
            let bytes = (try? set.program()) ?? []
            compiles.append(processorSeconds() - begin)
            let loadBegin = processorSeconds()
            _ = try? DetectionProgram(loading: bytes)
            loads.append(processorSeconds() - loadBegin)
            result = (set, bytes)
        }
        set = result?.0 ?? RuleCompiler.compile([], options: .open)
        bytes = result?.1 ?? []
        compileSeconds = Self.median(compiles)
        loadSeconds = Self.median(loads)
    }

    static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// Events evaluated several times over: whole rounds for the speed, and one in which each event is timed.
struct Timing {
    let eventsPerSecond: Double
    private(set) var matchCount = 0
    private(set) var p50 = 0
    private(set) var p99 = 0
    private(set) var longest = 0

    init(_ program: DetectionProgram, _ events: Events, rounds: Int) {
        var interpreter = ProgramInterpreter(program)
        var seconds: [Double] = []
        for _ in 0..<rounds {
            let begin = processorSeconds()
            for range in events.ranges { _ = interpreter.evaluate(json: events.bytes.span.extracting(range)) }
            seconds.append(processorSeconds() - begin)
        }
        eventsPerSecond = Double(events.count) / Compiled.median(seconds)
        var nanoseconds: [Int] = []
        nanoseconds.reserveCapacity(events.count)
        for range in events.ranges {
            let begin = nanosecondsNow()
            matchCount += interpreter.evaluate(json: events.bytes.span.extracting(range)).matchCount
            nanoseconds.append(nanosecondsNow() - begin)
        }
        nanoseconds.sort()
        guard let last = nanoseconds.last else { return }
        (p50, p99) = (nanoseconds[nanoseconds.count / 2], nanoseconds[nanoseconds.count * 99 / 100])
        longest = last
    }

    private func nanosecondsNow() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

/// The memory of a process that has a program and runs it over a file, and has compiled nothing.
enum Resident {
    /// Evaluates and prints the most memory that was resident, in KiB.
    static func report(program: String, events: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: program)))
        var run = DetectionRun(try DetectionProgram(loading: bytes))
        var file = try EventFile(path: events)
        try run.run(&file, wantsDetails: false, onMatch: { _ in }, onRefusal: { _, _ in }, onProgress: { _ in })
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        print(line.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0)
    }

    /// MB of another process of this program.
    static func measure(_ bytes: [UInt8], events: String) throws -> Int {
        let file = FileManager.default.temporaryDirectory.appending(path: "firebreak-detect-benchmark-\(getpid()).bin")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--rules", "-", "--events", events, "--resident", file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return (Int(text) ?? 0) / 1024
    }
}
