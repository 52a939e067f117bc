/// The values of one event by the fields of a program. Texts stay where they are in the bytes of the event, and are
/// made ready when something asks for them.
///
/// Nothing is allocated after the largest event so far.
struct FieldTable: Sendable {
    enum Content: UInt8, Sendable {
        /// The event says that there is no value.
        case null
        /// One value or several; none for an empty list.
        case values
    }

    struct Slot: Sendable {
        /// The event that the rest belongs to.
        var serial: UInt32 = 0
        var content = Content.null
        /// Index in `pieces` of the first and the last value; -1 for none.
        var first: Int32 = -1
        var last: Int32 = -1
    }

    /// One value as text, in the forms in which it is looked at. Those beside the first are made when asked for.
    struct Piece: Sendable {
        /// Where a form is in the bytes of the record.
        struct Place: Sendable {
            var start: UInt32 = 0
            var count: UInt32 = 0

            var range: Range<Int> { Int(start)..<(Int(start) + Int(count)) }

            init(_ range: Range<Int>) {
                start = UInt32(truncatingIfNeeded: range.lowerBound)
                count = UInt32(truncatingIfNeeded: range.count)
            }
        }

        /// The next value of the same field; -1 for none.
        var next: Int32 = -1
        /// As it came.
        var raw: Place
        /// Without escapes.
        var clean: Place
        /// Without escapes and without case beyond ASCII.
        var folded: Place
        /// As automata of open programs walk over it, where that is neither.
        var written: Place
        var state: State

        init(_ range: Range<Int>, _ state: State) {
            raw = Place(range)
            (clean, folded, written) = (raw, raw, raw)
            self.state = state
        }

        struct State: OptionSet, Sendable {
            let rawValue: UInt8
            /// The bytes have escapes of JSON in them, and `clean` does not hold yet.
            static let isEscaped = State(rawValue: 1)
            /// Some byte is beyond ASCII.
            static let isBeyondASCII = State(rawValue: 2)
            /// `folded` holds.
            static let isFolded = State(rawValue: 4)
            /// The event wrote it as a number or a truth value.
            static let isBare = State(rawValue: 8)
            /// Automata of open programs walk over another form: it has escapes beside those of backslashes and
            /// quotes, or has these without escapes.
            static let isIrregular = State(rawValue: 64)
            /// `written` holds.
            static let isWritten = State(rawValue: 128)
            /// It says where the event comes from, and is not of the event itself.
            static let isTag = State(rawValue: 32)
            /// The sensor had to cut it.
            static let isCut = State(rawValue: 16)
        }
    }

    private(set) var slots: [Slot]
    private(set) var pieces: [Piece] = []
    private(set) var serial: UInt32 = 0
    /// Whether values of fields that the program does not know are kept, for what looks at any value.
    let keepsAll: Bool
    /// Whether the event has escapes of JSON beside those of backslashes and quotes, or a sign of Kelvin, which is a k.
    var hasOtherEscapes = false

    /// Values of one event: what is above is refused.
    static let pieceCountMax = 1 << 14

    init(fieldCount: Int, keepsAll: Bool) {
        slots = Array(repeating: Slot(), count: fieldCount)
        self.keepsAll = keepsAll
        pieces.reserveCapacity(256)
    }

    mutating func beginEvent() {
        pieces.removeAll(keepingCapacity: true)
        hasOtherEscapes = false
        if serial == .max {
            serial = 0
            for index in slots.indices { slots[index] = Slot() }
        }
        serial += 1
    }

    /// The slot of a field; nil when the event does not carry it.
    func slot(_ field: Int) -> Slot? {
        let slot = slots[field]
        return slot.serial == serial ? slot : nil
    }

    /// Index in `pieces` of a field's first value; -1 for none.
    func firstPiece(_ field: Int) -> Int32 {
        let slot = slots[field]
        return slot.serial == serial ? slot.first : -1
    }

    /// - Parameter field: -1 for a field that the program does not know.
    mutating func setNull(_ field: Int) {
        guard field >= 0, slots[field].serial != serial else { return }
        slots[field] = Slot(serial: serial)
    }

    /// A list begins, which may turn out to be empty.
    mutating func setList(_ field: Int) {
        guard field >= 0 else { return }
        if slots[field].serial != serial { slots[field] = Slot(serial: serial) }
        slots[field].content = .values
    }

    /// Adds a value. False when there are too many.
    mutating func add(_ piece: Piece, to field: Int) -> Bool {
        guard field >= 0 || keepsAll else { return true }
        let index = Int32(truncatingIfNeeded: pieces.count)
        guard index < Self.pieceCountMax else { return false }
        pieces.append(piece)
        guard field >= 0 else { return true }
        let slot = slots[field]
        if slot.serial == serial, slot.last >= 0 {
            pieces[Int(slot.last)].next = index
            slots[field].last = index
        } else {
            slots[field] = Slot(serial: serial, content: .values, first: index, last: index)
        }
        return true
    }

    mutating func setPiece(_ index: Int, _ piece: Piece) { pieces[index] = piece }

    mutating func setSlot(_ field: Int, _ slot: Slot) { slots[field] = slot }
}
