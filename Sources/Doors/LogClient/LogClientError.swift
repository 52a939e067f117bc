/// Why a log or a witness could not be read.
package struct LogClientError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// Nobody listens at the address, or the connection broke.
        case unreachable = "logclient.unreachable"
        /// No whole answer by the deadline.
        case timedOut = "logclient.timed_out"
        /// The file is longer than it can be. The rest was not read.
        case oversized = "logclient.oversized"
        /// The server answered with a status that is neither success nor "not found".
        case refused = "logclient.refused"
        /// A file of a directory cannot be read.
        case fileFailed = "logclient.file_failed"
        /// The address is neither a URL nor a directory.
        case badAddress = "logclient.bad_address"

        /// What to do next.
        package var nextStep: String {
            switch self {
            case .unreachable, .timedOut: "Check the address and the network, or name a mirror."
            case .oversized: "Check that the address is that of a log's folder; tell its operator."
            case .refused: "Check the address; the status says what the server has against it."
            case .fileFailed: "Check the path, and that you may read the files under it."
            case .badAddress: "Write http://HOST/PATH, https://HOST/PATH or the path of a directory."
            }
        }
    }

    package let code: Code
    package let subject: String
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var nextStep: String { code.nextStep }
    package var description: String { "\(subject): \(message) (\(code.rawValue)). \(nextStep)" }
}
