package import Glibc

/// Whole files that are there after a power cut or not at all.
///
/// A write goes: temporary file, fsync, rename, fsync of the directory, read back. Without the fsync a file survives by
/// name and is empty; without the read back a disk that lies goes unnoticed until the file is needed. A reader still
/// treats an empty or torn file as damaged: the last line of defence is his.
package struct DurableFiles: Sendable {
    let calls: any FileCalls

    /// Ends the names of files that are being written. Leftovers of an interrupted write may be deleted.
    package static let temporarySuffix = ".writing"

    package init(calls: any FileCalls = KernelCalls()) { self.calls = calls }

    /// Makes `bytes` the content of the file at `path`, durably. At every moment the file has the old content or the new.
    ///
    /// One writer at a time: the temporary name is the path's own.
    ///
    /// - Parameter mode: Of the new file.
    /// - Throws: ``FileError``. The file then has its old content, except for `.notWhatWasWritten` and a failed fsync of
    ///   the directory, after which it has either.
    package func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws(FileError) {
        let temporary = path + Self.temporarySuffix
        // An interrupted write may have left one with another mode, and its content is worth nothing.
        _ = calls.unlink(temporary)
        do throws(FileError) {
            try writeNew(bytes, to: temporary, mode: mode)
            guard calls.rename(temporary, to: path) == 0 else {
                throw FileError(errno: errno, during: "rename", subject: path)
            }
        } catch {
            // A full disk must not stay full of what did not fit.
            _ = calls.unlink(temporary)
            throw error
        }
        try syncDirectory(of: path)
        guard try isSame(path, as: bytes) else {
            throw FileError(
                .notWhatWasWritten, subject: path,
                message: "the disk gave back other bytes than were written; check it, and restore from a good state")
        }
    }

    /// The whole file.
    ///
    /// - Parameter bytesMax: More is an error, and no more than this is held.
    package func read(_ path: String, bytesMax: Int) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        try readParts(of: path, bytesMax: bytesMax) { bytes += $0 }
        return bytes
    }

    /// Whether the file is `bytes`, and they alone. Holds one part of it at a time.
    private func isSame(_ path: String, as bytes: [UInt8]) throws(FileError) -> Bool {
        var offset = 0
        var isSame = true
        try readParts(of: path, bytesMax: bytes.count) { part in
            let end = min(offset + part.count, bytes.count)
            isSame = isSame && bytes[offset..<end].elementsEqual(part)
            offset = end
        }
        return isSame && offset == bytes.count
    }

    /// Gives the file to `take` in its order, part by part. The last one may end beyond `bytesMax`; then this throws.
    private func readParts(of path: String, bytesMax: Int, take: ([UInt8]) -> Void) throws(FileError) {
        let descriptor = try open(path, O_RDONLY)
        defer { _ = calls.close(descriptor) }
        var count = 0
        var failure: FileError?
        while failure == nil {
            let room = min(64 << 10, bytesMax - count + 1)
            var isInterrupted = false
            let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                count = 0
                let got = calls.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer))
                if got < 0 {
                    isInterrupted = errno == EINTR
                    if !isInterrupted { failure = FileError(errno: errno, during: "read", subject: path) }
                } else {
                    count = got
                }
            }
            if isInterrupted { continue }
            if chunk.isEmpty { break }
            take(chunk)
            count += chunk.count
            if count > bytesMax {
                failure = FileError(
                    .oversized, subject: path,
                    message: "longer than \(bytesMax) bytes; it is none that this program wrote")
            }
        }
        if let failure { throw failure }
    }

    /// Removes the file, durably. One that is not there is no error.
    package func remove(_ path: String) throws(FileError) {
        guard calls.unlink(path) == 0 else {
            let number = errno
            if number == ENOENT { return }
            throw FileError(errno: number, during: "unlink", subject: path)
        }
        try syncDirectory(of: path)
    }

    /// Makes the directory entries of `path` durable.
    package func syncDirectory(of path: String) throws(FileError) {
        let directory = Self.directory(of: path)
        let descriptor = try open(directory, O_RDONLY | O_DIRECTORY)
        defer { _ = calls.close(descriptor) }
        guard calls.fsync(descriptor) == 0 else { throw FileError(errno: errno, during: "fsync", subject: directory) }
    }

    /// When a new file is made durable.
    enum Fsync {
        case now
        /// By the caller, who writes more of them first.
        case later
    }

    func writeNew(_ bytes: [UInt8], to path: String, mode: mode_t, fsync: Fsync = .now) throws(FileError) {
        let descriptor = try open(path, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        do throws(FileError) {
            try writeAll(bytes, to: descriptor, path: path)
            guard fsync == .later || calls.fsync(descriptor) == 0 else {
                throw FileError(errno: errno, during: "fsync", subject: path)
            }
        } catch {
            _ = calls.close(descriptor)
            throw error
        }
        // The error of a close tells of a write that failed late, on file systems that work so.
        guard calls.close(descriptor) == 0 else { throw FileError(errno: errno, during: "close", subject: path) }
    }

    func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes {
                calls.write(descriptor, UnsafeRawBufferPointer(rebasing: $0[done...]))
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                throw FileError(errno: written < 0 ? errno : ENOSPC, during: "write", subject: path)
            }
            done += written
        }
    }

    func open(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(FileError) -> Int32 {
        // Not through a link: a path of ours that is one was put there by someone else.
        let descriptor = calls.open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode: mode)
        guard descriptor >= 0 else { throw FileError(errno: errno, during: "open", subject: path) }
        return descriptor
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
