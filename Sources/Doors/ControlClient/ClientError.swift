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

        /// What to do next, where the error itself does not know better.
        package var nextStep: String {
            switch self {
            case .unreachable: "Is firebreak-control running? Start it with `make run`."
            case .timedOut: "Try again; if it stays so, look at the control plane's log and load."
            case .untrusted: "Check --ca: it must be the ca.pem of this very control plane."
            case .oversized: "Check that this is a Firebreak control plane; ask for fewer rows with --limit."
            case .malformed: "Check that this is a Firebreak control plane of this version."
            case .unauthorized: "Check the token: it is in operator.token, where the control plane keeps its files."
            case .refused: "Do what the control plane's own words say."
            case .failed: "Look at the control plane's log; it says why."
            case .badInput: "Correct the address, file or value that the message names."
            }
        }
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
        nextStep: String? = nil, retryAfter: Moment.Span? = nil
    ) {
        self.code = code
        self.serverCode = serverCode
        self.status = status
        self.subject = subject
        self.message = message
        self.nextStep = nextStep ?? code.nextStep
        self.retryAfter = retryAfter
    }

    package var description: String {
        "\(subject): \(message) (\(serverCode ?? code.rawValue))" + (nextStep.isEmpty ? "" : " \(nextStep)")
    }
}
