import GRDB

/// Why the store could not be read or written. Nothing of a refused batch is in the database.
package struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable: answers, logs and the status page show the raw value.
    package enum Code: String, Sendable, CaseIterable {
        /// No room: the disk is full, or the database has reached its own bound.
        case full = "store.full"
        /// The disk failed to read, write or synchronise.
        case io = "store.io"
        /// The file is no database, or a damaged one.
        case corrupt = "store.corrupt"
        /// The file or its folder cannot be opened for writing.
        case unwritable = "store.unwritable"
        /// Another process holds the database for longer than the store waits.
        case busy = "store.busy"
        /// The rows break a rule that the database itself holds: appended only, debited once, never after a recall.
        case refused = "store.refused"
        /// The database was made by a later version.
        case tooNew = "store.too_new"
        /// A row that this version wrote no longer reads as one.
        case unreadableRow = "store.unreadable_row"
        /// Anything else that SQLite reports.
        case failed = "store.failed"

        /// What an operator does next.
        package var nextStep: String {
            switch self {
            case .full: "Make room on the disk that holds the data folder; the control plane goes on by itself."
            case .io: "Check the disk and its mount (dmesg); the control plane tries again with the next check-in."
            case .corrupt: "Stop the control plane, keep a copy of the data folder, and restore it from a backup."
            case .unwritable: "Give the control plane's user write access to the data folder."
            case .busy: "End the other program that writes to this database."
            case .refused: "Report this: a decision broke a rule of the ledger, and was not carried out."
            case .tooNew: "Start the version of firebreak-control that made this data folder, or a later one."
            case .unreadableRow: "Stop the control plane, keep a copy of the data folder, and restore it from a backup."
            case .failed: "Read the message and the control plane's log."
            }
        }
    }

    package let code: Code
    /// The database, table or row that is meant.
    package let subject: String
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(subject): \(message) (\(code.rawValue)). \(code.nextStep)" }
}

extension StoreError {
    /// Any error of GRDB's as one of ours. The primary result code tells the kind (sqlite.org/rescode.html).
    init(_ error: any Error, subject: String) {
        if let known = error as? StoreError {
            self = known
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.failed, subject: subject, message: "\(error)")
            return
        }
        let code: Code =
            switch error.resultCode {
            case .SQLITE_FULL: .full
            case .SQLITE_IOERR: .io
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
            case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: .unwritable
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
            case .SQLITE_CONSTRAINT: .refused
            default: .failed
            }
        self.init(code, subject: subject, message: error.message ?? "\(error.resultCode)")
    }
}
