/// Remembers which routes held for the values that routes look at: most events are of few kinds, and their routes follow
/// from those values alone.
///
/// A fixed number of entries; a new one takes the place of an old one with the same place.
struct RouteMemo: Sendable {
    private struct Entry: Sendable {
        /// 0 for none.
        var keyCount: UInt16 = 0
        var routeCount: UInt16 = 0
        var hash: UInt64 = 0
    }

    /// Fields that routes look at; nil when they look at any value, and nothing is remembered.
    private let fields: [Int]?
    private var entries: [Entry]
    private var keys: [UInt8]
    private var routes: [UInt32]
    /// The values of the event in hand.
    private var key: [UInt8]
    private var keyCount = 0
    private var hash: UInt64 = 0

    private static let entryCount = 128
    /// Bytes of all values that routes look at. Longer ones are not remembered.
    private static let keyBytesMax = 256
    /// Bytes from one key to the next: zeros fill the last word of a key.
    private static let keyStride = keyBytesMax + 8
    /// Routes that held, for one entry.
    private static let routeCountMax = 32

    init(_ program: DetectionProgram) {
        var fields: Set<UInt32> = []
        if let group = program.groups.first {
            fields.formUnion(program.scanners[group.scanners.range].map(\.field))
            for predicate in program.predicates[group.predicates.range] where predicate.test != .found {
                fields.insert(predicate.field)
                if predicate.test == .field { fields.insert(predicate.operand.start) }
            }
        }
        self.fields = fields.contains(DetectionProgram.anyValue) ? nil : fields.sorted().map { Int($0) }
        entries = Array(repeating: Entry(), count: Self.entryCount)
        keys = Array(repeating: 0, count: Self.entryCount * Self.keyStride)
        routes = Array(repeating: 0, count: Self.entryCount * Self.routeCountMax)
        key = Array(repeating: 0, count: Self.keyStride + 8)
    }

    /// The entry for the event in hand; nil when it is not remembered.
    mutating func entry(for fields: FieldTable, _ bytes: Span<UInt8>) -> Int? {
        guard makeKey(fields, bytes) else { return nil }
        let place = Int(hash % UInt64(Self.entryCount))
        let entry = entries[place]
        guard entry.hash == hash, Int(entry.keyCount) == keyCount else { return nil }
        return Self.isEqual(keys.span.bytes, place * Self.keyStride, key.span.bytes, keyCount) ? place : nil
    }

    /// Whether the first `count` bytes are equal, word by word: both are followed by zeros.
    private static func isEqual(_ keys: RawSpan, _ start: Int, _ key: RawSpan, _ count: Int) -> Bool {
        var position = 0
        while position < count {
            let word = keys.unsafeLoadUnaligned(fromByteOffset: start + position, as: UInt64.self)
            guard word == key.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self) else { return false }
            position += 8
        }
        return true
    }

    /// The routes of an entry, ascending.
    func routes(of entry: Int) -> ArraySlice<UInt32> {
        routes[(entry * Self.routeCountMax)...].prefix(Int(entries[entry].routeCount))
    }

    /// Remembers the routes of the event that was last asked for.
    mutating func remember(_ numbers: [Int]) {
        guard keyCount > 0, numbers.count <= Self.routeCountMax else { return }
        let place = Int(hash % UInt64(Self.entryCount))
        entries[place] = Entry(
            keyCount: UInt16(truncatingIfNeeded: keyCount), routeCount: UInt16(truncatingIfNeeded: numbers.count),
            hash: hash)
        for index in 0..<(keyCount + 8) { keys[place * Self.keyStride + index] = key[index] }
        for (index, number) in numbers.enumerated() {
            routes[place * Self.routeCountMax + index] = UInt32(truncatingIfNeeded: number)
        }
    }

    private mutating func makeKey(_ table: FieldTable, _ bytes: Span<UInt8>) -> Bool {
        keyCount = 0
        guard let fields, let made = Self.makeKey(fields, table, bytes, in: &key) else { return false }
        (keyCount, hash) = made
        return true
    }

    /// Writes the values of the fields, each with its length and how it is written; nil when they are too long.
    private static func makeKey(
        _ fields: [Int], _ table: FieldTable, _ bytes: Span<UInt8>, in key: inout [UInt8]
    ) -> (count: Int, hash: UInt64)? {
        var count = 0
        let words = bytes.bytes
        var key = key.mutableSpan
        var room = key.mutableBytes
        for field in fields {
            var piece = table.firstPiece(field)
            guard count + 1 <= keyBytesMax else { return nil }
            room.storeBytes(
                of: table.slot(field).map { $0.content == .null ? 1 : 2 } ?? 0, toByteOffset: count, as: UInt8.self)
            count += 1
            while piece >= 0 {
                let value = table.pieces[Int(piece)]
                let length = Int(value.raw.count)
                guard count + 3 + length <= keyBytesMax else { return nil }
                room.storeBytes(of: value.state.rawValue, toByteOffset: count, as: UInt8.self)
                room.storeBytes(of: UInt8(truncatingIfNeeded: length), toByteOffset: count + 1, as: UInt8.self)
                room.storeBytes(of: 3, toByteOffset: count + 2, as: UInt8.self)
                count += 3
                let start = Int(value.raw.start)
                // Word by word: events have bytes behind them, and the key has room; what is too much is written over.
                var copied = 0
                while copied < length {
                    let word = words.unsafeLoadUnaligned(fromByteOffset: start + copied, as: UInt64.self)
                    room.storeBytes(of: word, toByteOffset: count + copied, as: UInt64.self)
                    copied += 8
                }
                count += length
                piece = value.next
            }
            // No state of a value is so, so that no value passes for the field behind it.
            guard count + 1 <= keyBytesMax else { return nil }
            room.storeBytes(of: UInt8.max, toByteOffset: count, as: UInt8.self)
            count += 1
        }
        room.storeBytes(of: 0, toByteOffset: count, as: UInt64.self)
        return (count, hash(room.bytes, count))
    }

    private static func hash(_ bytes: RawSpan, _ count: Int) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        var position = 0
        while position < count {
            let word = bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
            hash = (hash ^ word) &* 0xC2B2_AE3D_27D4_EB4F
            hash ^= hash >> 29
            position += 8
        }
        return hash
    }
}
