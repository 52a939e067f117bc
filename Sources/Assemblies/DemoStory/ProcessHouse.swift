import FleetModel
import Foundation
import Subprocess
import SystemPackage

/// Starts the demo's processes and keeps them running, as an init system would: it restarts a process that died and
/// knows nothing of releases. What recovers, recovers because of what it finds on its own disk.
actor ProcessHouse {
    /// One program to run.
    struct Program: Sendable {
        let name: String
        let executable: FilePath
        let arguments: [String]
        let logFile: FilePath
        /// Wait before a restart; nil: never restarted. Like systemd's RestartSec.
        let restartDelay: Duration?
    }

    private var tasks: [String: Task<Void, Never>] = [:]
    private var starts: [String: Int] = [:]
    private var failures: [String: String] = [:]
    /// One line a started process: read at the next start, so that a demo that was killed leaves nothing behind.
    private let pidFile: FilePath

    init(pidFile: FilePath) { self.pidFile = pidFile }

    /// Starts a program and keeps it running until `stopAll`.
    func start(_ program: Program) {
        tasks[program.name] = Task { await keepRunning(program) }
    }

    /// How often a program was started, the first time included.
    func startCount(of name: String) -> Int { starts[name] ?? 0 }

    /// Why a program could not be started at all; nil when it could.
    func failure(of name: String) -> String? { failures[name] }

    /// Ends every process: SIGTERM, and SIGKILL after two seconds.
    func stopAll() async {
        for task in tasks.values { task.cancel() }
        for task in tasks.values { await task.value }
        tasks = [:]
        try? FileManager.default.removeItem(atPath: pidFile.string)
    }

    private func keepRunning(_ program: Program) async {
        while !Task.isCancelled {
            starts[program.name, default: 0] += 1
            do {
                try await runOnce(program)
            } catch {
                failures[program.name] = "\(program.executable): \(error)"
                return
            }
            guard let delay = program.restartDelay, !Task.isCancelled else { return }
            try? await Task.sleep(for: delay)
        }
    }

    private func runOnce(_ program: Program) async throws {
        let log = try FileDescriptor.open(
            program.logFile, .writeOnly, options: [.create, .append], permissions: [.ownerReadWrite, .groupRead])
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
        let register: @Sendable (Int32) async -> Void = { [self] pid in await note(pid: pid) }
        _ = try await run(
            .path(program.executable), arguments: Arguments(program.arguments), platformOptions: options,
            input: .none, output: .fileDescriptor(log, closeAfterSpawningProcess: true), error: .combinedWithOutput
        ) { execution in
            await register(execution.processIdentifier.value)
        }
    }

    private func note(pid: Int32) {
        guard
            let file = try? FileDescriptor.open(
                pidFile, .writeOnly, options: [.create, .append], permissions: [.ownerReadWrite])
        else { return }
        defer { try? file.close() }
        _ = try? file.writeAll("\(pid)\n".utf8)
    }

    /// Ends what an earlier demo left running. Only processes that are still firebreak commands are touched: a pid may
    /// have been given to another program since.
    static func endLeftovers(pidFile: FilePath) -> Int {
        guard let text = try? String(contentsOfFile: pidFile.string, encoding: .utf8) else { return 0 }
        var ended = 0
        for line in text.split(separator: "\n") {
            guard let pid = Int32(line), let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8),
                name.hasPrefix("firebreak")
            else { continue }
            if kill(pid, SIGKILL) == 0 { ended += 1 }
        }
        try? FileManager.default.removeItem(atPath: pidFile.string)
        return ended
    }
}
