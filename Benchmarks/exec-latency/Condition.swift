import Foundation
import Glibc

/// A state of the machine under which executions are measured.
struct Condition {
    let name: String
    let begin: () throws -> Void
    let end: () -> Void
    /// What went otherwise than the name says, told before `end`: executions that were not held as meant.
    var strayed: () throws -> Int = { 0 }

    static func all(disk: String, broker: String) -> [Condition] {
        let socket = "\(disk)-broker"
        let held = Program()
        let engine = Program()
        func hold(_ deadlineMilliseconds: Int) throws {
            // However this program ends, the broker does not outlive the minute.
            try held.start(
                "/usr/bin/timeout",
                [
                    "-s", "KILL", "60", broker, "run", "--socket", socket, "--mount", disk, "--deadline-ms",
                    "\(deadlineMilliseconds)",
                ])
            try wait("the broker to listen") { try told(broker, socket).contains("mode alone") }
        }
        let audit = AuditDaemon(folder: "\(disk)-audit")
        return [
            Condition(name: "no mark", begin: {}, end: {}),
            Condition(name: "broker, no engine", begin: { try hold(20) }, end: held.stop),
            Condition(
                name: "broker, engine asked",
                begin: {
                    // The longest deadline: on a busy machine an open breaker would show executions that nobody asked about.
                    try hold(200)
                    try engine.start("/proc/self/exe", ["engine", "--socket", socket])
                    try wait("the broker to ask") { try told(broker, socket).contains("mode asking") }
                },
                end: {
                    engine.stop()
                    held.stop()
                },
                strayed: {
                    let lines = try told(broker, socket).split(separator: "\n").map { $0.split(separator: " ") }
                    let counted = lines.filter { ["missed", "unasked", "released"].contains($0[0]) }
                    return counted.compactMap { Int($0[1]) }.reduce(0, +)
                }),
            Condition(name: "auditd, execve rule", begin: audit.begin, end: audit.end),
        ]
    }

    private static func told(_ broker: String, _ socket: String) throws -> String {
        try Program.output(of: broker, ["status", "--socket", socket])
    }

    private static func wait(_ what: String, _ condition: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try !condition() {
            guard ContinuousClock.now < deadline else { throw BenchmarkError("waited 10 s for \(what)") }
        }
    }
}

/// auditd with the rule that its users write for executions. Machine-wide while it lasts, so it lasts for moments.
struct AuditDaemon {
    let folder: String
    private let daemon = Program()
    private static let rule = ["exit,always", "-F", "arch=b64", "-S", "execve"]

    init(folder: String) { self.folder = folder }

    func begin() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/sbin/auditd") else {
            throw BenchmarkError("not measured: the package auditd is not installed")
        }
        guard try Self.control(["-s"]).contains("pid 0\n") else {
            throw BenchmarkError("not measured: this machine's own auditd runs, or audit cannot be reached")
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let settings = """
            log_file = \(folder)/audit.log
            log_format = RAW
            flush = INCREMENTAL_ASYNC
            freq = 50
            max_log_file = 64
            num_logs = 2
            max_log_file_action = ROTATE
            space_left = 1
            admin_space_left = 0
            space_left_action = IGNORE
            admin_space_left_action = IGNORE
            disk_full_action = IGNORE
            disk_error_action = IGNORE

            """
        let file = "\(folder)/auditd.conf"
        try settings.write(toFile: file, atomically: false, encoding: .utf8)
        chmod(file, 0o640)
        try daemon.start("/usr/sbin/auditd", ["-n", "-c", folder])
        let deadline = ContinuousClock.now + .seconds(5)
        while try !Self.control(["-s"]).contains("pid \(daemon.pid)\n") {
            guard ContinuousClock.now < deadline, daemon.isRunning else {
                throw BenchmarkError("not measured: auditd does not start here: \(try Self.control(["-s"]))")
            }
        }
        // As Debian's own audit.rules has it; the kernel's default of 64 loses records at once.
        _ = try Self.control(["-b", "8192"])
        _ = try Self.control(["-e", "1"])
        _ = try Self.control(["-a"] + Self.rule)
        guard try Self.control(["-l"]).contains("execve") else {
            throw BenchmarkError("not measured: this kernel takes no audit rule")
        }
    }

    func end() {
        // What was not begun here is not ours to switch off.
        guard daemon.pid != 0 else { return }
        _ = try? Self.control(["-d"] + Self.rule)
        _ = try? Self.control(["-e", "0"])
        _ = try? Self.control(["-b", "64"])
        daemon.stop()
    }

    private static func control(_ arguments: [String]) throws -> String {
        try Program.output(of: "/usr/sbin/auditctl", arguments)
    }
}

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A program that is started and stopped again and again.
final class Program {
    private var process: Process?
    private var input: Pipe?

    func start(_ path: String, _ arguments: [String]) throws {
        let next = Process()
        let pipe = Pipe()
        next.executableURL = URL(filePath: path == "/proc/self/exe" ? CommandLine.arguments[0] : path)
        next.arguments = arguments
        next.standardInput = pipe
        next.standardOutput = FileHandle.nullDevice
        try next.run()
        process = next
        input = pipe
    }

    var pid: Int32 { process?.processIdentifier ?? 0 }
    var isRunning: Bool { process?.isRunning ?? false }

    func stop() {
        guard let process else { return }
        try? input?.fileHandleForWriting.close()
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        self.process = nil
    }

    static func output(of path: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }
}
