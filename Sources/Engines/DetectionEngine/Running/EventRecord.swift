import FleetModel

/// One event in hand: its bytes, and behind them the texts that were written from it.
struct EventRecord: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var used = 0
    var fields: FieldTable
    /// Bytes of the event itself.
    private(set) var eventBytes = 0
    /// Whether the event is a text of JSON in which only backslashes and quotes have a backslash before them, and no
    /// letter beyond ASCII is one in ASCII in lower case.
    private(set) var isRegular = false

    /// Zero bytes behind an event, so that eight bytes may be read from any place in it.
    static let paddingBytes = 16
    /// Elements of a list that are compared with another field.
    static let fieldPairCountMax = 16

    init(fieldCount: Int, keepsAll: Bool) {
        fields = FieldTable(fieldCount: fieldCount, keepsAll: keepsAll)
        grow(toHold: EventCoding.eventBytesMax)
    }

    /// Takes the bytes of a new event.
    mutating func begin(_ event: Span<UInt8>) {
        fields.beginEvent()
        if event.count > capacityInEventBytes { grow(toHold: event.count) }
        eventBytes = event.count
        isRegular = false
        bytes.withUnsafeMutableBytes { target in
            event.withUnsafeBytes { source in target.copyMemory(from: UnsafeRawBufferPointer(source)) }
            for offset in event.count..<(event.count + Self.paddingBytes) { target[offset] = 0 }
        }
        used = event.count + Self.paddingBytes
    }

    /// Reads the event as an object of JSON. Nil when it was read.
    mutating func read(with reader: JSONEventReader) -> EventCodingError? {
        let refusal = Self.read(with: reader, bytes, eventBytes, into: &fields)
        isRegular = !fields.hasOtherEscapes
        return refusal
    }

    private static func read(
        with reader: JSONEventReader, _ bytes: borrowing [UInt8], _ count: Int, into fields: inout FieldTable
    ) -> EventCodingError? {
        reader.read(bytes.span.bytes, count, into: &fields)
    }

    private var capacityInEventBytes = 0

    /// Room for every form of every value: texts without escapes are no longer than with them, with the escapes that
    /// automata expect at most twice as long, and without case at most half as long again.
    private mutating func grow(toHold count: Int) {
        capacityInEventBytes = count
        let texts = 3 * count + TextFold.foldedBytesMax(count) + TextFold.foldedBytesMax(2 * count)
        bytes = Array(
            repeating: 0,
            count: count + Self.paddingBytes + texts + EventIndex.slotCount * 20 + 1_024 + FieldTable.pieceCountMax)
    }

    /// Writes a text behind the event and gives where it is. What does not fit is cut: the room is enough for all.
    mutating func append(_ text: some Collection<UInt8>) -> Range<Int> {
        let start = used
        for byte in text where used < bytes.count {
            bytes[used] = byte
            used += 1
        }
        return start..<used
    }

    /// Where a value's text is, without escapes.
    mutating func clean(_ index: Int) -> Range<Int> {
        var piece = fields.pieces[index]
        guard piece.state.contains(.isEscaped) else { return piece.clean.range }
        let end = JSONText.unescape(&bytes, piece.raw.range, to: used)
        piece.clean = FieldTable.Piece.Place(used..<end.position)
        piece.state.remove(.isEscaped)
        if end.isBeyondASCII { piece.state.insert(.isBeyondASCII) }
        fields.setPiece(index, piece)
        used = end.position
        return piece.clean.range
    }

    /// Where a value's text is, without escapes and with letters beyond ASCII in lower case.
    mutating func folded(_ index: Int) -> Range<Int> {
        let clean = clean(index)
        var piece = fields.pieces[index]
        guard piece.state.contains(.isBeyondASCII) else { return clean }
        guard !piece.state.contains(.isFolded) else { return piece.folded.range }
        piece.folded = FieldTable.Piece.Place(fold(clean))
        piece.state.insert(.isFolded)
        fields.setPiece(index, piece)
        return piece.folded.range
    }

    /// Where a value's text is as automata walk over it: with letters beyond ASCII in lower case, and in open programs as
    /// JSON writes it, with a backslash before backslashes and quotes and no other escapes.
    mutating func scanned(_ index: Int, isOpen: Bool) -> Range<Int> {
        guard isOpen else { return folded(index) }
        var piece = fields.pieces[index]
        if piece.state.isDisjoint(with: [.isBeyondASCII, .isIrregular]) { return piece.raw.range }
        if piece.state.contains(.isWritten) { return piece.written.range }
        var range = piece.raw.range
        if piece.state.contains(.isIrregular) {
            range = clean(index)
            piece = fields.pieces[index]
            let start = used
            used = JSONText.escape(&bytes, range, to: used)
            range = start..<used
        }
        if piece.state.contains(.isBeyondASCII) { range = fold(range) }
        piece.written = FieldTable.Piece.Place(range)
        piece.state.insert(.isWritten)
        fields.setPiece(index, piece)
        return range
    }

    /// Writes a text with its letters beyond ASCII in lower case behind the event.
    private mutating func fold(_ range: Range<Int>) -> Range<Int> {
        var folded: [UInt8] = []
        folded.reserveCapacity(TextFold.foldedBytesMax(range.count))
        TextFold.appendFolded(bytes.span.extracting(range), to: &folded)
        return append(folded)
    }

    /// The values of a field, copied; nil when the event does not carry it.
    mutating func value(_ field: Int) -> FieldValue? {
        guard let slot = fields.slot(field) else { return nil }
        guard slot.first >= 0 else { return .null }
        var texts: [String] = []
        var isBare = true
        var index = slot.first
        while index >= 0 {
            let piece = fields.pieces[Int(index)]
            isBare = isBare && piece.state.contains(.isBare)
            texts.append(String(decoding: bytes[clean(Int(index))], as: UTF8.self))
            index = piece.next
        }
        if texts.count == 1, isBare, let integer = Int64(texts[0]) { return .integer(integer) }
        return .text(texts.joined(separator: ", "))
    }
}
