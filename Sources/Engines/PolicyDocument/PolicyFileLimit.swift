/// The bounds of a policy's file. Administrators write it, and it may come over the network.
package enum PolicyFileLimit {
    /// Bytes of a file. The largest customer policy (16 rings of 32 windows, 256 pins) is half of this.
    package static let fileBytesMax = 262_144
    /// Values of a file: the largest customer policy has about 5,000.
    package static let valueCountMax = 20_000
    /// Levels, or columns of indentation: the YAML parser calls itself for each level.
    package static let depthMax = 96
    /// Words that look like aliases. None is allowed; with this many, the parser looks at a few thousand values at most
    /// before that is said.
    package static let aliasCountMax = 24
    /// Problems of one file that are reported: whoever mends a hundred sees the rest in the next run.
    package static let problemCountMax = 100
}
