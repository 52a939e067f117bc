/// Why words are no regular expression that may run here.
package struct RegexProgramError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The words end before what they announce.
        case truncated = "regex.truncated"
        /// More words, instructions or classes than `RegexLimit` allows.
        case oversized = "regex.oversized"
        /// An instruction or class that no writer makes: wrong operation, operand, target, range or order.
        case malformed = "regex.malformed"
        /// The header states another beginning of a match than the instructions have.
        case beginningMismatch = "regex.beginning_mismatch"
    }

    package let code: Code
    /// Which part of the program, for example `instruction 3` or `class 1`.
    package let subject: String
    /// What is wrong, and what to do.
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(subject): \(message)" }
}
