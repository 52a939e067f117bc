import Foundation
import Synchronization
import TestSupport

/// A host for the real guard: a state directory, two slots, and a stand-in for the agent in them.
final class GuardHouse: Sendable {
    let folder: TemporaryFolder
    private let started = Mutex<[RunningProgram]>([])

    var state: String { folder.file("s") }
    var install: String { folder.file("i") }
    /// Each start of an agent appends a line here.
    var startsFile: String { folder.file("starts") }

    init(_ behaviour: String = "well") throws {
        folder = try TemporaryFolder("guard")
        try lay("i/slots/a", behaviour)
    }

    /// Agents outlive their guards: none may outlive its test.
    deinit {
        for program in started.withLock({ $0 }) { program.terminate() }
        for line in starts {
            if let pid = line.split(separator: " ").last.flatMap({ Int32($0) }) { kill(pid, SIGKILL) }
        }
    }

    /// Puts a build that behaves so into a folder.
    func lay(_ path: String, _ behaviour: String) throws {
        let target = folder.url.appending(path: path)
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        let agent = target.appending(path: "firebreak-agent")
        if !FileManager.default.fileExists(atPath: agent.path) {
            try FileManager.default.copyItem(atPath: BuiltCommand.path("fake-agent"), toPath: agent.path)
        }
        let worker = target.appending(path: "firebreak-worker")
        try Data("#!/bin/sh\n# \(behaviour) \(path)\n".utf8).write(to: worker)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: worker.path)
        try Data("\(behaviour)\n".utf8).write(to: target.appending(path: "behaviour"))
    }

    private var flags: [String] { ["--state", state, "--install", install] }

    /// Runs a command to its end.
    func run(_ arguments: [String]) throws -> (code: Int32, output: String, complaints: String) {
        let process = Process()
        process.executableURL = URL(filePath: try BuiltCommand.path("firebreak-guard"))
        process.arguments = [arguments[0]] + flags + arguments.dropFirst()
        let output = Pipe()
        let complaints = Pipe()
        process.standardOutput = output
        process.standardError = complaints
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        let complained = complaints.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: said, as: UTF8.self),
            String(decoding: complained, as: UTF8.self)
        )
    }

    /// Starts a guard that watches, with deadlines of a test's size.
    func watch(_ name: String = "guard", _ times: [String] = []) throws -> RunningProgram {
        let program = try RunningProgram(
            "firebreak-guard",
            ["watch"] + flags + ["--beat-ms", "1500", "--restart-ms", "10"] + times + ["--", "run", startsFile],
            log: folder.file("\(name).log"))
        started.withLock { $0.append(program) }
        return program
    }

    /// Every start so far: `SLOT MODE BOOT BUILD PID`.
    var starts: [String] {
        ((try? String(contentsOfFile: startsFile, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// The record as `status --json` gives it.
    func status() throws -> [String: Any] {
        let printed = try run(["status", "--json"])
        return try JSONSerialization.jsonObject(with: Data(printed.output.utf8)) as? [String: Any] ?? [:]
    }

    func status(_ name: String) throws -> String { try status()[name].map { "\($0)" } ?? "" }
}
