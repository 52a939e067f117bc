/// Why rules were not run over files.
package struct FileDetectionError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// A rule's or mapping's file or folder cannot be read.
        case rulesUnreadable = "detect.rules_unreadable"
        /// No rule is in the folder, or none that can be run.
        case rulesEmpty = "detect.rules_empty"
        /// A taxonomy or a file of placeholders is not what it must be.
        case mappingInvalid = "detect.mapping_invalid"
        /// The rules together are above the bounds of a program.
        case programRefused = "detect.program_refused"
        case eventsUnreadable = "detect.events_unreadable"
    }

    package let code: Code
    /// A path.
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
