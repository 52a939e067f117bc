import Foundation
import Glibc
import TestSupport

/// A TPM 2.0 in a process of its own: Debian's swtpm, started for one test and killed with the last reference.
///
/// A simulator and no piece of hardware: it proves the commands and their answers, not how long a chip takes.
final class Swtpm: Sendable {
    private let folder: TemporaryFolder
    private let pid: pid_t

    static let path = "/usr/bin/swtpm"
    static var isInstalled: Bool { access(path, X_OK) == 0 }

    /// The address for tpm2-tss. Its control socket must have the same path and `.ctrl`.
    var address: String { "swtpm:path=\(folder.file("tpm"))" }

    /// - Parameter folder: What the TPM keeps over a restart is in it.
    init(in folder: TemporaryFolder) async throws {
        self.folder = folder
        let socket = folder.file("tpm")
        for name in [socket, socket + ".ctrl"] { unlink(name) }
        let process = Process()
        process.executableURL = URL(filePath: Self.path)
        process.arguments = [
            "socket", "--tpm2", "--tpmstate", "dir=\(folder.path)", "--server", "type=unixio,path=\(socket)",
            "--ctrl", "type=unixio,path=\(socket).ctrl", "--flags", "not-need-init",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        pid = process.processIdentifier
        try await eventually("swtpm listens") {
            access(socket, F_OK) == 0 && access(socket + ".ctrl", F_OK) == 0 ? true : nil
        }
    }

    deinit { stop() }

    /// A power cut of the TPM.
    func stop() {
        guard kill(pid, SIGKILL) == 0 else { return }
        var isGone = false
        // Process reaps it; what matters is that nobody holds the state any longer.
        for _ in 0..<10_000 where !isGone {
            isGone = kill(pid, 0) != 0
            if !isGone { sched_yield() }
        }
    }
}
