import FleetModel

/// Reads events that are objects of JSON (RFC 8259), in one pass and without copies: members of objects inside are named
/// by dots, lists give a field several values, and names that are there twice give it both.
///
/// Total: any bytes are read or refused. Texts are not checked to be UTF-8, nor numbers to be numbers.
struct JSONEventReader: Sendable {
    private let names: FieldNames

    /// Objects and lists inside each other.
    static let depthMax = 32
    /// Bytes of a name with those of the objects around it.
    static let pathBytesMax = 1_024

    init(_ names: FieldNames) { self.names = names }

    /// An object or a list that is open.
    private struct Level {
        /// The field of a list; -1 for an object.
        var field = -1
        var isList = false
        /// Bytes of the path before this level.
        var pathCount = 0
    }

    /// Reads the event in the first `count` of `bytes`, which the zeros of a record follow. Nil when it was read.
    func read(_ bytes: RawSpan, _ count: Int, into fields: inout FieldTable) -> EventCodingError? {
        precondition(count + EventRecord.paddingBytes <= bytes.byteCount, "A record has zeros behind every event.")
        var position = Self.skip(bytes, 0)
        guard byte(bytes, position) == UInt8(ascii: "{") else { return error(.notJSON, position) }
        position += 1
        var levels: [Level] = []
        var level = Level()
        var path: [UInt8] = []
        while true {
            position = Self.skip(bytes, position)
            var sign = byte(bytes, position)
            if sign == (level.isList ? UInt8(ascii: "]") : UInt8(ascii: "}")) {
                position += 1
                guard close(&level, &levels, &path) else {
                    position = Self.skip(bytes, position)
                    return position >= count ? nil : error(.notJSON, position)
                }
                guard separate(bytes, &position, level) else { return error(.notJSON, position) }
                continue
            }
            var field = level.field
            if !level.isList {
                guard sign == UInt8(ascii: "\""),
                    let extent = JSONText.extent(bytes, from: position + 1, limit: count)
                else { return error(.notJSON, position) }
                field = number(bytes, position + 1, extent, &path, isInside: !levels.isEmpty)
                position = Self.skip(bytes, extent.end + 1)
                guard byte(bytes, position) == UInt8(ascii: ":") else { return error(.notJSON, position) }
                position = Self.skip(bytes, position + 1)
                sign = byte(bytes, position)
            }
            if sign == UInt8(ascii: "{") || sign == UInt8(ascii: "[") {
                guard levels.count < Self.depthMax else { return error(.tooDeep, position) }
                levels.append(level)
                let isList = sign == UInt8(ascii: "[")
                if isList { fields.setList(field) }
                level = Level(field: isList ? field : -1, isList: isList, pathCount: path.count)
                position += 1
                continue
            }
            if let error = value(sign, bytes, &position, count, field, &fields) { return error }
            if !level.isList { path.removeLast(path.count - level.pathCount) }
            guard separate(bytes, &position, level) else { return error(.notJSON, position) }
        }
    }
}

extension JSONEventReader {
    /// After a value: a comma and not the end, or the end of the level, which is left to be read.
    private func separate(_ bytes: RawSpan, _ position: inout Int, _ level: Level) -> Bool {
        position = Self.skip(bytes, position)
        switch byte(bytes, position) {
        case UInt8(ascii: ","):
            position = Self.skip(bytes, position + 1)
            return byte(bytes, position) != UInt8(ascii: "}") && byte(bytes, position) != UInt8(ascii: "]")
        case UInt8(ascii: "}"): return !level.isList
        case UInt8(ascii: "]"): return level.isList
        default: return false
        }
    }

    /// Ends a level. False when it was the whole event.
    private func close(
        _ level: inout Level, _ levels: inout [Level], _ path: inout [UInt8]
    ) -> Bool {
        guard let outer = levels.popLast() else { return false }
        level = outer
        if !level.isList { path.removeLast(path.count - level.pathCount) }
        return true
    }

