/// The bounds of everything that is read from a log, each with its reason.
package enum LogLimit {
    /// Bytes of one entry: what the 16-bit length before it in a bundle can say (C2SP tlog-tiles).
    package static let entryBytesMax = 65_535
    /// Hashes of a tile and entries of a bundle, when full (C2SP tlog-tiles).
    package static let tileWidth: UInt64 = 256
    /// Entries of a tree: above it the arithmetic of ranges would overflow, and no log gets there.
    package static let treeSizeMax: UInt64 = 1 << 62
    /// Hashes of a proof: one for each level of the largest tree, and the one that a consistency proof starts with. The
    /// witness protocol allows 63 (C2SP tlog-witness).
    package static let proofHashesMax = 63
    /// Bytes of a signed note: 16 signatures of the largest kind, 5 kB each, have room (C2SP signed-note).
    package static let noteBytesMax = 128 << 10
    /// Signatures of a note: a verifier must take 16 (C2SP signed-note); four times that is enough for every witness.
    package static let signatureCountMax = 64
    /// Bytes of a key's name: a host's name and a path have room.
    package static let nameBytesMax = 255
    /// Bytes of a text form of a key.
    package static let keyTextBytesMax = 1024
    /// Witnesses of a policy.
    package static let witnessCountMax = 32
    /// Lines of a checkpoint beyond its first three; the specification advises against any.
    package static let extensionCountMax = 8
    /// Bytes of a request to a witness: the longest proof in base64 and the longest note.
    package static let witnessRequestBytesMax = 64 + proofHashesMax * 45 + 1 + noteBytesMax
    /// Bytes of a witness's answer: a few signature lines.
    package static let witnessAnswerBytesMax = 16 << 10
    /// Logs that one witness knows.
    package static let witnessLogCountMax = 1024
}
