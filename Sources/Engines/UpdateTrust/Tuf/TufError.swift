import CanonicalCoding

/// Why metadata or a target of a TUF repository was refused. The trusted state is then as it was.
package struct TufError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable: shown to people, sent in outcomes, counted in tables.
    package enum Code: String, Sendable, CaseIterable {
        /// The file is no JSON, or not the metadata that TUF clause 4 describes.
        case malformed = "tuf.malformed"
        /// The file is metadata of another role's type (TUF 4.3 to 4.6, `_type`).
        case wrongType = "tuf.wrong_type"
        /// The file is written to another major version of the specification (TUF 4.3, `spec_version`).
        case specificationUnsupported = "tuf.specification_unsupported"
        /// Fewer keys of the role have signed than its threshold asks for (TUF 5.3.4, 5.4.2, 5.5.3, 5.6.3).
        case thresholdNotReached = "tuf.threshold_not_reached"
        /// The metadata's time is over (TUF 5.3.10, 5.4.4, 5.5.6, 5.6.5): the repository may be frozen.
        case expired = "tuf.expired"
        /// An older version than one that was seen already (TUF 5.4.3, 5.5.5).
        case rollback = "tuf.rollback"
        /// Another version than the metadata above says (TUF 5.3.5, 5.5.4, 5.6.4).
        case versionMismatch = "tuf.version_mismatch"
        /// The metadata above lists no such role, or no longer lists one that it did (TUF 5.5.5, 5.6.2).
        case roleMissing = "tuf.role_missing"
        /// Other bytes than the metadata above says (TUF 5.5.2, 5.6.2, 5.7.2).
        case hashMismatch = "tuf.hash_mismatch"
        /// Another length than the metadata above says, or more than may be read (TUF 5.3.3, 5.4.1, 5.5.1, 5.7.2).
        case lengthMismatch = "tuf.length_mismatch"
        /// No role that may speak for the path lists it (TUF 5.6.7).
        case targetMissing = "tuf.target_missing"
        /// The repository did not give the file.
        case unavailable = "tuf.unavailable"
        /// Publishing: what was signed elsewhere is not the version after the one in hand.
        case notNext = "tuf.not_next"
        /// Publishing: too few of the keys have signed so far.
        case signaturesMissing = "tuf.signatures_missing"
        /// Publishing: a role vouches for a path that is not its own.
        case outsideDelegation = "tuf.outside_delegation"
        /// Publishing: a vendor's role delegates further, and no client would find those roles in the snapshot.
        case delegatesFurther = "tuf.delegates_further"
        /// Publishing: no delegation or root names such a role.
        case roleUnknown = "tuf.role_unknown"
        /// Publishing: a role of this name is there already.
        case roleTaken = "tuf.role_taken"
        /// Publishing: a role's name would not do as a file's name on every server.
        case roleNameUnfit = "tuf.role_name_unfit"
        /// Publishing: the paths are another role's, or reserved for recalls.
        case pathsTaken = "tuf.paths_taken"
        /// Publishing: a role asks for other paths than those of whole packs, `PACK/*`.
        case pathsTooWide = "tuf.paths_too_wide"
        /// Publishing: metadata in hand would no longer be signed by the keys that the new metadata names.
        case leftUnsigned = "tuf.left_unsigned"
        /// Publishing: a role has fewer keys than its threshold asks for, so that nobody could ever sign for it.
        case thresholdImpossible = "tuf.threshold_impossible"
        /// Publishing: the key is none of the role's.
        case keyUnknown = "tuf.key_unknown"
        /// Publishing: the role has this key already.
        case keyTaken = "tuf.key_taken"
        /// Publishing: a recall that was signed is missing from the new list; a recall is for good.
        case recallDropped = "tuf.recall_dropped"
        /// A key did not sign.
        case signingFailed = "tuf.signing_failed"
        /// The client's own files cannot be read or written.
        case storeFailed = "tuf.store_failed"

        /// What the person who sees the error does next.
        package var nextStep: String {
            switch self {
            case .malformed, .wrongType: "Fetch it again; if it stays so, the repository's publisher must mend it."
            case .specificationUnsupported: "Update Firebreak, or have the repository written to specification 1.0."
            case .thresholdNotReached:
                "If keys were changed, publish the root that says so; otherwise someone else wrote this file: report it."
            case .expired: "Set the host's clock; if it is right, the repository's keeper must sign anew."
            case .rollback: "Point the client at an up-to-date mirror; report it if the origin itself serves this."
            case .versionMismatch, .hashMismatch, .lengthMismatch, .roleMissing:
                "Try again in a minute: a mirror may be half way through an update; report it if it stays so."
            case .targetMissing: "Check the target's path; the publisher may not have published it."
            case .unavailable: "Check the repository's address and the network."
            case .notNext: "Begin a new draft from the repository as it stands now, and have that signed."
            case .signaturesMissing:
                "Have more of the role's keys sign the draft; a root also needs enough keys of the root before."
            case .outsideDelegation: "Have the role sign for its own packs only, or delegate the pack to it first."
            case .delegatesFurther: "Have the vendor sign its targets itself, without delegations of its own."
            case .roleUnknown: "Check the role's name; `firebreak root delegate-vendor` adds a vendor."
            case .roleTaken: "Choose another name; `firebreak keys rotate` changes the keys of a role that is there."
            case .roleNameUnfit: "Name the role with letters, digits, dots, hyphens and underscores."
            case .pathsTaken: "Delegate each pack to one vendor; take it from the other first."
            case .pathsTooWide: "Name whole packs: PACK/*."
            case .leftUnsigned:
                "Have the role named sign its next version by its new keys, and publish both in one step."
            case .thresholdImpossible: "Add keys, or lower the threshold, to at least one."
            case .keyUnknown: "Sign by a key that the role names; `firebreak root show` lists them."
            case .keyTaken: "Nothing is to be done for a key that is there; check that it is the key you mean."
            case .recallDropped: "Sign a list that has every recall of the one before."
            case .signingFailed: "Check that the key's file or token can be used, and sign again."
            case .storeFailed: "Free space, or name a folder that can be written."
            }
        }
    }

    package let code: Code
    /// The role's or target's name, or the file.
    package let subject: String
    /// What is wrong.
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    init(_ error: JSONError, subject: String) {
        self.init(.malformed, subject: subject, message: error.description)
    }

    package var nextStep: String { code.nextStep }

    /// Whether another attempt in a while cannot help by itself. A mirror that is half way through an update, or a network
    /// that is away, is asked again.
    package var isLasting: Bool {
        switch code {
        case .unavailable, .storeFailed, .versionMismatch, .roleMissing, .expired: false
        default: true
        }
    }

    package var description: String { "\(subject): \(message) (\(code.rawValue)). \(nextStep)" }
}
