import Glibc

/// Why a worker could not be started.
package struct SandboxError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The executable is missing or may not be run.
        case executableUnusable = "sandbox.executable_unusable"
        /// The system has no room for another process, thread or descriptor.
        case resourcesExhausted = "sandbox.resources_exhausted"
        /// The kernel refused to start the process for another reason.
        case spawnFailed = "sandbox.spawn_failed"
    }

    package let code: Code
    /// Path of the executable.
    package let subject: String
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(subject): \(message)" }

    /// From the errno of a spawn.
    init(errno number: Int32, subject: String) {
        let reason = String(cString: strerror(number))
        switch number {
        case ENOENT, EACCES, ENOEXEC, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG:
            self.init(
                .executableUnusable, subject: subject,
                message: "\(reason); check the path given with --worker, and that the file may be executed")
        case EMFILE, ENFILE, EAGAIN, ENOMEM:
            self.init(
                .resourcesExhausted, subject: subject,
                message: "\(reason); raise the limits of the agent's service (LimitNOFILE, TasksMax, MemoryMax)")
        default:
            self.init(.spawnFailed, subject: subject, message: "\(reason) (errno \(number))")
        }
    }
}
