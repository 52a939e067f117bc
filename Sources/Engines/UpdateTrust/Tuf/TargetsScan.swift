import CanonicalCoding

/// The object `signed.targets` of a metadata file, read in one pass and kept as the bytes it came in.
///
/// A repository's targets are nearly all of its metadata, and a client wants one of them. A tree of all of them takes
/// twenty times their bytes.
struct TargetsScan: Sendable {
    /// The file with `{}` in the object's place: what is left to be read by the parser.
    let rest: [UInt8]
    /// What stands between the object's braces, in the canonical form that is signed (TUF 4.2.1). Shares the file's bytes
    /// when they are in that form, as most writers have it.
    let canonical: ArraySlice<UInt8>
    let table: ScannedTargets

    /// Finds and reads the object.
    ///
    /// It is read here only when each target is as it must be and the names ascend; the answer is then what the parser's
    /// would be, if the parser takes ``rest``. For everything else the answer is nil, and the parser, which can say what
    /// is wrong, has the word.
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= Int(UInt32.max) else { return nil }
        var scanner = TargetsScanner(bytes)
        guard scanner.find() else { return nil }
        let start = scanner.offset
        guard let places = scanner.targets() else { return nil }
        let end = scanner.offset
        // Text beyond ASCII is rare, and looked at once for all strings: nowhere else would it have been taken.
        if !scanner.isASCII, String(validating: bytes[start..<end], as: UTF8.self) == nil { return nil }
        rest = bytes[..<start] + Array("{}".utf8) + bytes[end...]
        canonical = scanner.canonical
        table = ScannedTargets(bytes: bytes, places: places)
    }
}

/// Targets that were found to be well-formed, in the bytes of the file that lists them.
package struct ScannedTargets: Equatable, Sendable {
    /// Where a member lies: from the quotation mark of its name to the end of its value.
    struct Place: Equatable, Sendable {
        let start: UInt32
        let end: UInt32
    }

    private let bytes: [UInt8]
    /// Names ascend by their bytes and hold no backslash.
    private let places: [Place]

    init(bytes: [UInt8], places: [Place]) {
        self.bytes = bytes
        self.places = places
    }

    var count: Int { places.count }

    /// Complexity: logarithmic in the number of targets.
    subscript(path: String) -> TufTarget? {
        let wanted = Array(path.utf8)
        var low = 0
        var high = places.count
        while low < high {
            let middle = low + (high - low) / 2
            let name = name(at: places[middle])
            if name.elementsEqual(wanted) { return target(at: places[middle]) }
            if name.lexicographicallyPrecedes(wanted) { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// All of them, in the order of the bytes of their names.
    var all: [TufTarget] { places.compactMap { target(at: $0) } }

    private func name(at place: Place) -> ArraySlice<UInt8> {
        bytes[Int(place.start + 1)..<Int(place.end)].prefix { $0 != UInt8(ascii: "\"") }
    }

    /// Never nil: a member that gives no target did not pass the scan.
    private func target(at place: Place) -> TufTarget? {
        let text = Array("{".utf8) + bytes[Int(place.start)..<Int(place.end)] + Array("}".utf8)
        guard
            case .object(let object)? = try? JSONParser.parse(text, limits: JSONParser.Limits(bytesMax: text.count)),
            let member = object.members.first
        else { return nil }
        return try? TufTarget(path: member.name, reading: JSONReader(member.value))
    }
}
