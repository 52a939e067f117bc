import Glibc
import Synchronization

/// A lock on a directory, held by one process at a time until it is released or this value is gone. The kernel lets go
/// of it when the process ends, however it ends.
package final class FileLock: Sendable {
    /// Nil once released.
    private let descriptor: Mutex<Int32?>

    /// Between two tries for a lock.
    private static let pauseMicroseconds: UInt32 = 10_000

    /// Takes the lock at `path`, whose file it makes.
    ///
    /// - Parameter patienceMilliseconds: How long to try, blocking. A child of the former holder that has not executed its
    ///   program yet, because the execution waits for a verdict, has the lock for that long after its parent.
    /// - Throws: ``FileError`` with `.locked` when another process has it.
    package init(_ path: String, patienceMilliseconds: Int = 0) throws(FileError) {
        // O_CLOEXEC: a child that inherited the descriptor would hold the lock on after its parent.
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw FileError(errno: errno, during: "open", subject: path) }
        var pausesLeft = patienceMilliseconds * 1000 / Int(Self.pauseMicroseconds)
        while flock(opened, LOCK_EX | LOCK_NB) != 0 {
            let number = errno
            if number == EINTR { continue }
            if number == EWOULDBLOCK, pausesLeft > 0 {
                pausesLeft -= 1
                usleep(Self.pauseMicroseconds)
                continue
            }
            close(opened)
            guard number == EWOULDBLOCK else { throw FileError(errno: number, during: "flock", subject: path) }
            throw FileError(
                .locked, subject: path,
                message: "another process uses this directory; end it, or choose another directory")
        }
        // Whose it is, for the guard, which takes over an agent that another guard started. The text means something only
        // while the lock is held; one that could not be written costs that guard a restart of the agent, no more.
        let holder = Array("\(getpid())\n".utf8)
        if ftruncate(opened, 0) == 0 { _ = pwrite(opened, holder, holder.count, 0) }
        descriptor = Mutex(opened)
    }

    /// Lets the next one have it. May be called more than once.
    ///
    /// Unlocked, not only closed: a child between its fork and its execution still has a copy of the descriptor, and the
    /// lock ends with the last copy (flock(2)).
    package func release() {
        descriptor.withLock { descriptor in
            if let held = descriptor {
                flock(held, LOCK_UN)
                close(held)
            }
            descriptor = nil
        }
    }

    deinit { release() }
}
