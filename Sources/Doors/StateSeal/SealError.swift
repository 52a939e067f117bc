import CTPM
import DurableFiles

/// Why the state could not be sealed, unsealed or quoted.
package struct SealError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable: logs show the raw value.
    package enum Code: String, Sendable, CaseIterable {
        /// The library that speaks to a TPM is not installed, or this build has no support for it.
        case noLibrary = "seal.no_library"
        /// No TPM answers at the address.
        case noAnswer = "seal.no_answer"
        /// A TPM was used here before and does not answer now.
        case tpmGone = "seal.tpm_gone"
        /// The TPM answered with an error.
        case refused = "seal.refused"
        /// The key or the sealed state is not one of this TPM: it was cleared or replaced.
        case foreignBlob = "seal.foreign_blob"
        /// A file of the seal cannot be read or written.
        case file = "seal.file"
        /// A file of the seal is not in the form that was written.
        case damaged = "seal.damaged"
        /// The TPM has not answered for longer than a check-in waits.
        case stuck = "seal.stuck"
        /// A setting of the seal is not understood.
        case badSetting = "seal.bad_setting"
        /// The state cannot be written down.
        case badState = "seal.bad_state"

        /// What an operator does next.
        package var nextStep: String {
            switch self {
            case .noLibrary: "Install libtss2-esys and libtss2-tctildr, or set the seal to file."
            case .noAnswer: "Check that the TPM is enabled and the address right, or set the seal to file."
            case .tpmGone: "Find out why the TPM is gone; to go on without it, set the seal to file."
            case .refused: "Read the TPM's words; an owner password or a lockout is lifted by the host's owner."
            case .foreignBlob: "If the TPM was cleared or replaced, remove the whole state directory and enrol anew."
            case .file: "Check the state directory's disk, owner and mode."
            case .damaged: "Remove the whole state directory and enrol anew, if nothing else explains it."
            case .stuck: "Look at the TPM and its driver (dmesg)."
            case .badSetting: "Write auto, file, or an address such as device:/dev/tpmrm0."
            case .badState: "Report this: the agent measured a state that it cannot write."
            }
        }
    }

    package let code: Code
    /// Which file, address or value.
    package let subject: String
    /// What is wrong.
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    init(_ error: FileError) {
        self.init(.file, subject: error.subject, message: error.message)
    }

    /// From an outcome of the C door that is not OK.
    init(outcome: Int32, subject: String, message: String) {
        let code: Code =
            switch outcome {
            case Int32(FIREBREAK_TPM_NOT_BUILT.rawValue), Int32(FIREBREAK_TPM_NO_LIBRARY.rawValue): .noLibrary
            case Int32(FIREBREAK_TPM_NO_ANSWER.rawValue): .noAnswer
            case Int32(FIREBREAK_TPM_FOREIGN_BLOB.rawValue): .foreignBlob
            default: .refused
            }
        self.init(code, subject: subject, message: message)
    }

    package var description: String { "\(subject): \(message) (\(code.rawValue)). \(code.nextStep)" }
}
