import struct Crypto.SHA256
import FleetModel
import Glibc
import Synchronization

/// Which programs an endpoint runs, by their bytes.
enum ProgramDigest {
    private static let known = Mutex<Digest?>(nil)

    /// SHA-256 of the program that this process runs; nil when it cannot be read. Read once: one that is replaced on disk
    /// while it runs is still the one that runs.
    static func own() -> Digest? {
        known.withLock { known in
            known = known ?? digest(of: "/proc/self/exe")
            return known
        }
    }

    /// SHA-256 of a file; nil when it cannot be read. Reads portion by portion: a program has some 90 MB.
    static func digest(of path: String) -> Digest? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var hash = SHA256()
        var portion = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = read(file, &portion, portion.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return Digest(bytes: Array(hash.finalize())) }
            portion.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}
