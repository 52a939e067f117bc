/// The bounds of what a running program keeps for its correlations.
package enum CorrelationLimit {
    /// The largest count that a bound may name: so many moments one group may have to keep.
    package static let boundMax: Int64 = 10_000
    /// Groups of one correlation that are kept; beyond, the one that was heard of longest ago is forgotten.
    package static let groupCountMax = 4_096
    /// Moments and values that one correlation keeps over all its groups, 2 MiB; beyond, groups are forgotten likewise.
    package static let entryCountMax = 1 << 16
    /// Milliseconds from 1970, some 3,000 years: a sender may name any moment, and reckoning with it must not overflow.
    package static let momentMax: Int64 = 100_000_000_000_000
    /// Bytes of a value that tell it apart from others; longer ones are told apart by their beginning.
    package static let keyValueBytesMax = 256
}
