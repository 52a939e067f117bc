/// Why something that a log, a mirror or a witness gave was refused.
package struct LogError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable: shown to people, sent in outcomes, counted in tables.
    package enum Code: String, Sendable, CaseIterable {
        /// The bytes are no signed note.
        case noteMalformed = "log.note_malformed"
        /// The note, or the number of its signatures, is above its bound.
        case noteOversized = "log.note_oversized"
        /// The text is no key of a log or witness, or its key hash is another key's.
        case keyMalformed = "log.key_malformed"
        /// A signature by the name and hash of a known key does not hold for the text.
        case signatureInvalid = "log.signature_invalid"
        /// No key that is trusted here has signed.
        case unsigned = "log.unsigned"
        /// The note's text is no checkpoint.
        case checkpointMalformed = "log.checkpoint_malformed"
        /// The checkpoint is another log's.
        case originOther = "log.origin_other"
        /// Fewer witnesses than the policy asks for have cosigned the checkpoint.
        case witnessesTooFew = "log.witnesses_too_few"
        /// The policy of witnesses cannot be fulfilled or names a witness twice.
        case policyInvalid = "log.policy_invalid"
        /// The checkpoint is consistent with the newest one seen here, and older.
        case checkpointOlder = "log.checkpoint_older"
        /// The log signed two trees of which neither is the beginning of the other: a split view. Both are kept.
        case splitView = "log.split_view"
        /// The tile has not the length that its coordinates say.
        case tileMalformed = "log.tile_malformed"
        /// The hashes in the tiles do not lead to the root that the checkpoint names.
        case tilesFalse = "log.tiles_false"
        /// A tile is not what the entries under it give.
        case tileOther = "log.tile_other"
        /// The bundle is not the sequence of entries that its coordinates say.
        case bundleMalformed = "log.bundle_malformed"
        /// The entries do not give the root that the checkpoint names.
        case rootOther = "log.root_other"
        /// An entry has more bytes than a bundle can hold.
        case entryOversized = "log.entry_oversized"
        /// The log has another entry at this index.
        case entryOther = "log.entry_other"
        /// The index is not below the size of the tree.
        case indexBeyond = "log.index_beyond"
        /// A tile, bundle or checkpoint is not where it must be.
        case resourceMissing = "log.resource_missing"
        /// The path names no tile and no bundle.
        case pathMalformed = "log.path_malformed"
        /// The proof does not show that one tree is the beginning of the other.
        case consistencyUnproven = "log.consistency_unproven"
        /// The bytes are no request to a witness.
        case requestMalformed = "log.request_malformed"

        /// What the person who sees the error does next.
        package var nextStep: String {
            switch self {
            case .noteMalformed, .checkpointMalformed: "Check that the address is that of a log's folder; fetch again."
            case .noteOversized: "Check that the address is that of a log's folder; tell its operator."
            case .keyMalformed: "Copy the key again, whole: NAME+HASH+BASE64 for a public key."
            case .signatureInvalid:
                "Fetch again; if it stays so, tell the log's operator that bytes were changed on the way."
            case .unsigned:
                "Check the public key that you trust for this log; if its operator changed it, take the new one."
            case .originOther: "Check the log's address and its public key; the two belong to different logs."
            case .witnessesTooFew: "Wait until the witnesses have cosigned; if they do not, ask them why."
            case .policyInvalid: "Name each witness once, and ask for no more than there are."
            case .checkpointOlder: "Ask again later, or another mirror: this one is behind."
            case .splitView: "Activate nothing from this log; publish both checkpoints, and ask the log's operator."
            case .tileMalformed, .tilesFalse, .tileOther, .bundleMalformed, .rootOther, .resourceMissing:
                "Fetch from another mirror; if the log's own address gives the same, tell its operator."
            case .entryOversized: "Log a digest of the large part in its place."
            case .entryOther, .indexBeyond: "Do not act on the entry; ask whoever named the index."
            case .pathMalformed: "Correct the path: tile/LEVEL/INDEX or tile/entries/INDEX."
            case .consistencyUnproven: "Do not act on it; fetch the proof again, or from another mirror."
            case .requestMalformed:
                "Send what C2SP tlog-witness says: the old size, the proof, an empty line, the checkpoint."
            }
        }
    }

    package let code: Code
    /// Which note, tile, index or key.
    package let subject: String
    /// What is wrong.
    package let message: String
    /// Both checkpoints and what shows that they contradict each other, with ``Code/splitView``.
    package let evidence: SplitView?

    package init(_ code: Code, subject: String = "", message: String, evidence: SplitView? = nil) {
        self.code = code
        self.subject = subject
        self.message = message
        self.evidence = evidence
    }

    package var nextStep: String { code.nextStep }

    package var description: String {
        let place = subject.isEmpty ? "" : "\(subject): "
        return "\(place)\(message) (\(code.rawValue)). \(nextStep)"
    }
}
