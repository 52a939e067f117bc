import FleetModel

@testable import DetectionEngine

/// A program taken apart, so that a test may put anything into it.
struct ProgramImage {
    typealias Section = ProgramFormat.Section

    var header: [UInt8]
    private var sections: [[UInt32]] = []
    var texts: [UInt8]

    init(_ bytes: [UInt8]) {
        header = Array(bytes[..<ProgramFormat.headerBytes])
        var position = ProgramFormat.headerBytes
        for section in Section.allCases where section != .texts {
            let count = Int(bytes.littleEndian(at: ProgramFormat.Offset.counts + 4 * section.rawValue, bytes: 4))
            sections.append(
                (0..<(count * section.recordWords)).map {
                    UInt32(truncatingIfNeeded: bytes.littleEndian(at: position + 4 * $0, bytes: 4))
                })
            position += 4 * count * section.recordWords
        }
        texts = Array(bytes[position...])
    }

    /// Words of a section.
    subscript(section: Section) -> [UInt32] {
        get { sections[section.rawValue] }
        set { sections[section.rawValue] = newValue }
    }

    /// One word of one record.
    subscript(section: Section, record: Int, word: Int) -> UInt32 {
        get { sections[section.rawValue][record * section.recordWords + word] }
        set { sections[section.rawValue][record * section.recordWords + word] = newValue }
    }

    func count(_ section: Section) -> Int {
        section == .texts ? texts.count : self[section].count / section.recordWords
    }

    /// The number of the first record whose words are so; -1 when there is none.
    func first(_ section: Section, where isSo: ([UInt32]) -> Bool) -> Int {
        (0..<count(section)).first { record in
            isSo(Array(self[section][(record * section.recordWords)...].prefix(section.recordWords)))
        } ?? -1
    }

    /// The number of the first predicate with this test.
    func predicate(_ test: Operator) -> Int { first(.predicates) { $0[0] & 0xFF == UInt32(test.rawValue) } }

    /// The bytes, with counts and length that fit.
    var bytes: [UInt8] {
        var header = header
        func set(_ value: UInt64, at offset: Int, bytes: Int) {
            for index in 0..<bytes { header[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
        }
        for section in Section.allCases {
            set(UInt64(count(section)), at: ProgramFormat.Offset.counts + 4 * section.rawValue, bytes: 4)
        }
        let wordCount = sections.reduce(0) { $0 + $1.count }
        set(UInt64(header.count + 4 * wordCount + texts.count), at: ProgramFormat.Offset.length, bytes: 4)
        var bytes = header
        for word in sections.joined() { bytes.append(littleEndian: word) }
        return bytes + texts
    }

    /// Bytes that state the cost that they have, if they can be read at all: what is changed in them then reaches the
    /// interpreter.
    static func restated(_ bytes: [UInt8]) -> [UInt8] {
        guard let (program, _) = try? ProgramReader.read(bytes) else { return bytes }
        var bytes = bytes
        for (offset, value) in [
            (ProgramFormat.Offset.fixedSteps, program.cost.fixed),
            (ProgramFormat.Offset.perByteSteps, program.cost.perByte),
        ] {
            for index in 0..<8 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
        }
        return bytes
    }

    /// What the loader says; nil when it takes the bytes.
    static func refusal(of bytes: [UInt8]) -> ProgramError? {
        do throws(ProgramError) {
            _ = try DetectionProgram(loading: bytes)
            return nil
        } catch {
            return error
        }
    }
}
