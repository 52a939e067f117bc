import Foundation
import Glibc
import TestSupport

/// Runs programs under `syscall-cutter`, which counts the calls that change files and kills at one of them.
struct Cutter: Sendable {
    /// Where to kill; nil: nowhere, and the calls are counted.
    struct Cut: Sendable, CustomStringConvertible {
        let call: Int
        /// The call has been made; otherwise it has not.
        var isAfter = false

        var description: String { "\(isAfter ? "after" : "before") call \(call)" }
    }

    struct Run: Sendable {
        let code: Int32
        let output: String
        /// What the program and the cutter said.
        let complaints: String

        /// Calls that changed files, of a run that was not cut.
        var calls: Int? { lastLine(after: "calls ").flatMap { Int($0) } }
        /// Number, name and path of the call, of a run that was.
        var cut: String? { lastLine(after: "cut ") }

        private func lastLine(after word: String) -> String? {
            guard let line = complaints.split(separator: "\n").last, line.hasPrefix(word) else { return nil }
            return String(line.dropFirst(word.count))
        }
    }

    /// The cutter's exit code when it has killed.
    static let cutCode: Int32 = 100

    let executable: String
    /// Only what lies here counts.
    let folders: [String]
    /// Files by these names do not: what only tells.
    var exceptions: [String] = []
    /// Stands for the kernel's boot id.
    let bootFile: String
    /// A run that takes longer is ended: the longest story takes a tenth of it on a busy machine.
    var secondsMax = 120

    /// Mounts and filters need root; the rest is built beside the tests.
    static func canRun(_ programs: [String]) -> Bool {
        getuid() == 0 && (programs + ["syscall-cutter"]).allSatisfy { (try? BuiltCommand.path($0)) != nil }
    }

    func run(_ command: [String], cut: Cut? = nil) throws -> Run {
        let started = try start(command, cut: cut)
        started.process.waitUntilExit()
        return try started.finished()
    }

    /// A run that is under way.
    struct Started {
        let process: Process
        fileprivate let said: TemporaryFolder

        /// To be called when the process has ended.
        func finished() throws -> Run {
            Run(
                code: process.terminationStatus,
                output: try String(contentsOfFile: said.file("output"), encoding: .utf8),
                complaints: try String(contentsOfFile: said.file("complaints"), encoding: .utf8))
        }
    }

    func start(_ command: [String], cut: Cut? = nil) throws -> Started {
        let process = Process()
        process.executableURL = URL(filePath: executable)
        var arguments = folders.flatMap { ["--under", $0] } + exceptions.flatMap { ["--except", $0] }
        arguments += ["--boot-id", bootFile, "--seconds", "\(secondsMax)"]
        if let cut { arguments += ["--at", "\(cut.call)"] + (cut.isAfter ? ["--after"] : []) }
        process.arguments = arguments + ["--"] + command
        process.standardInput = FileHandle.nullDevice
        // Files, not pipes: a child that outlives its parent must not keep the test waiting.
        let said = try TemporaryFolder("cutter")
        for name in ["output", "complaints"] {
            _ = FileManager.default.createFile(atPath: said.file(name), contents: nil)
        }
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: said.file("output")))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: said.file("complaints")))
        try process.run()
        return Started(process: process, said: said)
    }
}
