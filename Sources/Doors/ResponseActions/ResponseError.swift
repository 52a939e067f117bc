package import DurableFiles
import Glibc

/// Why an action could not be carried out or taken back.
package struct ResponseError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// There is no action of this id in the journal.
        case unknown = "response.unknown"
        /// The action is in a state in which this cannot be done.
        case wrongState = "response.wrong_state"
        /// The process has ended, or another has its number.
        case subjectGone = "response.subject_gone"
        /// The file or process is not, or no longer, one that may be acted on.
        case subjectRefused = "response.subject_refused"
        /// The quarantine is full, or the file is too large for it.
        case quarantineFull = "response.quarantine_full"
        /// Something is at the place where a file is to be put back.
        case placeTaken = "response.place_taken"
        /// The file in quarantine is not the one that was put there.
        case damaged = "response.damaged"
        /// Another process is at work on the quarantine.
        case busy = "response.busy"
        /// The act was cut short; the recovery at the next start finishes it or takes it back.
        case interrupted = "response.interrupted"
        /// The system refused a call.
        case failed = "response.failed"
    }

    package let code: Code
    /// The path, process or action.
    package let subject: String
    /// What is wrong, and what to do.
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    /// From a system call that gave a negated errno.
    init(call: String, result: Int, subject: String) {
        let number = Int32(clamping: -result)
        let reason = "\(call): \(String(cString: strerror(number)))"
        switch number {
        case ENOENT, ENOTDIR, ESRCH:
            self.init(.subjectGone, subject: subject, message: "\(reason); it is no longer there")
        case ELOOP:
            self.init(
                .subjectRefused, subject: subject,
                message: "\(reason); a symbolic link leads there, and links are not followed: use the real path")
        case EEXIST:
            self.init(.placeTaken, subject: subject, message: "\(reason); move away what is there, or use --force")
        case ENOSYS:
            self.init(.failed, subject: subject, message: "\(reason); this needs Linux 5.6 or later")
        default:
            self.init(.failed, subject: subject, message: "\(reason); see owner, mode, attributes and mount of it")
        }
    }

    package init(_ error: FileError) {
        self.init(
            error.code == .locked ? .busy : .failed, subject: error.subject,
            message: error.code == .locked ? "another action is being carried out; try again" : error.message)
    }

    package var description: String { "\(subject): \(message) (\(code.rawValue))" }
}
