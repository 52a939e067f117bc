/// What a log says of its tree at one size (C2SP tlog-checkpoint). By itself it is only words.
package struct Checkpoint: Hashable, Sendable {
    /// Which log.
    package let origin: String
    package let size: UInt64
    package let root: TreeHash
    /// Lines beyond the third, which the specification advises against; kept, since they are signed.
    package let extensions: [String]

    package init(origin: String, size: UInt64, root: TreeHash) {
        self.origin = origin
        self.size = size
        self.root = root
        extensions = []
    }

    /// From a note's text.
    package init(text: [UInt8]) throws(LogError) {
        // By bytes: to Swift a carriage return and a line feed are one character, and no line would end there.
        guard String(validating: text, as: UTF8.self) != nil, text.last == 10, text.allSatisfy({ $0 >= 32 || $0 == 10 })
        else { throw Self.malformed("the text is no lines of plain text") }
        let lines = text.dropLast().split(separator: 10, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard lines.count >= 3, lines.count <= 3 + LogLimit.extensionCountMax, !lines.contains("") else {
            throw Self.malformed("a checkpoint has three lines and few more, none empty")
        }
        guard lines[0].utf8.count <= LogLimit.nameBytesMax else { throw Self.malformed("the origin is too long") }
        guard let size = Self.size(lines[1]) else {
            throw Self.malformed("the second line is no tree size")
        }
        guard let root = TreeHash(base64: lines[2]) else {
            throw Self.malformed("the third line is no hash")
        }
        guard size > 0 || root == .empty else { throw Self.malformed("a tree without entries has the empty root") }
        origin = lines[0]
        self.size = size
        self.root = root
        extensions = Array(lines.dropFirst(3))
    }

    /// A decimal without leading zeros, at most ``LogLimit/treeSizeMax``; nil otherwise.
    static func size(_ text: some StringProtocol) -> UInt64? {
        guard (1...20).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            text.utf8.count == 1 || text.utf8.first != 48, let size = UInt64(text), size <= LogLimit.treeSizeMax
        else { return nil }
        return size
    }

    private static func malformed(_ message: String) -> LogError { LogError(.checkpointMalformed, message: message) }

    /// The note's text.
    package var text: [UInt8] {
        Array(([origin, "\(size)", root.base64] + extensions).map { $0 + "\n" }.joined().utf8)
    }
}

/// A checkpoint that the log's own key signed, and as many witnesses as the policy asks for. Only ``LogTrust`` makes one
/// of bytes from outside.
package struct SignedCheckpoint: Hashable, Sendable {
    package let checkpoint: Checkpoint
    package let note: SignedNote
    /// The witnesses of the policy whose cosignatures hold.
    package let witnesses: [String]

    init(checkpoint: Checkpoint, note: SignedNote, witnesses: [String]) {
        self.checkpoint = checkpoint
        self.note = note
        self.witnesses = witnesses
    }

    package var size: UInt64 { checkpoint.size }
    package var root: TreeHash { checkpoint.root }
    /// What is kept, and shown to others.
    package var bytes: [UInt8] { note.bytes }
}
