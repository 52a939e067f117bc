/// Why a key's file cannot be used.
package struct KeyFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable: the command's exit message names it.
    package enum Code: String, Sendable, CaseIterable {
        /// The file is no signing key, or cannot be read or made.
        case keyUnreadable = "publish.key_unreadable"
        /// Others may read or change the signing key.
        case keyUnsafe = "publish.key_unsafe"
        /// A key has this name already.
        case keyExists = "publish.key_exists"
        /// The passphrase does not open the key, or the key's file was changed.
        case passphraseWrong = "publish.passphrase_wrong"
        /// No passphrase was given, or none that may be used.
        case passphraseMissing = "publish.passphrase_missing"

        /// What the person who sees the error does next.
        package var nextStep: String {
            switch self {
            case .keyUnreadable: "Give the file that `firebreak keys make` wrote."
            case .keyUnsafe: "Make the key yours alone (chmod 600), and replace it if others may have read it."
            case .passphraseWrong: "Type it again; if it is right, take the key from your copy of the file."
            case .passphraseMissing:
                "Give it with --passphrase-file, in $FIREBREAK_PASSPHRASE, or at a terminal; at least 8 bytes."
            case .keyExists: "Give another name, or move the old key away first: a key that is overwritten is lost."
            }
        }
    }

    package let code: Code
    /// The file.
    package let subject: String
    /// What is wrong.
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var nextStep: String { code.nextStep }
    package var description: String { "\(subject): \(message) (\(code.rawValue)). \(nextStep)" }
}
