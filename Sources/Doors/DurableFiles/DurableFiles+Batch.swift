package import Glibc

extension DurableFiles {
    /// Makes many new files durable in one round: all are written, then all are fsynced, then all get their names, then
    /// each directory is fsynced once. When this returns they are all there; when it throws, any of them may be.
    ///
    /// One writer at a time, and the directories are there. A file that is there already is replaced.
    package func writeAll(_ files: [(path: String, bytes: [UInt8])], mode: mode_t) throws(FileError) {
        for file in files {
            let temporary = file.path + Self.temporarySuffix
            _ = calls.unlink(temporary)
            try writeNew(file.bytes, to: temporary, mode: mode, fsync: .later)
        }
        // The fsync of one flushes what the others wait for, so that the later ones find little left to do.
        for file in files { try syncFile(file.path + Self.temporarySuffix) }
        for file in files {
            guard calls.rename(file.path + Self.temporarySuffix, to: file.path) == 0 else {
                throw FileError(errno: errno, during: "rename", subject: file.path)
            }
        }
        var synced: Set<String> = []
        for file in files where synced.insert(Self.directory(of: file.path)).inserted {
            try syncDirectory(of: file.path)
        }
    }

    /// Makes `bytes` the content of `next`, durably, and then renames it to `path`, durably. So whoever saw the new
    /// content at `path` saw something that no power cut takes back: where the rename is lost, `next` is there.
    package func replace(_ path: String, with bytes: [UInt8], by next: String, mode: mode_t) throws(FileError) {
        try write(bytes, to: next, mode: mode)
        try rename(next, to: path)
    }

    /// Renames, durably.
    package func rename(_ old: String, to new: String) throws(FileError) {
        guard calls.rename(old, to: new) == 0 else { throw FileError(errno: errno, during: "rename", subject: new) }
        try syncDirectory(of: new)
    }

    package func exists(_ path: String) -> Bool { calls.exists(path) }

    private func syncFile(_ path: String) throws(FileError) {
        let descriptor = try open(path, O_RDONLY)
        defer { _ = calls.close(descriptor) }
        guard calls.fsync(descriptor) == 0 else { throw FileError(errno: errno, during: "fsync", subject: path) }
    }
}
