import BrokerEngine
import ExecBroker
import Foundation
import Glibc
import TestSupport
import Testing

/// A mount namespace of its own with a small disk in it, on which executions may be held without harm to anybody: never
/// is a mount marked that anything else uses, and a `timeout` in another process ends whatever holds it.
final class BrokerStage {
    static let isAvailable: Bool = {
        guard geteuid() == 0, FileManager.default.fileExists(atPath: "/proc/sys/fs/fanotify") else { return false }
        return (try? run("/usr/bin/unshare", ["-m", "true"]))?.code == 0
    }()
    static let skipReason: Comment = "fanotify permission events need root, unshare(1) and a kernel that has them"
    /// The longest life of a broker in a test.
    static let lifeSeconds = 300

    let folder: TemporaryFolder
    let disk: String
    private let holder = Process()
    private let leash = Pipe()
    private var brokers: [BrokerRun] = []

    /// - Parameter at: Where the disk is mounted, in the namespace only; a new folder when nil.
    init(at place: String? = nil) throws {
        folder = try TemporaryFolder("broker")
        disk = place ?? folder.file("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let ready = Pipe()
        holder.executableURL = URL(filePath: "/usr/bin/unshare")
        let script = """
            mount -t tmpfs none \(disk) && mkdir \(disk)/own \(disk)/state && cp /bin/true \(disk)/true &&
            cp /bin/true \(disk)/own/true && cp /bin/dash \(disk)/shell && cp /bin/dash \(disk)/own/shell &&
            echo secret > \(disk)/state/journal && echo ready && exec cat
            """
        holder.arguments = ["-m", "--propagation", "private", "sh", "-c", script]
        holder.standardInput = leash
        holder.standardOutput = ready
        try holder.run()
        guard try ready.fileHandleForReading.read(upToCount: 6) == Data("ready\n".utf8) else {
            throw TestSupportError("no disk of one's own can be mounted")
        }
    }

    deinit {
        for broker in brokers { broker.end() }
        // The end of its input ends the holder, and with it the namespace and the disk.
        try? leash.fileHandleForWriting.close()
    }

    var socket: String { folder.file("socket") }

    /// How a path of the namespace is reached from here; the mount behind it is the same one.
    func seen(_ path: String) -> String { "/proc/\(holder.processIdentifier)/root\(path)" }

    /// Starts a broker that holds the disk, and returns when the marks are set.
    ///
    /// - Parameter deadlineMilliseconds: The longest by default: on a busy machine an engine that means to answer must not
    ///   be late.
    @discardableResult
    func broker(
        _ arguments: [String] = [], deadlineMilliseconds: Int = 200, mounts: Bool = true, faults: Bool = false
    ) async throws -> BrokerRun {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/nsenter")
        process.arguments =
            [
                "-t", "\(holder.processIdentifier)", "-m", "timeout", "-s", "KILL", "\(Self.lifeSeconds)",
                try BuiltCommand.path("firebreak-broker"), "run", "--socket", socket,
                "--deadline-ms", "\(deadlineMilliseconds)",
            ] + (mounts ? ["--mount", disk] : []) + arguments
        if faults { process.environment = ["FIREBREAK_BROKER_TEST_FAULTS": "1", "PATH": "/usr/bin:/bin"] }
        process.standardInput = FileHandle.nullDevice
        // Whoever reads the output of the tests waits for the end of all who hold it.
        process.standardOutput = FileHandle.nullDevice
        let complaints = folder.file("complaints")
        try Data().write(to: URL(filePath: complaints))
        process.standardError = FileHandle(forWritingAtPath: complaints)
        try process.run()
        let status = try await eventually("the broker listens", within: 120) {
            guard process.isRunning else {
                let words = try? String(contentsOfFile: complaints, encoding: .utf8)
                throw TestSupportError("it ended with \(process.terminationStatus): \(words ?? "")")
            }
            return try Self.status(at: socket)
        }
        guard let run = BrokerRun(process: process, status: status) else {
            throw TestSupportError("the status names no processes: \(status)")
        }
        brokers.append(run)
        return run
    }

    /// Connects an engine and waits until the broker asks it.
    func engine(_ judge: @escaping BrokerClient.Judge) async throws -> BrokerClient {
        let client = try BrokerClient.start(socket: socket, judge: judge)
        try await eventually("the broker asks", within: 120) { client.state.isHolding ? true : nil }
        return client
    }

    /// Executes a program of the namespace: 0 or the errno of the execution, and how long it took until it had begun.
    func execute(_ name: String, _ arguments: [String] = []) -> (error: Int32, seconds: Double) {
        Self.execute(seen("\(disk)/\(name)"), arguments)
    }

    /// What the broker says of itself, by its own `status --json`.
    func told() throws -> [String: Any] {
        let shown = try Self.run(try BuiltCommand.path("firebreak-broker"), ["status", "--json", "--socket", socket])
        return try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any] ?? [:]
    }

    func count(_ counter: BrokerCounter) throws -> Int {
        try told()["\(counter.name)"] as? Int ?? -1
    }

    static func execute(_ path: String, _ arguments: [String]) -> (error: Int32, seconds: Double) {
        var pid = pid_t()
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let clock = ContinuousClock()
        var error: Int32 = 0
        let took = clock.measure { error = posix_spawn(&pid, path, nil, nil, &words, environ) }
        if error == 0 {
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }
        return (error, took / .seconds(1))
    }

    /// A program's exit code and what it printed.
    static func run(_ path: String, _ arguments: [String]) throws -> (code: Int32, output: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }

    private static func status(at socket: String) throws -> [String: Any]? {
        let shown = try run(try BuiltCommand.path("firebreak-broker"), ["status", "--json", "--socket", socket])
        guard shown.code == 0 else { return nil }
        return try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any]
    }
}

/// A broker that runs.
struct BrokerRun {
    let pid: Int32
    let watchdog: Int32
    private let process: Process

    init?(process: Process, status: [String: Any]) {
        guard let pid = status["pid"] as? Int, let watchdog = status["watchdog_pid"] as? Int, pid > 1, watchdog > 1
        else { return nil }
        self.process = process
        self.pid = Int32(pid)
        self.watchdog = Int32(watchdog)
    }

    /// Ends the broker itself: the `timeout` around it may have inherited a mask that keeps signals from it.
    func end() {
        if process.isRunning { kill(pid, SIGKILL) }
    }

    /// How it ended, as a shell would say: 128 and the signal. Waits for it.
    func ended() async throws -> Int32 {
        try await eventually("the broker ends", within: 120) { process.isRunning ? nil : true }
        let code = process.terminationStatus
        return process.terminationReason == .uncaughtSignal ? 128 + code : code
    }
}
