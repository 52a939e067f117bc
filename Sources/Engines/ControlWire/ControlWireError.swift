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
