/// Why bytes from the other side were refused, or a frame could not be written.
///
/// There is no resynchronising: the side that reads ends the connection, and with it the worker.
package struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The frame type is none of this direction's.
        case unknownFrame = "wire.unknown_frame"
        /// A length above the bound of its frame, text or list.
        case oversized = "wire.oversized"
        /// The payload ends before its last value, or goes on after it.
        case malformed = "wire.malformed"
        /// More bytes were handed over than are taken at once, or any after an error.
        case misused = "wire.misused"
    }

    package let code: Code
    /// Which frame or value.
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
