package import FleetModel

/// Why a call to the control plane did not give what was asked for.
package struct ClientError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// Nobody listens at the address, or the connection broke.
        case unreachable = "client.unreachable"
        /// No whole answer by the deadline.
        case timedOut = "client.timed_out"
        /// The server's certificate is not from the one CA that is trusted, or is for another host.
        case untrusted = "client.untrusted"
        /// The answer is longer than its bound. The rest was not read.
        case oversized = "client.oversized"
        /// The answer is not what the protocol says.
        case malformed = "client.malformed"
        /// 401 or 403: the token, credential or enrolment secret was not taken.
        case unauthorized = "client.unauthorized"
        /// Any other 4xx: the server understood and said no.
        case refused = "client.refused"
        /// 5xx: the server cannot, for now.
        case failed = "client.failed"
        /// An address, file or value of ours cannot be used.
        case badInput = "client.bad_input"
    }

    package let code: Code
    /// What the server calls it, for example `rollout.already_running`; nil when it did not say.
    package let serverCode: String?
    /// The HTTP status of a refusal.
    package let status: Int?
    /// What was called, or which file.
    package let subject: String
    /// What is wrong, for a person.
    package let message: String
    /// What to do now, as a sentence.
    package let nextStep: String
    /// When the server wants to be asked again, where it said.
    package let retryAfter: Moment.Span?

    package init(
        _ code: Code, serverCode: String? = nil, status: Int? = nil, subject: String, message: String,
        nextStep: String, retryAfter: Moment.Span? = nil
    ) {
        self.code = code
        self.serverCode = serverCode
        self.status = status
        self.subject = subject
        self.message = message
        self.nextStep = nextStep
        self.retryAfter = retryAfter
    }

    package var description: String {
        "\(subject): \(message) (\(serverCode ?? code.rawValue))" + (nextStep.isEmpty ? "" : " \(nextStep)")
    }
}
