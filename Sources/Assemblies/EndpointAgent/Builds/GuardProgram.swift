import Dispatch
import Glibc
import WorkerSandbox

/// The guard's own program, run for what only it may change: the slots of builds.
struct GuardProgram: Sendable {
    /// Its exit code for a build that it has condemned before.
    static let failedBefore: Int32 = 4

    let path: String
    /// What the guard remembers, and where the slots are.
    let state: String
    let install: String

    /// The program that watches this agent, or the one that was installed with it; nil where there is none, or this agent
    /// runs in no slot.
    static func find(state: String) -> GuardProgram? {
        // INSTALL/slots/a/firebreak-agent
        guard let folder = OwnProcess.folder, let slots = OwnProcess.parent(of: folder), slots.hasSuffix("/slots"),
            let install = OwnProcess.parent(of: slots)
        else { return nil }
        var places = ["\(install)/bin/firebreak-guard"]
        if let parent = OwnProcess.resolved("/proc/\(getppid())/exe"), parent.hasSuffix("/firebreak-guard") {
            places.insert(parent, at: 0)
        }
        guard let path = places.first(where: { access($0, X_OK) == 0 }) else { return nil }
        return GuardProgram(path: path, state: state, install: install)
    }

    /// Runs it to its end.
    ///
    /// - Returns: Its exit code; nil when it could not be run, or was killed.
    func run(_ command: String, _ arguments: [String] = []) async -> Int32? {
        let words = [path, command, "--state", state, "--install", install] + arguments
        return await withCheckedContinuation { answer in
            // Copying two programs takes a second: no thread for tasks waits for it.
            DispatchQueue.global().async { answer.resume(returning: Self.run(words)) }
        }
    }

    private static func run(_ words: [String]) -> Int32? {
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var process = pid_t()
        guard posix_spawn(&process, words[0], nil, nil, &pointers, environ) == 0 else { return nil }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 { guard errno == EINTR else { return nil } }
        // WIFEXITED, WEXITSTATUS
        return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
    }
}
