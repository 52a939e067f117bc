import FleetModel

/// One event in hand: its bytes, and behind them the texts that were written from it.
struct EventRecord: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var used = 0
    var fields: FieldTable
    /// Bytes of the event itself.
    private(set) var eventBytes = 0
    /// Whether every text stands in the bytes of the event as it is, but for backslashes and quotes, which have a
    /// backslash before them.
    private(set) var isPlain = false

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
        isPlain = false
        bytes.withUnsafeMutableBytes { target in
            event.withUnsafeBytes { source in target.copyMemory(from: UnsafeRawBufferPointer(source)) }
            for offset in event.count..<(event.count + Self.paddingBytes) { target[offset] = 0 }
        }
        used = event.count + Self.paddingBytes
    }

    /// Reads the event as an object of JSON. Nil when it was read.
    mutating func read(with reader: JSONEventReader) -> EventCodingError? {
        let refusal = Self.read(with: reader, bytes, eventBytes, into: &fields)
        isPlain = !fields.hasOtherEscapes
        return refusal
    }

    private static func read(
        with reader: JSONEventReader, _ bytes: borrowing [UInt8], _ count: Int, into fields: inout FieldTable
    ) -> EventCodingError? {
        reader.read(bytes.span.bytes, count, into: &fields)
    }

    private var capacityInEventBytes = 0

    /// Texts without escapes are no longer than with them, and without case at most half as long again.
    private mutating func grow(toHold count: Int) {
        capacityInEventBytes = count
        let texts = count + TextFold.foldedBytesMax(count) + FieldTable.pieceCountMax
        bytes = Array(repeating: 0, count: count + Self.paddingBytes + texts + EventIndex.slotCount * 20 + 1_024)
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
        let piece = fields.pieces[index]
        let range = Int(piece.start)..<(Int(piece.start) + Int(piece.count))
        guard piece.state.contains(.isEscaped) else { return range }
        let end = JSONText.unescape(&bytes, range, to: used)
        var changed = piece
        changed.start = UInt32(truncatingIfNeeded: used)
        changed.count = UInt32(truncatingIfNeeded: end.position - used)
        changed.state.remove(.isEscaped)
        if end.isBeyondASCII { changed.state.insert(.isBeyondASCII) }
        fields.setPiece(index, changed)
        let start = used
        used = end.position
        return start..<used
    }

    /// Where a value's text is, without escapes and with letters beyond ASCII in lower case.
    mutating func folded(_ index: Int) -> Range<Int> {
        let clean = clean(index)
        let piece = fields.pieces[index]
        if piece.state.contains(.isFolded) {
            return Int(piece.foldedStart)..<(Int(piece.foldedStart) + Int(piece.foldedCount))
        }
        guard piece.state.contains(.isBeyondASCII) else { return clean }
        var folded: [UInt8] = []
        folded.reserveCapacity(TextFold.foldedBytesMax(clean.count))
        TextFold.appendFolded(bytes.span.extracting(clean), to: &folded)
        let range = append(folded)
        var changed = piece
        changed.foldedStart = UInt32(truncatingIfNeeded: range.lowerBound)
        changed.foldedCount = UInt32(truncatingIfNeeded: range.count)
        changed.state.insert(.isFolded)
        fields.setPiece(index, changed)
        return range
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