    /// Reads a text, number, truth value or null.
    @inline(__always)
    private func value(
        _ sign: UInt8, _ bytes: RawSpan, _ position: inout Int, _ count: Int, _ field: Int, _ fields: inout FieldTable
    ) -> EventCodingError? {
        let start = position
        if sign == UInt8(ascii: "\"") {
            guard let extent = JSONText.extent(bytes, from: start + 1, limit: count) else {
                return error(.notJSON, start)
            }
            position = extent.end + 1
            guard field >= 0 || fields.keepsAll else { return nil }
            var state: FieldTable.Piece.State = extent.isEscaped ? .isEscaped : []
            if extent.hasOtherEscapes
                || extent.isBeyondASCII && JSONText.hasKelvinSign(bytes, start + 1..<extent.end)
            {
                fields.hasOtherEscapes = true
            }
            if extent.isBeyondASCII { state.insert(.isBeyondASCII) }
            if extent.hasOtherEscapes { state.insert(.isIrregular) }
            return add(start + 1..<extent.end, state, field, &fields)
        }
        while Self.isBare(byte(bytes, position)) { position += 1 }
        guard position > start, position <= count else { return error(.notJSON, start) }
        switch sign {
        case UInt8(ascii: "n"):
            guard Self.isWord(bytes, start..<position, "null") else { return error(.notJSON, start) }
            fields.setNull(field)
            return nil
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            guard Self.isWord(bytes, start..<position, "true") || Self.isWord(bytes, start..<position, "false") else {
                return error(.notJSON, start)
            }
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
        default: return error(.notJSON, start)
        }
        return add(start..<position, .isBare, field, &fields)
    }

    private func add(
        _ range: Range<Int>, _ state: FieldTable.Piece.State, _ field: Int, _ fields: inout FieldTable
    ) -> EventCodingError? {
        let piece = FieldTable.Piece(range, state)
        return fields.add(piece, to: field) ? nil : error(.tooManyValues, range.lowerBound)
    }

    /// The number of the field by its name, with the names of the objects around it.
    private func number(
        _ bytes: RawSpan, _ start: Int, _ extent: JSONText.Extent, _ path: inout [UInt8], isInside: Bool
    ) -> Int {
        if !isInside, !extent.isEscaped {
            // The path is needed only if an object follows.
            var next = extent.end + 1
            next = Self.skip(bytes, next)
            if byte(bytes, next) == UInt8(ascii: ":") { next = Self.skip(bytes, next + 1) }
            let opensLevel = byte(bytes, next) == UInt8(ascii: "{") || byte(bytes, next) == UInt8(ascii: "[")
            if !opensLevel { return names.number(bytes, start, extent.end - start) }
        }
        var name = (start..<extent.end).map { byte(bytes, $0) }
        if extent.isEscaped {
            let count = name.count
            name += Array(repeating: 0, count: count + 8)
            let end = JSONText.unescape(&name, 0..<count, to: count)
            name = Array(name[count..<end.position])
        }
        guard path.count + name.count < Self.pathBytesMax else {
            // What is inside has too long a name as well, and must not pass for a member of another object.
            path += Array(repeating: 0, count: max(0, Self.pathBytesMax - path.count))
            return -1
        }
        if !path.isEmpty { path.append(UInt8(ascii: ".")) }
        path += name
        return names.number(of: path)
    }

    @inline(__always)
    private func byte(_ bytes: RawSpan, _ position: Int) -> UInt8 {
        // Unchecked: every walk stops at the zeros behind the event at the latest, and `read` has seen that they are there.
        bytes.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
    }

    /// The next place that is no white space. Zeros follow the event, so that it ends.
    @inline(__always)
    private static func skip(_ bytes: RawSpan, _ start: Int) -> Int {
        var position = start
        while true {
            let byte = bytes.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
            guard byte <= 0x20, byte == 0x20 || byte == 9 || byte == 10 || byte == 13 else { return position }
            position += 1
        }
    }

    /// Whether a number or a word goes on.
    @inline(__always)
    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isWord(_ bytes: RawSpan, _ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { letters in
            letters.indices.allSatisfy {
                bytes.unsafeLoad(fromByteOffset: range.lowerBound + $0, as: UInt8.self) == letters[$0]
            }
        }
    }

    private func error(_ code: EventCodingError.Code, _ offset: Int) -> EventCodingError {
        EventCodingError(code, offset: offset)
    }
}
