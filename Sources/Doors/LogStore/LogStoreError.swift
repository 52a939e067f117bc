import DurableFiles
import TransparencyLog

/// Why an entry was not logged, or a log's folder could not be opened.
package struct LogStoreError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// A file of the log could not be read or written.
        case fileFailed = "logstore.file_failed"
        /// The log's files are not what its checkpoint says.
        case damaged = "logstore.damaged"
        /// A write failed half way; nothing is appended before the folder is opened again.
        case suspended = "logstore.suspended"
        /// An entry is larger than a log can hold.
        case entryOversized = "logstore.entry_oversized"
        /// More entries at a time than are taken.
        case batchOversized = "logstore.batch_oversized"
        /// The key is not one that signs this log.
        case keyUnfit = "logstore.key_unfit"

        /// What to do next.
        package var nextStep: String {
            switch self {
            case .fileFailed: "Do what the message says about the file; then start again."
            case .damaged:
                "Restore the log's folder from a copy that `firebreak log verify` accepts; never start a new log under the same name."
            case .suspended: "See the failure before this one; start again when its cause is gone."
            case .entryOversized: "Log a digest of the large part in its place."
            case .batchOversized: "Append fewer entries at a time."
            case .keyUnfit: "Give the log the key that its checkpoint is signed with."
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

    init(_ error: FileError) {
        self.init(.fileFailed, subject: error.subject, message: "\(error.message) (\(error.code.rawValue))")
    }

    init(_ error: LogError, _ code: Code, folder: String) {
        self.init(
            code, subject: folder,
            message: "\(error.subject.isEmpty ? "" : error.subject + ": ")\(error.message) (\(error.code.rawValue))")
    }

    package var nextStep: String { code.nextStep }
    package var description: String { "\(subject): \(message) (\(code.rawValue)). \(nextStep)" }
}
