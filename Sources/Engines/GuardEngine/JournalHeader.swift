/// The first line of the agent's journal: all that the guard reads of it.
///
///     firebreak-journal 2 crc=XXXXXXXX boot=BOOTID stage=trial digest=HEX stopped=0 mode=normal
///
/// The JSON of the journal follows. The sum is of every byte behind the sum's own field to the end of the file, so the
/// line cannot be whole while the journal is not.
package struct JournalHeader: Equatable, Sendable {
    /// How far the release in hand has come, in the words that matter to the guard.
    package enum Stage: Equatable, Sendable, CaseIterable {
        case none
        case downloading
        case staged
        case shadow
        case trial

        package var word: PlainText {
            switch self {
            case .none: "none"
            case .downloading: "downloading"
            case .staged: "staged"
            case .shadow: "shadow"
            case .trial: "trial"
            }
        }

        package init?(_ word: PlainText) {
            for stage in Self.allCases where stage.word == word {
                self = stage
                return
            }
            return nil
        }
    }

    /// The kernel's boot id when the journal was written; visible ASCII, at most ``GuardLimit/bootIDBytesMax``.
    package var bootID: PlainText
    package var stage: Stage
    /// The release in hand: SHA-256 of its pack; nil when there is none.
    package var digest: DigestText?
    /// The agent was told to end and wrote this last.
    package var isStopped: Bool
    /// The mode that the agent runs in.
    package var mode: GuardMode

    package init(bootID: PlainText, stage: Stage, digest: DigestText?, isStopped: Bool, mode: GuardMode) {
        self.bootID = bootID
        self.stage = stage
        self.digest = digest
        self.isStopped = isStopped
        self.mode = mode
    }

    private static let title: PlainText = "firebreak-journal 2"
    /// Bytes of the line at most, so that a reader need not search a whole damaged file for its end.
    package static let lineBytesMax = 256
}

/// What a journal on disk is.
package enum JournalReading: Equatable, Sendable {
    /// There is no file.
    case absent
    case whole(JournalHeader)
    /// Not whole, for this reason. Something ended in the middle of a write, and that counts as a failure.
    case torn(PlainText)
}

// MARK: - Coding

extension JournalHeader {
    /// The whole file: this line, then `content`.
    ///
    /// A boot id that cannot stand in a line is written as `-`: it then equals no boot's.
    package func encode(_ content: [UInt8]) -> [UInt8] {
        let boot = bootID.isWord(bytesMax: GuardLimit.bootIDBytesMax) ? bootID : "-"
        var body: PlainText =
            "boot=\(boot) stage=\(stage.word) digest=\(DigestText.field(digest)) stopped=\(isStopped ? 1 : 0)"
        body += " mode=\(mode.word)\n"
        return ChecksummedText.seal(PlainText(body.bytes + content), title: Self.title)
    }

    /// Takes a file apart: the line, and the JSON behind it.
    package static func decode(_ bytes: [UInt8]) -> (reading: JournalReading, content: ArraySlice<UInt8>) {
        guard !bytes.isEmpty else { return (.torn("the file is empty"), []) }
        guard let body = ChecksummedText.open(bytes, title: title) else {
            return (.torn("the title or the sum does not hold"), [])
        }
        guard let end = body.bytes.prefix(lineBytesMax).firstIndex(of: UInt8(ascii: "\n")),
            let header = JournalHeader(line: PlainText(body.bytes[..<end]))
        else { return (.torn("the sum holds and the first line is not understood"), []) }
        return (.whole(header), body.bytes[(end + 1)...])
    }

    private init?(line: PlainText) {
        let words = line.words
        guard words.count == 5, let boot = words[0].rest(after: "boot="),
            boot.isWord(bytesMax: GuardLimit.bootIDBytesMax),
            let stage = words[1].rest(after: "stage=").flatMap({ Stage($0) }),
            let digest = words[2].rest(after: "digest=").flatMap({ DigestText.read($0) }),
            let stopped = words[3].rest(after: "stopped="), stopped == "0" || stopped == "1",
            let mode = words[4].rest(after: "mode=").flatMap({ GuardMode($0) })
        else { return nil }
        // A trial of nothing cannot be reverted: such a line is no line of an agent's.
        guard stage != .trial || digest != nil else { return nil }
        self.init(bootID: boot, stage: stage, digest: digest, isStopped: stopped == "1", mode: mode)
    }
}
