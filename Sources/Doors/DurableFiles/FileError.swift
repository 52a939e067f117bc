import Glibc

/// Why a file could not be written, read or removed.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        case notFound = "file.not_found"
        /// No space, no inodes, or a quota or file size limit reached.
        case diskFull = "file.disk_full"
        case denied = "file.denied"
        /// The file is longer than its reader allows.
        case oversized = "file.oversized"
        /// What was read back is not what was written.
        case notWhatWasWritten = "file.not_what_was_written"
        /// Another process holds the lock.
        case locked = "file.locked"
        /// Anything else that the system said.
        case failed = "file.failed"
    }

    package let code: Code
    /// The path.
    package let subject: String
    /// What failed and what to do.
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    /// From a failed system call.
    package init(errno number: Int32, during call: String, subject: String) {
        let reason = "\(call): \(String(cString: strerror(number)))"
        switch number {
        case ENOENT, ENOTDIR:
            self.init(.notFound, subject: subject, message: "\(reason); check the path")
        case ENOSPC, EDQUOT, EFBIG:
            self.init(
                .diskFull, subject: subject, message: "\(reason); free space on this file system, or raise the limit")
        case EACCES, EPERM, EROFS:
            self.init(.denied, subject: subject, message: "\(reason); check owner, mode and mount of the path")
        default:
            self.init(
                .failed, subject: subject, message: "\(reason) (errno \(number)); see the kernel's log if it stays so")
        }
    }

    package var description: String { "\(subject): \(message) (\(code.rawValue))" }
}
