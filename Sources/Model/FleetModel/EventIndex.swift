/// Where each field of one encoded event lies: the event is decoded once, and its texts stay where they are.
///
/// Reading is total: any bytes give an index or an error, and nothing is allocated after the first event.
package struct EventIndex: Sendable {
    /// One field of the event.
    package struct Slot: Hashable, Sendable {
        package enum Content: UInt8, Sendable {
            /// The event does not carry the field.
            case absent
            case null
            case text
            case integer
        }

        package var content = Content.absent
        /// The encoder had to cut the text.
        package var isCut = false
        /// Where the text begins, in bytes from the start of the event. 0 unless `content` is `text`.
        package var offset: UInt32 = 0
        /// Bytes of the text, at most `EventCoding.textBytesMax`. 0 unless `content` is `text`.
        package var length: UInt32 = 0
        /// 0 unless `content` is `integer`.
        package var integer: Int64 = 0

        package init() {}

        /// The value, copied out of the event that was read; nil when absent.
        package func value(in event: Span<UInt8>) -> FieldValue? {
            switch content {
            case .absent: return nil
            case .null: return .null
            case .integer: return .integer(integer)
            case .text:
                let start = Int(offset)
                guard start + Int(length) <= event.count else { return .null }
                let bytes = [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
                    for position in 0..<Int(length) { buffer[position] = event[start + position] }
                    count = Int(length)
                }
                return .text(String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    /// The kind of the event that was read last.
    package private(set) var kind = EventKind.processCreation
    /// When it happened, by the endpoint's clock.
    package private(set) var at = Moment(milliseconds: 0)
    /// By field number. Index 0 is no field and stays absent.
    package private(set) var slots: [Slot]

    package init() {
        slots = Array(repeating: Slot(), count: Self.slotCount)
    }

    package func slot(of field: EventField) -> Slot { slots[Int(field.rawValue)] }

    /// Slots of an index: one more than the largest field number.
    package static let slotCount = 1 + Int(EventField.allCases.map(\.rawValue).max() ?? 0)

    /// For each kind, by field number, whether the schema gives the field to it.
    private static let fieldsOfKinds: [[Bool]] = {
        var table = Array(repeating: [Bool](), count: 256)
        for kind in EventKind.allCases {
            var row = Array(repeating: false, count: slotCount)
            for field in kind.fields { row[Int(field.rawValue)] = true }
            table[Int(kind.rawValue)] = row
        }
        return table
    }()

    /// By field number, whether the schema gives the field to `kind`. The row has ``slotCount`` entries.
    package static func isFieldOfKind(_ kind: EventKind) -> [Bool] { fieldsOfKinds[Int(kind.rawValue)] }

    /// Reads one event. After an error the index holds a part of the event and must not be used.
    ///
    /// Complexity: O(fields), whatever the length of the texts.
    package mutating func read(_ event: Span<UInt8>) throws(EventCodingError) {
        guard event.count <= EventCoding.eventBytesMax else {
            throw EventCodingError(.oversized, offset: EventCoding.eventBytesMax)
        }
        guard event.count >= EventCoding.headerBytes else {
            throw EventCodingError(.truncated, offset: event.count)
        }
        guard let kind = EventKind(rawValue: event[0]) else { throw EventCodingError(.unknownKind, offset: 0) }
        self.kind = kind
        at = Moment(milliseconds: Int64(bitPattern: event.littleEndian(at: 1, bytes: 8)))
        for number in slots.indices { slots[number] = Slot() }
        let allowed = Self.isFieldOfKind(kind)
        var position = EventCoding.headerBytes
        var last = 0
        for _ in 0..<event.littleEndian(at: 9, bytes: 2) {
            guard position + 3 <= event.count else { throw EventCodingError(.truncated, offset: position) }
            let number = Int(event.littleEndian(at: position, bytes: 2))
            guard number < allowed.count, allowed[number] else {
                throw EventCodingError(.unknownField, offset: position)
            }
            guard number > last else { throw EventCodingError(.unordered, offset: position) }
            last = number
            slots[number] = try Self.slot(of: event, at: &position)
        }
        guard position == event.count else { throw EventCodingError(.trailingBytes, offset: position) }
    }

    /// Reads tag and value of the field at `position`, whose number and tag are known to be there.
    private static func slot(of event: Span<UInt8>, at position: inout Int) throws(EventCodingError) -> Slot {
        guard let tag = EventCoding.Tag(rawValue: event[position + 2]) else {
            throw EventCodingError(.unknownTag, offset: position + 2)
        }
        position += 3
        var slot = Slot()
        switch tag {
        case .null:
            slot.content = .null
        case .integer:
            guard position + 8 <= event.count else { throw EventCodingError(.truncated, offset: position) }
            slot.content = .integer
            slot.integer = Int64(bitPattern: event.littleEndian(at: position, bytes: 8))
            position += 8
        case .text, .cutText:
            guard position + 4 <= event.count else { throw EventCodingError(.truncated, offset: position) }
            let length = Int(event.littleEndian(at: position, bytes: 4))
            guard length <= EventCoding.textBytesMax else { throw EventCodingError(.textTooLong, offset: position) }
            position += 4
            guard position + length <= event.count else { throw EventCodingError(.truncated, offset: position) }
            slot.content = .text
            slot.isCut = tag == .cutText
            slot.offset = UInt32(position)
            slot.length = UInt32(length)
            position += length
        }
        return slot
    }
}

extension Span<UInt8> {
    /// The unsigned number in `bytes` bytes (at most 8) at `offset`. The caller has checked that they are there.
    fileprivate func littleEndian(at offset: Int, bytes: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<bytes { value |= UInt64(self[offset + index]) << UInt64(8 * index) }
        return value
    }
}
