/// Why a JSON text was refused, or did not hold what the reader wanted.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was wrong. Stable: `description` shows it, and callers may branch on it.
    package enum Code: String, Sendable, CaseIterable {
        /// More bytes than the caller's limit.
        case oversized = "json.oversized"
        /// Nested deeper than the caller's limit.
        case tooDeep = "json.too_deep"
        /// No JSON text by RFC 8259.
        case syntax = "json.syntax"
        /// A text that is not well-formed UTF-8, or an escape that is half a surrogate pair (RFC 7493 clause 2.1).
        case encoding = "json.encoding"
        /// The same name twice in one object (RFC 7493 clause 2.3).
        case duplicateName = "json.duplicate_name"
        /// A number that its type cannot hold, or that has no canonical form.
        case numberRange = "json.number_range"
        /// The object lacks a member.
        case missing = "json.missing_member"
        /// The object has a member that nobody reads.
        case unexpected = "json.unexpected_member"
        /// The value is of another type.
        case wrongType = "json.wrong_type"
        /// The value is of the right type and not allowed here.
        case invalidValue = "json.invalid_value"
    }

    package let code: Code
    /// Where: `byte 17` for a text that does not parse, or a path such as `rules[3].id`. Empty for the whole.
    package let subject: String
    /// What is wrong, and what was wanted instead.
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String {
        subject.isEmpty ? "\(message) (\(code.rawValue))" : "\(subject): \(message) (\(code.rawValue))"
    }
}
