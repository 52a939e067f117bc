import struct Crypto.SHA256
import FleetModel
import Glibc

/// Which program this process runs, by its bytes.
enum ProgramDigest {
    /// SHA-256 of it; nil when it cannot be read. Reads portion by portion: a program has some 90 MB.
    static func own() -> Digest? {
        let file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var hash = SHA256()
        var portion = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = read(file, &portion, portion.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return Digest(bytes: hash.finalize().map { $0 }) }
            portion.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}
