import CanonicalCoding

/// Walks a metadata file's bytes for ``TargetsScan``. Knows no errors: what it does not take is for the parser to judge.
struct TargetsScanner {
    /// What a value was found to be; only as much of it as is asked for.
    private enum Kind {
        /// A whole number of 0 or more.
        case count
        case text
        case other
    }

    /// Digits that fit 64 bits with a sign whatever they are.
    private static let digitsMax = 18
    /// The levels that the object itself is at (TUF 4.2.1): the file, `signed`, `targets`.
    private static let targetsDepth = 3

    private let bytes: [UInt8]
    private(set) var offset = 0
    /// Whether the strings that were read are all ASCII.
    private(set) var isASCII = true

    /// The canonical form so far, without what follows `copied`; empty while it is what is written.
    private var emitted: [UInt8] = []
    private var copied = 0
    private var content = 0..<0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    // MARK: The way to the targets

    /// Goes to the value of `targets` in `signed`, when it is an object.
    ///
    /// What lies on the way is not judged. In a text that is well-formed, this is that object; whether the text is
    /// well-formed the parser says.
    mutating func find() -> Bool {
        var depth = 0
        var isInSigned = false
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                let start = offset
                guard pass() else { return false }
                let text = start + 1..<offset - 1
                guard depth == 1 || depth == 2 && isInSigned, isName() else { continue }
                if depth == 1 {
                    isInSigned = isSame(text, "signed")
                } else if isSame(text, "targets") {
                    return next == UInt8(ascii: "{")
                }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                offset += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                offset += 1
            default: offset += 1
            }
        }
        return false
    }

    /// Goes over the string whose quotation mark comes next.
    private mutating func pass() -> Bool {
        offset += 1
        while let byte = next {
            offset += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return true }
        }
        return false
    }

    /// Whether the string just passed was a name; goes to its value.
    private mutating func isName() -> Bool {
        passSpace()
        guard next == UInt8(ascii: ":") else { return false }
        offset += 1
        passSpace()
        return true
    }

    private mutating func passSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private func isSame(_ range: Range<Int>, _ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[range].elementsEqual($0) }
    }

    // MARK: The targets

    /// The canonical form of what stands between the braces.
    var canonical: ArraySlice<UInt8> {
        copied == content.lowerBound
            ? bytes[content] : (emitted + bytes[copied..<content.upperBound])[...]
    }

    /// Reads the object of targets that comes next; nil when the parser is to read it.
    mutating func targets() -> [ScannedTargets.Place]? {
        let start = offset + 1
        copied = start
        var places: [ScannedTargets.Place] = []
        let count = object(depth: Self.targetsDepth) { scanner, name in
            guard scanner.target() else { return false }
            places.append(ScannedTargets.Place(start: UInt32(name.lowerBound - 1), end: UInt32(scanner.offset)))
            return true
        }
        guard count != nil else { return nil }
        content = start..<offset - 1
        return places
    }

    /// A target has a length and at least one hash (TUF 4.5), as ``TufTarget`` has it.
    private mutating func target() -> Bool {
        var hasLength = false
        var hasHashes = false
        let depth = Self.targetsDepth + 1
        let count = object(depth: depth) { scanner, name in
            if scanner.isSame(name, "length") {
                hasLength = true
                return scanner.value(depth: depth) == .count
            }
            guard scanner.isSame(name, "hashes") else { return scanner.value(depth: depth) != nil }
            hasHashes = true
            let count = scanner.object(depth: depth + 1) { scanner, _ in scanner.value(depth: depth + 1) == .text }
            return count ?? 0 > 0
        }
        return count != nil && hasLength && hasHashes
    }

    // MARK: JSON

    /// Leaves the bytes from `start` to here out of the canonical form, and puts `byte` in their place.
    private mutating func replace(from start: Int, by byte: UInt8? = nil) {
        emitted += bytes[copied..<start]
        if let byte { emitted.append(byte) }
        copied = offset
    }

    private mutating func skipSpace() {
        let start = offset
        passSpace()
        if offset > start { replace(from: start) }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset += 1
        return true
    }

    /// Reads an object whose names ascend by code point, and so are each there once.
    ///
    /// - Parameter member: Reads a member's value; given where its name lies, without quotation marks.
    /// - Returns: The number of members.
    private mutating func object(depth: Int, member: (inout Self, Range<Int>) -> Bool) -> Int? {
        guard depth <= JSONParser.Limits.depthMaxDefault, take(UInt8(ascii: "{")) else { return nil }
        var last: Range<Int>?
        var count = 0
        skipSpace()
        if take(UInt8(ascii: "}")) { return 0 }
        while true {
            skipSpace()
            guard let name = name(), last.map({ precedes($0, name) }) ?? true else { return nil }
            last = name
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return nil }
            skipSpace()
            guard member(&self, name) else { return nil }
            count += 1
            skipSpace()
            if take(UInt8(ascii: "}")) { return count }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    private mutating func array(depth: Int) -> Bool {
        guard depth <= JSONParser.Limits.depthMaxDefault, take(UInt8(ascii: "[")) else { return false }
        skipSpace()
        if take(UInt8(ascii: "]")) { return true }
        while true {
            skipSpace()
            guard value(depth: depth) != nil else { return false }
            skipSpace()
            if take(UInt8(ascii: "]")) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    /// By the bytes, whose order is that of code points.
    private func precedes(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        var first = left.lowerBound
        var second = right.lowerBound
        while first < left.upperBound, second < right.upperBound {
            if bytes[first] != bytes[second] { return bytes[first] < bytes[second] }
            first += 1
            second += 1
        }
        return left.count < right.count
    }

    /// Reads a name. One with an escape is nobody's habit, and would have to be compared as what it stands for.
    private mutating func name() -> Range<Int>? {
        let start = offset + 1
        let length = string(mayEscape: false)
        return length ? start..<offset - 1 : nil
    }

    private mutating func value(depth: Int) -> Kind? {
        switch next {
        case UInt8(ascii: "\""): string(mayEscape: true) ? .text : nil
        case UInt8(ascii: "{"):
            object(depth: depth + 1) { scanner, _ in scanner.value(depth: depth + 1) != nil } == nil ? nil : .other
        case UInt8(ascii: "["): array(depth: depth + 1) ? .other : nil
        case UInt8(ascii: "t"): literal("true")
        case UInt8(ascii: "f"): literal("false")
        case UInt8(ascii: "n"): literal("null")
        default: number()
        }
    }

    private mutating func literal(_ text: StaticString) -> Kind? {
        let end = offset + text.utf8CodeUnitCount
        guard end <= bytes.count, isSame(offset..<end, text) else { return nil }
        offset = end
        return .other
    }

    /// Reads a whole number; what follows it must be no part of a number, which is for whoever reads on to see.
    private mutating func number() -> Kind? {
        let isNegative = take(UInt8(ascii: "-"))
        let start = offset
        while let byte = next, (48...57).contains(byte) { offset += 1 }
        let count = offset - start
        guard count > 0, count <= Self.digitsMax, bytes[start] != UInt8(ascii: "0") || count == 1 && !isNegative
        else { return nil }
        return isNegative ? .other : .count
    }

    private mutating func string(mayEscape: Bool) -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return true
            case UInt8(ascii: "\\"): guard mayEscape, escape() else { return false }
            case 0..<0x20: return false
            default:
                if byte >= 0x80 { isASCII = false }
                offset += 1
            }
        }
        return false
    }

    /// Reads an escape. In the canonical form only the quotation mark and the backslash are escaped.
    private mutating func escape() -> Bool {
        let start = offset
        offset += 2
        guard offset <= bytes.count else { return false }
        switch bytes[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): break
        case UInt8(ascii: "/"): replace(from: start, by: UInt8(ascii: "/"))
        case UInt8(ascii: "b"): replace(from: start, by: 0x08)
        case UInt8(ascii: "f"): replace(from: start, by: 0x0C)
        case UInt8(ascii: "n"): replace(from: start, by: 0x0A)
        case UInt8(ascii: "r"): replace(from: start, by: 0x0D)
        case UInt8(ascii: "t"): replace(from: start, by: 0x09)
        default: return false
        }
        return true
    }
}
