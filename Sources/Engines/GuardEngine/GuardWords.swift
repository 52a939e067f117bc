/// A SHA-256 as 64 lower-case hex digits, checked.
package struct DigestText: Equatable, Sendable {
    package let text: PlainText

    package static let digitCount = 64

    /// The digest; nil for any other text.
    package init?(_ text: PlainText) {
        guard text.bytes.count == Self.digitCount, text.bytes.allSatisfy(Self.isDigit) else { return nil }
        self.text = text
    }

    init(measured text: PlainText) { self.text = text }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    /// The field of a line: the digest, or `-` where there is none.
    static func field(_ digest: DigestText?) -> PlainText { digest?.text ?? "-" }

    /// Reads ``field(_:)``. The outer nil is a field that is neither.
    static func read(_ field: PlainText) -> DigestText?? {
        if field == "-" { return .some(nil) }
        return DigestText(field).map(Optional.some)
    }
}

/// How much the agent is asked to do.
package enum GuardMode: Int, Equatable, Sendable, CaseIterable {
    /// Everything.
    case normal = 0
    /// Protect with the oldest proven generation, and ask for nothing new.
    case safe = 1
    /// No content at all: watch and report.
    case observe = 2

    package var word: PlainText {
        switch self {
        case .normal: "normal"
        case .safe: "safe"
        case .observe: "observe"
        }
    }

    package init?(_ word: PlainText) {
        for mode in Self.allCases where mode.word == word {
            self = mode
            return
        }
        return nil
    }

    /// One rung down; nil on the lowest.
    var lower: GuardMode? { GuardMode(rawValue: rawValue + 1) }
    /// One rung up, or the highest.
    var higher: GuardMode { GuardMode(rawValue: rawValue - 1) ?? .normal }
}

/// One of the two places where a build of agent and worker lies.
package enum BuildSlot: Equatable, Sendable, CaseIterable {
    case a
    case b

    package var other: BuildSlot { self == .a ? .b : .a }
    package var word: PlainText { self == .a ? "a" : "b" }

    package init?(_ word: PlainText) {
        if word == "a" {
            self = .a
        } else if word == "b" {
            self = .b
        } else {
            return nil
        }
    }
}

/// What is known of the build in a slot.
package struct SlotState: Equatable, Sendable {
    package enum Standing: Equatable, Sendable, CaseIterable {
        /// Nothing to run, or a copy that was not finished.
        case empty
        /// Whole and measured; was never started.
        case staged
        /// Was started and has not proven itself.
        case trying
        /// Has proven itself here, or came with the first installation.
        case proven
        /// Failed. Never started again.
        case condemned

        package var word: PlainText {
            switch self {
            case .empty: "empty"
            case .staged: "staged"
            case .trying: "trying"
            case .proven: "proven"
            case .condemned: "condemned"
            }
        }

        package init?(_ word: PlainText) {
            for standing in Self.allCases where standing.word == word {
                self = standing
                return
            }
            return nil
        }
    }

    package var standing: Standing
    /// Nil for a build that came with the first installation: nobody measured it.
    package var digest: DigestText?

    package init(_ standing: Standing, _ digest: DigestText? = nil) {
        self.standing = standing
        self.digest = digest
    }

    package static let empty = SlotState(.empty)
}

/// The mark beside the record that says what became of a slot, so that a lost record does not bring back a build that
/// failed, or make one that is proven homeless.
package enum SlotMark {
    private static let title: PlainText = "firebreak-slot 1"

    package static func encode(_ state: SlotState) -> [UInt8] {
        ChecksummedText.seal("\(state.standing.word) \(DigestText.field(state.digest))\n", title: title)
    }

    /// The state; nil for a mark that is not whole.
    package static func decode(_ bytes: [UInt8]) -> SlotState? {
        guard let body = ChecksummedText.open(bytes, title: title), body.bytes.last == UInt8(ascii: "\n") else {
            return nil
        }
        let words = PlainText(body.bytes.dropLast()).words
        guard words.count == 2, let standing = SlotState.Standing(words[0]), let digest = DigestText.read(words[1])
        else { return nil }
        return SlotState(standing, digest)
    }
}
