import FleetModel
import Testing

@Suite("Event coding")
struct EventCodingTests {
    private static func event(_ values: [EventField: FieldValue], kind: EventKind = .processCreation) -> TelemetryEvent
    {
        var event = TelemetryEvent(kind: kind, at: Moment(milliseconds: 1_700_000_000_123))
        for (field, value) in values { event[field] = value }
        return event
    }

    @Test("an event survives encoding: kind, moment, texts, numbers, null and the empty text")
    func roundTrip() throws {
        let event = Self.event([
            .image: .text("/usr/bin/grüße"), .commandLine: .text(""), .processId: .integer(.min),
            .parentProcessId: .integer(.max), .user: .null,
        ])
        #expect(try EventCoding.decode(EventCoding.encode(event)) == event)
    }

    @Test("the bytes are those that the format says")
    func bytes() {
        var event = TelemetryEvent(kind: .fileEvent, at: Moment(milliseconds: 0x0102))
        event[.processId] = .integer(-1)
        event[.image] = .text("ab")
        event[.user] = .null
        let expected: [UInt8] =
            [11, 2, 1, 0, 0, 0, 0, 0, 0, 3, 0] + [1, 0, 2] + Array(repeating: 0xFF, count: 8)
            + [2, 0, 1, 2, 0, 0, 0, 0x61, 0x62] + [5, 0, 0]
        #expect(EventCoding.encode(event) == expected)
    }

    @Test("a long text is cut between scalars, within its bound, and marked", arguments: [0, 1, 2, 3])
    func cutting(offset: Int) throws {
        let text = String(repeating: "x", count: EventCoding.textBytesMax - offset) + "\u{1F525}tail"
        let bytes = EventCoding.encode(Self.event([.commandLine: .text(text)]))
        var index = EventIndex()
        try index.read(bytes.span)
        let slot = index.slot(of: .commandLine)
        #expect(slot.isCut)
        #expect(Int(slot.length) == EventCoding.textBytesMax - offset)
        guard case .text(let kept) = slot.value(in: bytes.span) else { Issue.record("no text"); return }
        #expect(text.hasPrefix(kept))
    }

    @Test("a text of exactly the bound is whole and not marked")
    func exactText() throws {
        let bytes = EventCoding.encode(
            Self.event([.image: .text(String(repeating: "é", count: EventCoding.textBytesMax / 2))]))
        var index = EventIndex()
        try index.read(bytes.span)
        #expect(!index.slot(of: .image).isCut)
        #expect(Int(index.slot(of: .image).length) == EventCoding.textBytesMax)
    }

    @Test("the largest event of each kind is within the bound, and no field is lost", arguments: EventKind.allCases)
    func largestEvent(kind: EventKind) throws {
        let text = FieldValue.text(String(repeating: "y", count: 3 * EventCoding.textBytesMax))
        let event = Self.event(Dictionary(uniqueKeysWithValues: kind.fields.map { ($0, text) }), kind: kind)
        let bytes = EventCoding.encode(event)
        #expect(bytes.count <= EventCoding.eventBytesMax)
        let decoded = try EventCoding.decode(bytes)
        #expect(decoded.fields.map(\.field) == event.fields.map(\.field))
    }

    @Test("a field that the kind does not have is left out, so that the reader can take the event")
    func foreignFields() throws {
        let values = Dictionary(uniqueKeysWithValues: EventField.allCases.map { ($0, FieldValue.text($0.name)) })
        for kind in EventKind.allCases {
            let decoded = try EventCoding.decode(EventCoding.encode(Self.event(values, kind: kind)))
            #expect(Set(decoded.fields.map(\.field)) == Set(kind.fields))
        }
    }

    @Test("the schema has a slot for every field: supplied and declared fields are the same")
    func slotsOfSchema() {
        for field in EventField.allCases { #expect(Int(field.rawValue) < EventIndex.slotCount) }
        for kind in EventKind.allCases {
            let row = EventIndex.isFieldOfKind(kind)
            #expect(row.count == EventIndex.slotCount)
            let inRow = row.indices.filter { row[$0] }.compactMap { EventField(rawValue: UInt16($0)) }
            #expect(Set(inRow) == Set(kind.fields))
            #expect(Set(kind.fields).count == kind.fields.count)
        }
    }
}

@Suite("Event index")
struct EventIndexTests {
    private static let sample: [UInt8] = {
        var event = TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 5))
        event[.processId] = .integer(7)
        event[.image] = .text("/bin/sh")
        event[.commandLine] = .text("sh -c id")
        event[.user] = .null
        return EventCoding.encode(event)
    }()

    private static func code(_ bytes: [UInt8]) -> EventCodingError.Code? {
        var index = EventIndex()
        do {
            try index.read(bytes.span)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("every truncation is refused")
    func truncations() {
        for count in 0..<Self.sample.count {
            #expect(Self.code(Array(Self.sample.prefix(count))) == .truncated, "\(count) bytes")
        }
        #expect(Self.code(Self.sample) == nil)
    }

    @Test("each kind of damage has its code and its place")
    func damage() {
        let header: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]
        #expect(Self.code(Self.sample + [0]) == .trailingBytes)
        #expect(Self.code([2] + Self.sample.dropFirst()) == .unknownKind)
        #expect(Self.code(header + [0, 0, 0]) == .unknownField)
        #expect(Self.code(header + [99, 0, 0]) == .unknownField)
        #expect(Self.code(header + [0xFF, 0xFF, 0]) == .unknownField)
        #expect(Self.code(header + [18, 0, 0]) == .unknownField, "TargetFilename is no field of a process")
        #expect(Self.code(header + [1, 0, 4]) == .unknownTag)
        #expect(Self.code(header + [2, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF]) == .textTooLong)
        #expect(Self.code(header + [2, 0, 1, 2, 0, 0, 0, 0x61]) == .truncated)
        let two: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]
        #expect(Self.code(two + [2, 0, 0, 1, 0, 0]) == .unordered)
        #expect(Self.code(two + [2, 0, 0, 2, 0, 0]) == .unordered)
        #expect(Self.code(Array(repeating: 1, count: EventCoding.eventBytesMax + 1)) == .oversized)
    }

    @Test("an index forgets the event before")
    func reuse() throws {
        var index = EventIndex()
        try index.read(Self.sample.span)
        try index.read([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].span)
        for field in EventField.allCases { #expect(index.slot(of: field).content == .absent) }
    }

    @Test("reading is total: 200,000 mutated events are read or refused, and what is read lies in the event")
    func mutations() {
        var random = SplitMix64(seed: 0x5EED_0001)
        var index = EventIndex()
        var readCount = 0
        for _ in 0..<200_000 {
            let bytes = random.mutated(Self.sample)
            guard (try? index.read(bytes.span)) != nil else { continue }
            readCount += 1
            for slot in index.slots { #expect(Int(slot.offset) + Int(slot.length) <= bytes.count) }
        }
        #expect(readCount > 1_000, "the mutations must reach past the checks, seed 0x5EED0001")
    }
}

/// The generator of Steele, Lea and Flood (2014): one seed, the same bytes on every machine.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// One to four changes: a byte set or flipped, bytes cut out, repeated or appended.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<6, using: &self) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 2: bytes[place] = [0, 1, 2, 0x7F, 0x80, 0xFF].randomElement(using: &self) ?? 0
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...4, using: &self)))
            case 4: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 4)], at: place)
            default: bytes.append(UInt8.random(in: 0...255, using: &self))
            }
        }
        return bytes
    }
}
