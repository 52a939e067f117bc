/// The bounds of a pack. A reader refuses what is above them; a writer does not make it.
package enum PackLimits {
    /// Bytes of the whole file, 32 MiB. An endpoint holds a pack in memory while it verifies it, and keeps at least
    /// three on disk.
    package static let fileBytesMax = 32 << 20
    /// Members, the first three included: 4,096, about 2,000 rules with their examples.
    package static let memberCountMax = 4_096
    /// Bytes of `manifest.json`, 4 MiB: 1 KiB a member.
    package static let manifestBytesMax = 4 << 20
    /// Bytes of `program.bin`, 16 MiB: the worker holds it in memory twice while it changes over.
    package static let programBytesMax = 16 << 20
    /// Bytes of one rule or example file, 1 MiB: the largest public Sigma rule has 40 KiB.
    package static let sourceBytesMax = 1 << 20
    /// Bytes of a member's name: what ustar's name field holds without its prefix field.
    package static let memberNameBytesMax = 100
    /// Bytes of the release notes, 16 KiB: a page or two that a person reads before they accept.
    package static let releaseNotesBytesMax = 16 << 10
    /// Bytes of one text of a rule's entry in the manifest: title, level, status or a tag.
    package static let ruleTextBytesMax = 512
    /// Tags of one rule.
    package static let ruleTagCountMax = 64
}
