/// Why bytes are no pack, or a pack cannot be made of something.
package struct PackError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The file ends before its own headers say that it does.
        case truncated = "pack.truncated"
        /// The file, one of its members or their number is above its bound in ``PackLimits``.
        case oversized = "pack.oversized"
        /// The archive is not byte for byte what the writer makes: a header, a name, the order, padding or the end.
        case malformed = "pack.malformed"
        /// `manifest.json` is not a canonical manifest of format 1.
        case manifestInvalid = "pack.manifest_invalid"
        /// The manifest and the members do not belong together.
        case contentMismatch = "pack.content_mismatch"
    }

    package let code: Code
    /// What is wrong: a member's name, a path in the manifest, or a byte offset. Empty for the file as a whole.
    package let subject: String
    /// What is wrong, and what was expected instead.
    package let message: String

    package init(_ code: Code, subject: String = "", message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String {
        subject.isEmpty ? "\(message) (\(code.rawValue))" : "\(subject): \(message) (\(code.rawValue))"
    }
}
