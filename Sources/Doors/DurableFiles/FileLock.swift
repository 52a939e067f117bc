import Glibc

/// A lock on a directory, held by one process at a time for as long as this value lives. The kernel lets go of it when
/// the process ends, however it ends.
package final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock at `path`, whose file it makes.
    ///
    /// - Throws: ``FileError`` with `.locked` when another process has it.
    package init(_ path: String) throws(FileError) {
        // O_CLOEXEC: a child that inherited the descriptor would hold the lock on after its parent.
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw FileError(errno: errno, during: "open", subject: path) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(opened)
            guard number == EWOULDBLOCK else { throw FileError(errno: number, during: "flock", subject: path) }
            throw FileError(
                .locked, subject: path,
                message: "another process uses this directory; end it, or choose another directory")
        }
        descriptor = opened
    }

    deinit { close(descriptor) }
}
