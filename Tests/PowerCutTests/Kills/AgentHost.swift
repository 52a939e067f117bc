import Foundation
import Glibc
import TestSupport

/// An endpoint with a control plane of its own: the real programs, started from a state that was prepared once.
final class AgentHost: Sendable {
    /// What every host starts from: keys, packs, and a control plane that knows the rollouts.
    struct Template: Sendable {
        let folder: TemporaryFolder
        /// Release 1.0.0 is to be rolled out, and no endpoint has enrolled.
        var fresh: String { folder.file("fresh") }
        /// The endpoint has committed 1.0.0, and 1.1.0 is to be rolled out.
        var second: String { folder.file("second") }

        static let versions = ["1.0.0", "1.1.0"]
        static let programs = ["firebreak", "firebreak-control", "firebreak-agent", "firebreak-worker"]

        static func make() async throws -> Template {
            let template = Template(folder: try TemporaryFolder("agent-kills"))
            let folder = template.folder
            try AgentHost.firebreak(["keys", "make", "--out", folder.file("key")])
            for version in versions {
                try AgentHost.firebreak([
                    "pack", "build", "--name", "linux-core", "--version", version, "--rules",
                    Checkout.path("content/linux-core/rules"), "--examples",
                    Checkout.path("content/linux-core/examples"),
                    "--key", folder.file("key"), "--out", folder.file("\(version).fbpack"),
                ])
            }
            let first = try await AgentHost(at: folder.file("first"), keys: folder.file("key.pub"))
            for version in versions { try first.ask(["release", "publish", folder.file("\(version).fbpack")]) }
            try first.ask(["rollout", "start", "linux-core@1.0.0", "--policy", "demo"])
            first.control.terminate()
            try FileManager.default.copyItem(atPath: first.path, toPath: template.fresh)
            try first.control.start()
            // The endpoint has to stay well for a while, until the first rollout is over and the next may begin.
            _ = try await first.live(until: "1.0.0") {
                (try? first.ask(["rollout", "start", "linux-core@1.1.0", "--policy", "demo"])) != nil
            }
            first.control.terminate()
            try FileManager.default.copyItem(atPath: first.path, toPath: template.second)
            return template
        }
    }

    let path: String
    let control: RunningProgram
    private let keys: String
    private let port: Int

    var state: String { "\(path)/state" }

    init(at path: String, keys: String) async throws {
        self.path = path
        self.keys = keys
        port = try freePort()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        control = try RunningProgram(
            "firebreak-control",
            [
                "--listen", "127.0.0.1:\(port)", "--data", "\(path)/control", "--trust", keys, "--preset", "demo",
            ], log: "\(path)/control.log")
        try await eventually("the control plane answers") { try ask(["status"]).isEmpty ? nil : true }
    }

