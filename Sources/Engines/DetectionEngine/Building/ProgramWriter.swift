import FleetModel

/// Writes the tables of a program, record by record. Equal texts are written once.
struct ProgramWriter {
    typealias Section = ProgramFormat.Section

    private var words: [[UInt32]] = Array(repeating: [], count: Section.allCases.count)
    private var texts: [UInt8] = []
    private var textStarts: [[UInt8]: UInt32] = [:]
    var classes: [UInt8] = Array(repeating: 0, count: 256)

    /// Records of a section so far.
    func count(_ section: Section) -> UInt32 {
        section == .texts
            ? UInt32(truncatingIfNeeded: texts.count)
            : UInt32(truncatingIfNeeded: words[section.rawValue].count / section.recordWords)
    }

    /// Appends a record, or words of a list.
    mutating func append(_ record: [UInt32], to section: Section) { words[section.rawValue] += record }

    mutating func reference(_ text: [UInt8]) -> [UInt32] {
        let count = UInt32(truncatingIfNeeded: text.count)
        if let start = textStarts[text] { return [start, count] }
        let start = UInt32(truncatingIfNeeded: texts.count)
        textStarts[text] = start
        texts += text
        return [start, count]
    }

    /// Words in a list section, and where they are.
    mutating func reference(_ list: [UInt32], in section: Section) -> [UInt32] {
        let start = count(section)
        append(list, to: section)
        return [start, UInt32(truncatingIfNeeded: list.count)]
    }

    /// Sets words of a record that was written before.
    mutating func set(_ values: [UInt32], ofRecord index: Int, at word: Int, in section: Section) {
        let start = index * section.recordWords + word
        for (offset, value) in values.enumerated() { words[section.rawValue][start + offset] = value }
    }

    /// The bytes, with `cost` in the header.
    func encoded(chaos: ChaosMarker?, isOpen: Bool, cost: ProgramCost) -> [UInt8] {
        let wordCount = words.reduce(0) { $0 + $1.count }
        let length = ProgramFormat.headerBytes + 4 * wordCount + texts.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        bytes += ProgramFormat.magic
        bytes.append(littleEndian: ProgramFormat.version)
        bytes.append(littleEndian: isOpen ? 0 : TelemetrySchema.version)
        bytes += [chaos?.rawValue ?? 0, isOpen ? 1 : 0, 0, 0]
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: length))
        bytes.append(littleEndian: cost.fixed)
        bytes.append(littleEndian: cost.perByte)
        for section in Section.allCases { bytes.append(littleEndian: count(section)) }
        bytes += classes
        for section in words { for word in section { bytes.append(littleEndian: word) } }
        bytes += texts
        return bytes
    }
}

extension [UInt8] {
    /// The number in `bytes` bytes (at most 8) at `offset`. The caller has checked that they are there.
    func littleEndian(at offset: Int, bytes: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<bytes { value |= UInt64(self[offset + index]) << UInt64(8 * index) }
        return value
    }
}
