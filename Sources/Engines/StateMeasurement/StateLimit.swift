/// The bounds of measured states and quotes.
package enum StateLimit {
    /// One encoded quote, 8 KiB: with every list at its longest it has 5 KiB.
    package static let quoteBytesMax = 8 * 1024
    /// Levels of nesting: the quote, its state, a list.
    static let depthMax = 4
    /// Active or proven releases in a state: a check-in names at most 16 releases.
    package static let digestCountMax = 16
    /// An agent's version, as in a description.
    package static let versionBytesMax = 64
    /// A boot id: the kernel's is a UUID of 36 characters.
    package static let bootIDBytesMax = 64
    /// Counts pass through JSON, whose numbers are exact up to 2^53 - 1 (RFC 8785 clause 3.2.2.3).
    package static let countMax: UInt64 = (1 << 53) - 1
    /// A nonce: 16 random bytes are never met twice.
    package static let nonceBytes = 16
    /// TPMS_ATTEST of a quote has about 130 bytes; TPM2B_ATTEST bounds it by the largest name, data and selection.
    package static let attestBytesMax = 1024
    /// ECDSA over P-256 (r and s) and Ed25519 alike.
    package static let signatureBytes = 64
    /// A point of P-256, uncompressed (SEC 1 clause 2.3.3): 4, x, y.
    package static let pointBytes = 65
    /// An Ed25519 public key (RFC 8032 clause 5.1.5).
    package static let edwardsKeyBytes = 32
    /// What a TPM seals at least (Part 2, MAX_SYM_DATA): 128 bytes.
    package static let sealedBytesMax = 128
}
