import CExecBroker
import Glibc

/// Why no broker can be asked or heard: executions go on, unjudged, and the agent reports reduced protection.
package struct BrokerError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// No broker listens at the socket.
        case absent = "broker.absent"
        /// The broker refuses us, or its socket may not be opened.
        case refused = "broker.refused"
        /// The broker speaks another version, or what it sends cannot be read.
        case malformed = "broker.malformed"
        /// The system has no room for another thread or descriptor.
        case resourcesExhausted = "broker.resources_exhausted"
    }

    package let code: Code
    /// Path of the socket.
    package let subject: String
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(subject): \(message)" }

    /// From the errno of a call on the socket.
    init(errno number: Int32, subject: String) {
        let reason = String(cString: firebreak_broker_error_text(number))
        switch number {
        case EACCES, EPERM:
            self.init(.refused, subject: subject, message: "\(reason); run the agent as root or as the broker's user")
        case EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN:
            self.init(
                .resourcesExhausted, subject: subject,
                message: "\(reason); raise the limits of the agent's service (LimitNOFILE, TasksMax, MemoryMax)")
        case ENAMETOOLONG:
            self.init(.refused, subject: subject, message: "\(reason); a socket's path has at most 107 bytes")
        default:
            self.init(
                .absent, subject: subject,
                message: "\(reason); start firebreak-broker's service: until then nothing can be denied")
        }
    }
}
