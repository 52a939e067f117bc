/// Why an agent could not start, or had to end.
package struct AgentError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The state directory cannot be made, read or written.
        case stateUnusable = "agent.state_unusable"
        /// Another agent has the state directory.
        case alreadyRunning = "agent.already_running"
        /// A flag or a file that a flag names cannot be used.
        case badInput = "agent.bad_input"
        /// Neither credential nor enrolment secret was taken.
        case notEnrolled = "agent.not_enrolled"
        /// The control plane could not be reached, where that was the one thing to do.
        case notCheckedIn = "agent.not_checked_in"
    }

    package let code: Code
    /// Which path, flag or address.
    package let subject: String
    /// What is wrong and what to do.
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(subject): \(message) (\(code.rawValue))" }
}
