import CWorkerSandbox
import Glibc

/// What a process of ours does to itself.
package enum OwnProcess {
    /// Forbids other processes of the same user to attach to this one, and core dumps of it (prctl(2),
    /// PR_SET_DUMPABLE). Root may attach all the same.
    ///
    /// - Returns: False when the kernel refused.
    package static func makeUndumpable() -> Bool { firebreak_make_undumpable() == 0 }

    /// The folder of this process's program, without links; nil when /proc cannot be read.
    package static var folder: String? { folder(of: "/proc/self/exe") }

    /// The folder of a file, without links; nil when the file is not there.
    package static func folder(of path: String) -> String? {
        resolved(path).flatMap { parent(of: $0) }
    }

    /// The path of a file, without links; nil when the file is not there.
    package static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// The folder that a path without links is in.
    package static func parent(of path: String) -> String? { path.lastIndex(of: "/").map { String(path[..<$0]) } }

    /// What `uname -m` says.
    package static var architecture: String {
        var names = utsname()
        guard uname(&names) == 0 else { return "unknown" }
        return withUnsafeBytes(of: &names.machine) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