    @discardableResult
    static func firebreak(_ words: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: try BuiltCommand.path("firebreak"))
        process.arguments = words
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw TestSupportError("firebreak \(words) failed") }
        return output
    }

    /// Asks the control plane.
    @discardableResult
    func ask(_ words: [String]) throws -> Data {
        try Self.firebreak(
            words + [
                "--control", "https://127.0.0.1:\(port)", "--ca", "\(path)/control/ca.pem", "--operator-token-file",
                "\(path)/control/operator.token",
            ])
    }

    private func cutter() throws -> Cutter {
        Cutter(
            executable: try BuiltCommand.path("syscall-cutter"), folders: [state], exceptions: ["agent.log"],
            bootFile: "\(path)/boot_id")
    }

    private func agent() throws -> [String] {
        [
            try BuiltCommand.path("firebreak-agent"), "run", "--control", "https://127.0.0.1:\(port)", "--ca",
            "\(path)/control/ca.pem", "--enrolment-secret-file", "\(path)/control/enrolment.secret", "--trust", keys,
            "--state", state, "--worker", try BuiltCommand.path("firebreak-worker"), "--sensor",
            "replay:\(Checkout.path("content/recordings/server.jsonl"))",
        ]
    }

    func boot(_ number: Int) throws {
        try Data("0000000\(number)-0000-4000-8000-000000000000\n".utf8).write(to: URL(filePath: "\(path)/boot_id"))
    }

    /// Runs the agent until it has committed `version` and `isOver` is true, then ends it in good order; or until it is
    /// killed.
    func live(until version: String, cut: Cutter.Cut? = nil, isOver: () -> Bool = { true }) async throws -> Cutter.Run {
        if !FileManager.default.fileExists(atPath: "\(path)/boot_id") { try boot(1) }
        let run = try cutter().start(try agent(), cut: cut)
        var isTold = false
        try await eventually("the agent has committed \(version)", within: 120) {
            if !isTold, let pid = try? pid(afterCommitOf: version), isOver() {
                kill(pid, SIGTERM)
                isTold = true
            }
            return run.process.isRunning ? nil : true
        }
        return try run.finished()
    }

    /// Starts the agent and lets it check in once.
    func checkIn() throws -> Cutter.Run { try cutter().run(try agent() + ["--once"]) }

    private func lines() throws -> [[String: Any]] {
        try String(contentsOfFile: "\(state)/agent.log", encoding: .utf8).split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    private func pid(afterCommitOf version: String) throws -> pid_t? {
        let lines = try lines()
        guard
            let line = lines.last(where: {
                $0["stage"] as? String == "committed" && $0["release"] as? String == "linux-core@\(version)"
            })
        else { return nil }
        return (line["pid"] as? Int).map { pid_t($0) }
    }

    /// The journal's JSON; nil when there is no file. A first line for the guard is passed over.
    func journal() throws -> [String: Any]? {
        guard var bytes = FileManager.default.contents(atPath: "\(state)/journal.json") else { return nil }
        if bytes.starts(with: Data("firebreak-journal ".utf8)), let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
            bytes = Data(bytes[(end + 1)...])
        }
        guard let journal = try JSONSerialization.jsonObject(with: bytes) as? [String: Any] else {
            throw TestSupportError("the journal is no object")
        }
        return journal
    }

    /// What the control plane heard that is active; nil: nothing.
    func reportedActive() throws -> String? {
        let list = try JSONSerialization.jsonObject(with: try ask(["endpoint", "list", "--json"])) as? [String: Any]
        let endpoint = (list?["endpoints"] as? [[String: Any]])?.first
        let releases = endpoint?["releases"] as? [[String: Any]] ?? []
        return releases.first { $0["active"] as? Bool == true }?["release"] as? String
    }

    func pack(_ digest: String) -> Data? {
        FileManager.default.contents(atPath: "\(state)/generations/\(digest).fbpack")
    }
}

/// What an agent's journal says, read by other code than the agent's.
struct JournalView {
    /// Proven releases: digest to name.
    var proven: [String: String] = [:]
    /// The release that is on trial.
    var trial: String?
    var reverted: Set<String> = []

    init(_ journal: [String: Any]?) {
        func pinned(_ member: Any?) -> (digest: String, release: String)? {
            guard let member = member as? [String: Any], let digest = member["digest"] as? String,
                let release = member["release"] as? String
            else { return nil }
            return (digest, release)
        }
        for generation in journal?["proven"] as? [[String: Any]] ?? [] {
            if let (digest, release) = pinned(generation["pinned"]) { proven[digest] = release }
        }
        if let attempt = journal?["attempt"] as? [String: Any], attempt["stage"] as? String == "trial" {
            trial = pinned((attempt["offer"] as? [String: Any])?["pinned"])?.digest
        }
        for settled in journal?["settled"] as? [[String: Any]] ?? [] where settled["ending"] as? String == "reverted" {
            if let (digest, _) = pinned(settled["pinned"]) { reverted.insert(digest) }
        }
    }
}
