/// What a client reads and follows at most. Metadata whose length is stated above is read up to that length, and no
/// further than ``metadataBytesMax``.
package enum TufLimits {
    /// Bytes of a root (TUF 5.3.3, bound X): fifty RSA keys with their signatures take 100 KiB.
    package static let rootBytesMax = 512_000
    /// Bytes of a timestamp (TUF 5.4.1): it names one file, and is fetched by everyone all the time.
    package static let timestampBytesMax = 16_384
    /// Bytes of a snapshot of which the timestamp states no length: about 20,000 roles.
    package static let snapshotBytesMax = 2_000_000
    /// Bytes of targets metadata of which the snapshot states no length: about 20,000 targets.
    package static let targetsBytesMax = 5_000_000
    /// Bytes of any metadata, whatever length is stated for it: a stated length is a claim, and metadata is held in
    /// memory several times over. About 100,000 targets; hashed bins are for more.
    package static let metadataBytesMax = 16 << 20
    /// Bytes of a target: an agent's build is the largest.
    package static let targetBytesMax = 512 << 20
    /// New roots followed in one refresh (TUF 5.3.3, bound Y): a server cannot keep a client busy for ever.
    package static let rootRotationsMax = 256
    /// Roles visited in the search for one target (TUF 5.6.7.1).
    package static let delegationsMax = 32
    /// Keys or signatures of one file: each signature costs a verification.
    package static let keysMax = 1024
    /// Bits of a bin's number (TUF 4.5, `bit_length`).
    package static let binBitsMax: Int64 = 32
}
