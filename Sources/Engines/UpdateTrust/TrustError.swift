import ContentPack

/// Why a pack, or the file that says whom to trust, was refused.
package struct TrustError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable: shown to people, sent in outcomes, counted in tables.
    package enum Code: String, Sendable, CaseIterable {
        /// The file ends too early.
        case truncated = "pack.truncated"
        /// The file, a member or their number is above its bound.
        case oversized = "pack.oversized"
        /// The archive is not in the one form that Firebreak writes.
        case malformed = "pack.malformed"
        /// `manifest.json` is not a canonical manifest of format 1.
        case manifestInvalid = "pack.manifest_invalid"
        /// The manifest and the members do not belong together.
        case contentMismatch = "pack.content_mismatch"
        /// The pack is signed by a key that is not trusted here.
        case unknownKey = "pack.unknown_key"
        /// The signature of a trusted key does not hold for these bytes.
        case signatureInvalid = "pack.signature_invalid"
        /// The file is signed and is not the one that was offered.
        case digestMismatch = "pack.digest_mismatch"
        /// The file is signed and is another release than the one that was offered.
        case versionMismatch = "pack.version_mismatch"
        /// The rules were compiled against an event schema that this build does not run.
        case schemaUnsupported = "pack.schema_unsupported"
        /// A line of the file of trusted keys is not understood.
        case keyFileMalformed = "trust.key_file_malformed"
        /// The file of trusted keys names no key.
        case keyFileEmpty = "trust.key_file_empty"
        /// The file is no remedy, or orders what no endpoint does.
        case remedyMalformed = "remedy.malformed"
        /// The remedy is signed by a key that is not trusted here.
        case remedyUnknownKey = "remedy.unknown_key"
        /// The signature of a trusted key does not hold for the remedy.
        case remedySignatureInvalid = "remedy.signature_invalid"
        /// The remedy is not good any more, or for so long that the host's clock must be wrong.
        case remedyExpired = "remedy.expired"

        /// What the person who sees the error does next.
        package var nextStep: String {
            switch self {
            case .truncated: "Fetch or copy the file again; if it stays short, build the pack again."
            case .oversized: "Split the pack into several: docs/design/pack-format.md lists the bounds."
            case .malformed: "Use the file that `firebreak pack build` wrote, unchanged; do not repack it with tar."
            case .manifestInvalid: "Build the pack again with a version of Firebreak that this one understands."
            case .contentMismatch: "Build the pack again; do not edit its members."
            case .unknownKey:
                "If you trust the signer, add the public key to the file given to --trust; otherwise delete the pack."
            case .signatureInvalid:
                "The bytes are not those that were signed: fetch the pack again, and report it if that does not help."
            case .digestMismatch: "Fetch the pack again; if it stays another file, publish the release again."
            case .versionMismatch: "Publish the pack under the name and version that its manifest carries."
            case .schemaUnsupported: "Update the agent, or build the pack with the version of Firebreak that it runs."
            case .keyFileMalformed: "Write each line as: ed25519 <base64 of the 32 bytes> <comment>."
            case .remedyMalformed: "Use the file that `firebreak remedy sign` wrote, unchanged."
            case .remedyUnknownKey:
                "If you trust the signer, add the public key to the file given to --trust; otherwise delete the remedy."
            case .remedySignatureInvalid: "Copy the remedy again; its bytes are not those that were signed."
            case .remedyExpired: "Set the host's clock; if it is right, sign the remedy again."
            case .keyFileEmpty: "Add the public key that `firebreak keys make` printed to the file given to --trust."
            }
        }
    }

    package let code: Code
    /// Which pack, member, key or line.
    package let subject: String
    /// What is wrong.
    package let message: String

    package init(_ code: Code, subject: String = "", message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    init(_ error: PackError) {
        let code: Code =
            switch error.code {
            case .truncated: .truncated
            case .oversized: .oversized
            case .malformed: .malformed
            case .manifestInvalid: .manifestInvalid
            case .contentMismatch: .contentMismatch
            }
        self.init(code, subject: error.subject, message: error.message)
    }

    package var nextStep: String { code.nextStep }

    package var description: String {
        let place = subject.isEmpty ? "" : "\(subject): "
        return "\(place)\(message) (\(code.rawValue)). \(nextStep)"
    }
}
