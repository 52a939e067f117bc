/// Why bytes are no entry of the record, or no envelope that can be believed.
package struct RecordError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable: shown to people and counted.
    package enum Code: String, Sendable, CaseIterable {
        /// The entry has more bytes than a log's entry may have.
        case oversized = "record.oversized"
        /// The entry is not in the one form that is written here.
        case malformed = "record.malformed"
        /// The envelope is no DSSE envelope of an in-toto statement.
        case envelopeMalformed = "record.envelope_malformed"
        /// None of the envelope's signatures is by a key that is trusted for it.
        case unknownKey = "record.unknown_key"
        /// The signature of a trusted key does not hold for the envelope's payload.
        case signatureInvalid = "record.signature_invalid"

        /// What the person who sees the error does next.
        package var nextStep: String {
            switch self {
            case .oversized:
                "Shorten the reason or the policy that the entry quotes: an entry has 65,535 bytes at most."
            case .malformed: "Read the log with a version of Firebreak that knows its entries; if it does, report this."
            case .envelopeMalformed: "Sign the statement again with `firebreak`, and send the envelope unchanged."
            case .unknownKey: "If you trust the signer, add its public key; otherwise take the statement for unsigned."
            case .signatureInvalid: "Fetch the envelope again; its bytes are not those that were signed."
            }
        }
    }

    package let code: Code
    /// Which entry, member or key.
    package let subject: String
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(subject): \(message) (\(code.rawValue)). \(code.nextStep)" }
}
