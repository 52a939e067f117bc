import FleetModel
import Foundation
import Glibc
import Synchronization

@testable import ResponseActions
@testable import ResponseEngine

/// A state directory and a folder of somebody's for one test, gone with it.
final class Scratch: Sendable {
    let path: String

    /// - Parameter parent: On another file system than `/tmp` for what must be copied.
    init(in parent: String = NSTemporaryDirectory()) throws {
        path = parent + (parent.hasSuffix("/") ? "" : "/") + "response-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path + "/home", withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var state: String { path + "/state" }
    var file: String { path + "/home/evil" }

    static let content = Array(repeating: Array("not a virus\n".utf8), count: 1_000).flatMap { $0 }

    /// A file with everything that must come back.
    func write(_ bytes: [UInt8] = content, to path: String? = nil) throws {
        let path = path ?? file
        try Data(bytes).write(to: URL(filePath: path))
        chown(path, 1_234, 2_345)
        chmod(path, 0o4751)
        let times = [timespec(tv_sec: 1_000_000_001, tv_nsec: 123_456_789), timespec(tv_sec: 999_999_999, tv_nsec: 7)]
        utimensat(AT_FDCWD, path, times, 0)
    }

    static func content(of path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map(Array.init) }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Everything of the file that a person would miss.
    struct Look: Equatable {
        var content: [UInt8]
        var mode: UInt32
        var owner: UInt32
        var group: UInt32
        var modified: [Int]
    }

    static func look(_ path: String) -> Look? {
        var status = stat()
        guard lstat(path, &status) == 0, let content = content(of: path) else { return nil }
        return Look(
            content: content, mode: status.st_mode, owner: status.st_uid, group: status.st_gid,
            modified: [status.st_mtim.tv_sec, status.st_mtim.tv_nsec])
    }
}

enum Samples {
    static let now = Moment(milliseconds: 1_800_000_000_000)
    static let protected = ProtectedList(ownFolders: ["/opt/firebreak"])
    static let release = ReleaseID(accepted: "core@1.0.0")

    static func quarantine(_ path: String, number: Int = 1) -> ResponseRecord {
        ResponseRecord(
            id: ResponseID(number: number), at: now, release: release, rule: "rule-1",
            action: .quarantine(path: path, seenAt: now))
    }

    static func kill(_ processId: Int32, startedAt: Moment? = nil, seenAt: Moment, number: Int = 1) -> ResponseRecord {
        ResponseRecord(
            id: ResponseID(number: number), at: now, release: release, rule: "rule-1",
            action: .kill(
                ProcessSubject(
                    processId: processId, startedAt: startedAt, seenAt: seenAt, image: "/usr/bin/sleep",
                    commandLine: "sleep 600", user: "ada")))
    }
}

/// Stops after one step, once.
final class Cut: Sendable {
    private let after: ResponseStep
    private let reached = Mutex(false)

    init(after: ResponseStep) { self.after = after }

    var wasReached: Bool { reached.withLock { $0 } }

    func goesOn(_ step: ResponseStep) -> Bool {
        guard step == after else { return true }
        return reached.withLock { reached in
            defer { reached = true }
            return reached
        }
    }
}
