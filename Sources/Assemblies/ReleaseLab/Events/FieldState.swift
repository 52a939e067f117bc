import FleetModel

/// What a field of a hostile event holds. The states of a text and of an integer; every pair of two fields' states is
/// in some event.
package enum FieldState: Int, Hashable, Sendable, CaseIterable {
    /// What the event had.
    case ordinary
    case absent
    /// Known to have no value.
    case null
    /// The empty text; 0 for an integer.
    case empty
    /// A text of full length, made of what the event had, so that whatever rules look for is in it many times over;
    /// the largest integer.
    case huge
    /// The same, marked as cut; the smallest integer.
    case cut
    /// An integer where the schema has a text, a text where it has an integer.
    case wrongType
    /// Bytes that are no UTF-8: lone continuation bytes, overlong forms, surrogates, a character cut short.
    case invalidText
    /// NUL, line ends, terminal escapes, marks that turn the direction of writing.
    case control
    /// Letters that grow or change when their case is folded, and marks without a letter.
    case folding
    /// Bytes by chance, from the seed.
    case random

    /// For findings: `absent`, `invalid text`.
    package var name: String {
        switch self {
        case .wrongType: "wrong type"
        case .invalidText: "invalid text"
        default: "\(self)"
        }
    }
}

/// Encodes one field in a state that no encoder of ours would write. The layout is that of ``EventCoding``.
struct HostileField {
    let field: EventField
    let state: FieldState
    /// What the event had; nil when it had none.
    let value: FieldValue?

    /// Appends number, tag and value. False when the field is absent.
    func append(to bytes: inout [UInt8], random: inout LabRandom) -> Bool {
        switch (state, field.type) {
        case (.absent, _): return false
        case (.ordinary, _):
            guard let value else { return false }
            append(value, to: &bytes)
        case (.null, _): append(.null, to: &bytes)
        case (.empty, .text): append(text: [], to: &bytes)
        case (.huge, .text): append(text: filled, to: &bytes)
        case (.cut, .text): append(text: filled, isCut: true, to: &bytes)
        case (.empty, .integer): append(.integer(0), to: &bytes)
        case (.huge, .integer): append(.integer(.max), to: &bytes)
        case (.cut, .integer): append(.integer(.min), to: &bytes)
        case (.wrongType, .text): append(.integer(-1), to: &bytes)
        case (.wrongType, .integer): append(text: Array("4294967296".utf8), to: &bytes)
        case (.invalidText, _): append(text: Self.invalid, to: &bytes)
        case (.control, _): append(text: Self.controls, to: &bytes)
        case (.folding, _): append(text: Self.foldings, to: &bytes)
        case (.random, .text): append(text: random.bytes(count: 1 + random.below(256)), to: &bytes)
        case (.random, .integer): append(.integer(Int64(bitPattern: random.next())), to: &bytes)
        }
        return true
    }

    private static let invalid: [UInt8] =
        Array("/bin/".utf8) + [0xFF, 0xFE, 0x80, 0xC0, 0xAF] + [0xE0, 0x80, 0x80, 0xED, 0xA0, 0x80, 0xF8, 0x88]
        + [0xF0, 0x9F]
    private static let controls = Array("\u{0}\r\n\t\u{1B}[2J\u{7F}\u{202E}sh\u{2066}\u{FEFF}\u{0}".utf8)
    /// The dotted capital I and the sharp S grow when folded; the Kelvin sign becomes a letter of ASCII.
    private static let foldings = Array("İıẞßſKÅΣς\u{345}\u{300}\u{301}Ǆﬃ\u{1E9E}".utf8)

    /// What the event had, over and over, as long as a text may be.
    private var filled: [UInt8] {
        var pattern = Array("/bin/sh -c ".utf8)
        if case .text(let text) = value, !text.isEmpty { pattern = Array(text.utf8) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(EventCoding.textBytesMax + pattern.count)
        while bytes.count < EventCoding.textBytesMax { bytes += pattern }
        return Array(bytes.prefix(EventCoding.textBytesMax))
    }

    private func append(_ value: FieldValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: head(.null, to: &bytes)
        case .integer(let integer):
            head(.integer, to: &bytes)
            bytes.append(littleEndian: UInt64(bitPattern: integer))
        case .text(let text): append(text: Array(text.utf8.prefix(EventCoding.textBytesMax)), to: &bytes)
        }
    }

    private func append(text: [UInt8], isCut: Bool = false, to bytes: inout [UInt8]) {
        head(isCut ? .cutText : .text, to: &bytes)
        bytes.append(littleEndian: UInt32(text.count))
        bytes += text
    }

    private func head(_ tag: EventCoding.Tag, to bytes: inout [UInt8]) {
        bytes.append(littleEndian: field.rawValue)
        bytes.append(tag.rawValue)
    }
}
