/// Finds the number of a field by the bytes of its name.
struct FieldNames: Sendable {
    /// A name, told apart by its length and up to sixteen of its bytes; longer ones are compared whole.
    private struct Entry {
        var head: UInt64 = 0
        var tail: UInt64 = 0
        /// 0 for no entry.
        var count: UInt32 = 0
        var number: Int32 = -1
        var start: UInt32 = 0
    }

    private var entries: [Entry]
    private let mask: Int
    /// The names, with room to read eight bytes from any place.
    private var texts: [UInt8]

    init(_ names: [[UInt8]]) {
        var size = 16
        while size < 4 * names.count { size *= 2 }
        mask = size - 1
        entries = Array(repeating: Entry(), count: size)
        texts = []
        for (number, name) in names.enumerated() where !name.isEmpty {
            let start = texts.count
            texts += name + Array(repeating: 0, count: 8)
            let (head, tail) = Self.ends(texts.span.bytes, start, name.count)
            var place = Self.hash(head, tail, name.count) & mask
            while entries[place].count != 0 { place = (place + 1) & mask }
            entries[place] = Entry(
                head: head, tail: tail, count: UInt32(truncatingIfNeeded: name.count),
                number: Int32(truncatingIfNeeded: number), start: UInt32(truncatingIfNeeded: start))
        }
    }

    /// The number of the field with this name; -1 when the program has none.
    func number(of name: some Collection<UInt8>) -> Int {
        let padded = Array(name) + [0, 0, 0, 0, 0, 0, 0, 0]
        return number(padded.span.bytes, 0, name.count)
    }

    /// The number of the field whose name is at `start`; -1 when the program has none.
    ///
    /// - Parameter bytes: Eight readable bytes follow the name.
    func number(_ bytes: RawSpan, _ start: Int, _ count: Int) -> Int {
        guard count > 0 else { return -1 }
        let (head, tail) = Self.ends(bytes, start, count)
        var place = Self.hash(head, tail, count) & mask
        while true {
            let entry = entries[place]
            if entry.count == 0 { return -1 }
            if entry.head == head, entry.tail == tail, Int(entry.count) == count,
                count <= 16 || isEqual(bytes, start, Int(entry.start), count)
            {
                return Int(entry.number)
            }
            place = (place + 1) & mask
        }
    }

    private func isEqual(_ bytes: RawSpan, _ start: Int, _ other: Int, _ count: Int) -> Bool {
        for index in 8..<(count - 8)
        where bytes.unsafeLoad(fromByteOffset: start + index, as: UInt8.self) != texts[other + index] { return false }
        return true
    }

    /// The first and the last eight bytes of a name; of a short one, its bytes and zeros, and nothing.
    @inline(__always)
    private static func ends(_ bytes: RawSpan, _ start: Int, _ count: Int) -> (UInt64, UInt64) {
        let head = bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self)
        guard count >= 8 else { return (head & ~(UInt64.max &<< UInt64(truncatingIfNeeded: 8 &* count)), 0) }
        return (head, bytes.unsafeLoadUnaligned(fromByteOffset: start + count - 8, as: UInt64.self))
    }

    @inline(__always)
    private static func hash(_ head: UInt64, _ tail: UInt64, _ count: Int) -> Int {
        var hash = head &* 0x9E37_79B9_7F4A_7C15 ^ tail &* 0xC2B2_AE3D_27D4_EB4F ^ UInt64(truncatingIfNeeded: count)
        hash ^= hash >> 32
        hash = hash &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: hash >> 40)
    }
}
