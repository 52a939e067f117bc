/// Why a message of the control plane's protocols was refused, or could not be written.
package struct ControlWireError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was wrong. Stable: answers and logs show the raw value.
    package enum Code: String, Sendable, CaseIterable {
        /// More bytes than the message may have.
        case oversized = "message.oversized"
        /// No protobuf, or no JSON, of this message.
        case malformed = "message.malformed"
        /// A list or map with more entries than its bound.
        case tooMany = "message.too_many"
        /// A text or byte string longer than its bound.
        case tooLong = "message.too_long"
        /// A value that is of the right type and not allowed here.
        case invalidValue = "message.invalid_value"
        /// A value that must be there is not.
        case missing = "message.missing"

        /// What the person who wrote the sender does next.
        package var nextStep: String {
            switch self {
            case .oversized: "Send less in one message: fewer alerts, or a smaller body."
            case .malformed: "Send the message that this path takes, as docs/design/agent-protocol.md describes it."
            case .tooMany: "Send fewer entries; the bounds are in docs/design/agent-protocol.md."
            case .tooLong: "Shorten the value; the bounds are in docs/design/agent-protocol.md."
            case .invalidValue: "Correct the value that the message names."
            case .missing: "Add the value that the message names."
            }
        }

        /// The HTTP status that refuses such a message (RFC 9110 clause 15.5).
        package var httpStatus: Int { self == .oversized ? 413 : 400 }
    }

    package let code: Code
    /// Which value, as a path: `check_in.releases[2].stage`.
    package let subject: String
    /// What is wrong, and what was wanted instead.
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(subject): \(message) (\(code.rawValue))" }
}
