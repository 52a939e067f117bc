import DetectionEngine
import Testing

@Suite("Regular expression programs")
struct RegexProgramTests {
    /// `a[b-dé]*$`, with a class, a branch and an assertion.
    static let instructions: [RegexInstruction] = [
        .scalar("a"), .split(4), .oneOf(0), .jump(1), .assert(.lastLineEnd), .match,
    ]
    static let classes = [RegexClass([0x62...0x64, 0xE9...0xE9])]

    static func words() throws -> [UInt32] { try RegexProgram(instructions: instructions, classes: classes).words }

    /// The refusal of the words of the sample after a change.
    static func refusal(_ change: (inout [UInt32]) -> Void) throws -> RegexProgramError? {
        var words = try words()
        change(&words)
        return #expect(throws: RegexProgramError.self) { try RegexProgram(checking: words) }
    }

    @Test("what the writer writes, the check takes")
    func written() throws {
        let words = try Self.words()
        #expect(try RegexProgram(checking: words).words == words)
        #expect(words.count == 8 + 6 + 5 + 2)
    }

    @Test("every truncation of a program is refused, and so is a word after it")
    func truncations() throws {
        let words = try Self.words()
        for count in 0..<words.count {
            #expect(throws: RegexProgramError.self) { try RegexProgram(checking: Array(words.prefix(count))) }
        }
        #expect(try Self.refusal { $0.append(0) }?.code == .malformed)
    }

    @Test("a program without an instruction is refused")
    func empty() throws {
        #expect(throws: RegexProgramError.self) { try RegexProgram(instructions: [], classes: []) }
        #expect(throws: RegexProgramError.self) { try RegexProgram(checking: [0, 0, 0, 0, 0, 0, 0, 0]) }
    }

    @Test("a target outside the program is refused")
    func targets() throws {
        #expect(try Self.refusal { $0[9] = 5 | 6 << 4 }?.subject == "instruction 1")
        #expect(try Self.refusal { $0[11] = 6 | 0xFFF_FFFF << 4 }?.subject == "instruction 3")
    }

    @Test("an instruction that goes on behind the last one is refused")
    func end() throws {
        let refusal = #expect(throws: RegexProgramError.self) {
            try RegexProgram(instructions: [.match, .scalar("a")], classes: [])
        }
        #expect(refusal?.subject == "instruction 1")
    }

    @Test("an operation that is none, an operand where none belongs and a surrogate are refused")
    func operations() throws {
        #expect(try Self.refusal { $0[8] = 14 }?.subject == "instruction 0")
        #expect(try Self.refusal { $0[8] = 15 }?.subject == "instruction 0")
        #expect(try Self.refusal { $0[13] = 0 | 1 << 4 }?.subject == "instruction 5")
        #expect(try Self.refusal { $0[8] = 1 | 0xD800 << 4 }?.subject == "instruction 0")
        #expect(try Self.refusal { $0[8] = 1 | 0x11_0000 << 4 }?.subject == "instruction 0")
    }

    @Test("a class must begin where a class begins")
    func classStart() throws {
        #expect(try Self.refusal { $0[10] = 2 | 15 << 4 }?.subject == "instruction 2")
        #expect(try Self.refusal { $0[10] = 2 | 0 << 4 }?.subject == "instruction 2")
        #expect(try Self.refusal { $0[1] = 0 }?.subject == "end")
        #expect(try Self.refusal { $0[1] = 2 }?.code == .truncated)
    }

    @Test("ranges of a class that are empty, out of order, ASCII or beyond Unicode are refused")
    func ranges() throws {
        #expect(try Self.refusal { $0[20] = 0xE8 }?.subject == "class 0")
        #expect(try Self.refusal { $0[19] = 0x7F }?.subject == "class 0")
        #expect(try Self.refusal { $0[20] = 0x11_0000 }?.subject == "class 0")
        #expect(try Self.refusal { $0[18] = 2 }?.code == .truncated)
        #expect(try Self.refusal { $0[18] = .max }?.code == .truncated)
        #expect(
            try Self.refusal {
                $0[18] = 2; $0 += [0xE9, 0xF0]
            }?.subject == "class 0")
    }

    @Test("counts above the bounds are refused")
    func bounds() throws {
        #expect(try Self.refusal { $0[0] = UInt32(RegexLimit.instructionCountMax) + 1 }?.code == .oversized)
        #expect(try Self.refusal { $0[1] = UInt32(RegexLimit.classCountMax) + 1 }?.code == .oversized)
        #expect(
            try Self.refusal {
                $0 += [UInt32](repeating: 0, count: RegexLimit.wordCountMax)
            }?.code == .oversized)
        let most = [RegexInstruction](repeating: .any, count: RegexLimit.instructionCountMax - 1)
        #expect(try RegexProgram(instructions: most + [.match], classes: []).instructionCount == most.count + 1)
        #expect(throws: RegexProgramError.self) {
            try RegexProgram(instructions: most + [.any, .match], classes: [])
        }
    }

    @Test("a header that states another beginning of a match than the instructions have is refused")
    func beginning() throws {
        for index in 2..<8 {
            #expect(try Self.refusal { $0[index] ^= 1 }?.code == .beginningMismatch, "word \(index)")
        }
    }

    @Test("a class joins ranges that touch, and its inverse holds exactly the others")
    func classes() {
        let set = RegexClass([5...9, 1...3, 4...4, 20...30, 25...40, 0x10_FFFF...UInt32.max])
        #expect(set.ranges == [1...9, 20...40, 0x10_FFFF...0x10_FFFF])
        #expect(set.count == 9 + 21 + 1)
        #expect(set.inverted().ranges == [0...0, 10...19, 41...0x10_FFFE])
        #expect(set.inverted().inverted() == set)
        #expect(set.union(set.inverted()) == .all && RegexClass().inverted() == .all)
        for value: UInt32 in 0..<50 { #expect(set.contains(value) != set.inverted().contains(value)) }
    }
}
