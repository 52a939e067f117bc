import FleetModel

/// What an event is said to be by whoever brings it: Sigma's three parts of a log source.
package struct SourceTags: Hashable, Sendable {
    package var product: String?
    package var category: String?
    package var service: String?

    package init(product: String? = nil, category: String? = nil, service: String? = nil) {
        self.product = product
        self.category = category
        self.service = service
    }

    package var isEmpty: Bool { product == nil && category == nil && service == nil }
}

/// Reads events as the sensor encodes them.
struct SensorEventReader: Sendable {
    /// By number of the schema: the number of the program; -1 for none.
    private let numbers: [Int]
    private let product: Int
    private let category: Int
    private let service: Int

    init(_ names: FieldNames) {
        func number(_ name: String) -> Int { names.number(of: name.utf8) }
        var numbers = Array(repeating: -1, count: EventIndex.slotCount)
        for field in EventField.allCases { numbers[Int(field.rawValue)] = number(field.name) }
        self.numbers = numbers
        product = number(SourceTag.product)
        category = number(SourceTag.category)
        service = number(SourceTag.service)
    }

    /// Reads the event that `record` has begun with. Nil when it was read.
    func read(_ event: Span<UInt8>, into record: inout EventRecord, at: inout Moment?) -> EventCodingError? {
        var index = EventIndex()
        do throws(EventCodingError) { try index.read(event) } catch { return error }
        at = index.at
        for field in index.kind.fields {
            let number = numbers[Int(field.rawValue)]
            guard number >= 0 || record.fields.keepsAll else { continue }
            let slot = index.slot(of: field)
            switch slot.content {
            case .absent: break
            case .null: record.fields.setNull(number)
            case .text:
                let range = Int(slot.offset)..<(Int(slot.offset) + Int(slot.length))
                add(range, slot.isCut ? .isCut : [], to: number, &record)
            case .integer: add(record.append(String(slot.integer).utf8), .isBare, to: number, &record)
            }
        }
        add(SourceTags(product: "linux", category: index.kind.category), to: &record)
        return nil
    }

    /// Adds what the event is said to be.
    func add(_ tags: SourceTags, to record: inout EventRecord) {
        for (tag, number) in [(tags.product, product), (tags.category, category), (tags.service, service)] {
            guard let tag, number >= 0 else { continue }
            add(record.append(tag.utf8), .isTag, to: number, &record)
        }
    }

    private func add(_ range: Range<Int>, _ state: FieldTable.Piece.State, to number: Int, _ record: inout EventRecord)
    {
        var state = state
        for position in range {
            let byte = record.bytes[position]
            if byte >= 0x80 { state.insert(.isBeyondASCII) }
            if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") { state.insert(.isIrregular) }
        }
        let piece = FieldTable.Piece(range, state)
        // A kind has fewer fields than a table has room for.
        _ = record.fields.add(piece, to: number)
    }
}
