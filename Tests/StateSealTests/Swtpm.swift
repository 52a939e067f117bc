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

    /// Deletes an NV index, as whoever has the owner's authorization may: TPM2_NV_UndefineSpace (Part 3), written by hand
    /// since the agent itself has no use for it.
    func undefine(index: UInt32) throws {
        let number = (0..<4).map { UInt8(truncatingIfNeeded: index >> (24 - 8 * $0)) }
        // Tag with sessions, 31 bytes, the command, the owner, the index, 9 bytes of authorization: an empty password.
        let command: [UInt8] =
            [0x80, 0x02, 0, 0, 0, 31, 0, 0, 0x01, 0x22, 0x40, 0, 0, 0x01] + number
            + [0, 0, 0, 9, 0x40, 0, 0, 0x09, 0, 0, 0, 0, 0]
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(folder.file("tpm").utf8)) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) == 0 }
        }
        var answer = [UInt8](repeating: 0xFF, count: 64)
        guard isConnected, write(descriptor, command, command.count) == command.count,
            read(descriptor, &answer, answer.count) >= 10, answer[6..<10].allSatisfy({ $0 == 0 })
        else { throw TestSupportError("the simulator refused to delete the index: \(answer.prefix(10))") }
    }

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
