import Foundation
import Synchronization

/// A real process that a test starts, kills and starts again. Killed when the last reference goes.
package final class RunningProgram: Sendable {
    private let process: Mutex<Process?>
    private let executable: String
    private let arguments: [String]
    private let log: String

    package init(_ command: String, _ arguments: [String], log: String) throws {
        executable = try BuiltCommand.path(command)
        self.arguments = arguments
        self.log = log
        process = Mutex(nil)
        try start()
    }

    deinit { process.withLock { if let pid = $0?.processIdentifier, $0?.isRunning == true { kill(pid, SIGKILL) } } }

    /// Starts the program, again if it has ended.
    package func start() throws {
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: log))
        try handle.seekToEnd()
        let next = Process()
        next.executableURL = URL(filePath: executable)
        next.arguments = arguments
        next.standardInput = FileHandle.nullDevice
        next.standardOutput = handle
        next.standardError = handle
        try next.run()
        process.withLock { $0 = next }
    }

    package var pid: Int32 { process.withLock { $0?.processIdentifier ?? 0 } }
    package var isRunning: Bool { process.withLock { $0?.isRunning ?? false } }

    /// SIGKILL, as a power cut of one process; returns when it is gone.
    package func killNow() {
        process.withLock {
            guard let running = $0, running.isRunning else { return }
            kill(running.processIdentifier, SIGKILL)
            running.waitUntilExit()
        }
    }

    /// SIGTERM, and waits for the end.
    package func terminate() {
        process.withLock {
            guard let running = $0, running.isRunning else { return }
            running.terminate()
            running.waitUntilExit()
        }
    }

    /// What the program has printed.
    package var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
}
