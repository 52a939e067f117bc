/// Why bytes are no program that may run here, or why a draft is no program.
package struct ProgramError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        case truncated = "program.truncated"
        case oversized = "program.oversized"
        /// The first bytes are not those of a program.
        case foreign = "program.foreign"
        case formatUnsupported = "program.format_unsupported"
        case schemaUnsupported = "program.schema_unsupported"
        /// A record that no writer makes: wrong reference, jump, count, field, operator or text.
        case malformed = "program.malformed"
        /// The program states another worst case than its instructions have.
        case costMismatch = "program.cost_mismatch"
        /// The program carries a fault on purpose, and this worker was not started to obey it.
        case chaosRefused = "program.chaos_refused"
    }

    package let code: Code
    /// Which part of the program, for example `rule 3` or `predicate 17`.
    package let subject: String
    /// What is wrong, and what to do.
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    /// The refusal of a worker that was started without `--chaos`.
    package static func chaosRefused(_ marker: ChaosMarker) -> ProgramError {
        ProgramError(
            .chaosRefused, subject: "program",
            message: "the program carries the fault \"\(marker.name)\" on purpose; only a worker started with --chaos "
                + "loads it. Roll out a release without a fault marker")
    }

    package var description: String { "\(code.rawValue): \(subject): \(message)" }
}
