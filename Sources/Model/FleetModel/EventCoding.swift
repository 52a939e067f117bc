/// The binary form of an event, as the agent hands it to the worker. Every number is little endian.
///
///     event: u8 kind | i64 milliseconds since 1970 | u16 field count | fields
///     field: u16 number, ascending, each at most once | u8 tag | value
///     value: null nothing | text, cut text: u32 length, UTF-8 | integer: i64
///
/// The lineage is not in it: rules do not look at it, and the agent keeps it for the alert.
package enum EventCoding {
    /// Bytes of one encoded event. Eight texts of full length fit; a worker holds a few hundred events at most.
    package static let eventBytesMax = 64 << 10
    /// Bytes of one text. Real command lines that are longer carry payloads, whose first 8 KiB tell enough.
    package static let textBytesMax = 8 << 10
    /// Bytes before the first field: kind, moment, field count.
    package static let headerBytes = 11

    /// What follows a field's number.
    package enum Tag: UInt8, Sendable {
        case null = 0
        case text = 1
        case integer = 2
        /// A text that the encoder had to cut: what it ended with is not known.
        case cutText = 3
    }

    /// Encodes an event within ``eventBytesMax``, whatever it holds.
    ///
    /// A text above ``textBytesMax`` is cut between Unicode scalars and marked. A field that the schema does not give
    /// to the event's kind is left out: no rule can ask for it, and the decoder refuses it.
    package static func encode(_ event: TelemetryEvent) -> [UInt8] {
        let allowed = EventIndex.isFieldOfKind(event.kind)
        let count = event.fields.count { allowed[Int($0.field.rawValue)] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes.append(event.kind.rawValue)
        bytes.append(littleEndian: UInt64(bitPattern: event.at.milliseconds))
        bytes.append(littleEndian: UInt16(count))
        // What the fields that follow need at least: a text may not take their room.
        var reserved = count * integerFieldBytes
        for field in event.fields where allowed[Int(field.field.rawValue)] {
            reserved -= integerFieldBytes
            bytes.append(littleEndian: field.field.rawValue)
            switch field.value {
            case .null:
                bytes.append(Tag.null.rawValue)
            case .integer(let integer):
                bytes.append(Tag.integer.rawValue)
                bytes.append(littleEndian: UInt64(bitPattern: integer))
            case .text(let text):
                let room = eventBytesMax - bytes.count - reserved - textHeaderBytes
                append(text, bytesMax: min(textBytesMax, max(0, room)), to: &bytes)
            }
        }
        return bytes
    }

    /// The event that `bytes` hold, without lineage. Invalid UTF-8 is repaired (U+FFFD).
    package static func decode(_ bytes: [UInt8]) throws(EventCodingError) -> TelemetryEvent {
        var index = EventIndex()
        try index.read(bytes.span)
        var event = TelemetryEvent(kind: index.kind, at: index.at)
        for field in index.kind.fields {
            event[field] = index.slot(of: field).value(in: bytes.span)
        }
        return event
    }

    /// Bytes of a field that holds an integer: number, tag, value. A null or an empty text takes fewer.
    private static let integerFieldBytes = 11
    /// Bytes of a text field before its text, without the number: tag and length.
    private static let textHeaderBytes = 5

    private static func append(_ text: String, bytesMax: Int, to bytes: inout [UInt8]) {
        let utf8 = text.utf8
        guard utf8.count > bytesMax else {
            bytes.append(Tag.text.rawValue)
            bytes.append(littleEndian: UInt32(utf8.count))
            bytes.append(contentsOf: utf8)
            return
        }
        let kept = utf8[..<text.cutEnd(atBytes: bytesMax)]
        bytes.append(Tag.cutText.rawValue)
        bytes.append(littleEndian: UInt32(kept.count))
        bytes.append(contentsOf: kept)
    }
}

/// Why bytes are no event. A value without text, since a flood of bad events must cost nothing but counting.
package struct EventCodingError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        case oversized = "event.oversized"
        case truncated = "event.truncated"
        case unknownKind = "event.unknown_kind"
        /// A number that the schema does not give to this kind of event.
        case unknownField = "event.unknown_field"
        /// Field numbers do not ascend.
        case unordered = "event.unordered"
        case unknownTag = "event.unknown_tag"
        case textTooLong = "event.text_too_long"
        case trailingBytes = "event.trailing_bytes"
        /// The bytes are no object of JSON.
        case notJSON = "event.not_json"
        /// Objects and lists are too many levels inside each other.
        case tooDeep = "event.too_deep"
        case tooManyValues = "event.too_many_values"
        /// Rules of more log sources than one event may have take it for theirs.
        case tooManyGroups = "event.too_many_groups"
    }

    package let code: Code
    /// The offset of the byte where the reading stopped.
    package let offset: Int

    package init(_ code: Code, offset: Int) {
        self.code = code
        self.offset = offset
    }

    /// What is wrong, in words.
    package var reason: String {
        switch code {
        case .oversized: "it is longer than an event may be"
        case .truncated: "it ends at byte \(offset) where more must come"
        case .unknownKind: "no such kind of event"
        case .unknownField: "a field at byte \(offset) that its kind does not have"
        case .unordered: "its fields do not ascend at byte \(offset)"
        case .unknownTag: "a value of no known type at byte \(offset)"
        case .textTooLong: "a text at byte \(offset) that is too long"
        case .trailingBytes: "something follows its end at byte \(offset)"
        case .notJSON: "it is no object of JSON at byte \(offset)"
        case .tooDeep: "it has too many levels at byte \(offset)"
        case .tooManyValues: "it has too many values at byte \(offset)"
        case .tooManyGroups: "more log sources than an event may have take it for theirs"
        }
    }

    package var description: String {
        "\(code.rawValue) at byte \(offset): not an event of schema version \(TelemetrySchema.version); "
            + "the sender and the reader must come from one release"
    }
}
