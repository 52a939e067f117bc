import Glibc

/// A plain file that is read portion by portion.
package final class ReadableFile: Sendable {
    private let descriptor: Int32
    private let path: String
    /// When it was opened.
    package let byteCount: Int

    /// Opens the file.
    ///
    /// - Throws: ``FileError`` `.notFound`, also for what is no plain file; `.oversized` for more than `bytesMax` bytes.
    package init(_ path: String, bytesMax: Int) throws(FileError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        var status = stat()
        var failure: FileError?
        if descriptor < 0 || fstat(descriptor, &status) != 0 {
            failure = FileError(errno: errno, during: "open", subject: path)
        } else if status.st_mode & S_IFMT != S_IFREG {
            failure = FileError(errno: ENOENT, during: "open", subject: path)
        } else if status.st_size > bytesMax {
            failure = FileError(.oversized, subject: path, message: "longer than \(bytesMax) bytes")
        }
        byteCount = Int(status.st_size)
        if let failure { throw failure }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Reads at most as many bytes as `room` has, and at least one.
    ///
    /// - Throws: ``FileError``, also at the file's end: it was longer when it was opened.
    package func read(at offset: Int, into room: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        while true {
            let count = pread(descriptor, room.baseAddress, room.count, off_t(offset))
            if count > 0 { return count }
            if count < 0, errno == EINTR { continue }
            throw FileError(errno: count < 0 ? errno : EIO, during: "read", subject: path)
        }
    }
}
