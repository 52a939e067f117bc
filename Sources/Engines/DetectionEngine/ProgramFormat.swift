import FleetModel

/// The bytes of a program. Every number is little endian.
///
///     "FBRK" | u16 format | u16 schema, 0 if open | u8 chaos | u8 is open | u16 0 | u32 length in bytes
///     u64 fixed steps | u64 steps per byte | u32 counts of each section | u8 classes [256] | sections
///
/// The sections come in the order of ``Section``, each of `u32` words; the texts, in bytes, are the last.
enum ProgramFormat {
    static let magic = Array("FBRK".utf8)
    static let version: UInt16 = 3
    static let headerBytes = 32 + 4 * Section.allCases.count + 256

    enum Offset {
        static let version = 4
        static let schema = 6
        static let chaos = 8
        static let isOpen = 9
        static let unused = 10
        static let length = 12
        static let fixedSteps = 16
        static let perByteSteps = 24
        static let counts = 32
        static let classes = 32 + 4 * Section.allCases.count
    }

    /// The tables of a program, each of records with a fixed number of words, but for the texts.
    enum Section: Int, CaseIterable, Sendable {
        /// text
        case fields
        /// base, parent, failure, output
        case nodes
        case outputs
        /// kind and eagerness, field, root
        case scanners
        /// operator, case, detail and order by bytes; field; operand; triggers
        case predicates
        /// predicate, on true, on false
        case instructions
        /// id, title, author, ``RuleFlags``, tags, code
        case rules
        /// group, renames
        case routes
        /// field, source
        case renames
        /// name, rules, predicates, scanners, always
        case groups
        case lists
        case operands
        /// version, prefix length, address in four words
        case networks
        /// text
        case tags
        case correlations
        case texts

        /// Words of a record; bytes of the texts.
        var recordWords: Int {
            switch self {
            case .fields, .renames, .tags: 2
            case .nodes: 4
            case .outputs, .lists, .operands, .correlations, .texts: 1
            case .scanners, .instructions, .routes: 3
            case .predicates: 6
            case .rules: 11
            case .groups: 10
            case .networks: 6
            }
        }

        /// Records at most, so that no program takes more memory than a worker has.
        var countMax: Int {
            switch self {
            case .fields: ProgramLimit.fieldCountMax
            case .nodes: ProgramLimit.nodeCountMax
            case .outputs, .lists, .operands: ProgramLimit.wordCountMax
            case .scanners: ProgramLimit.scannerCountMax
            case .predicates: ProgramLimit.predicateCountMax
            case .instructions: ProgramLimit.instructionCountMax
            case .rules, .routes, .renames: ProgramLimit.ruleCountMax
            case .groups: ProgramLimit.groupCountMax
            case .networks: ProgramLimit.predicateCountMax
            case .tags: ProgramLimit.tagCountMax
            case .correlations: ProgramLimit.wordCountMax
            case .texts: ProgramLimit.programBytesMax
            }
        }
    }

    /// The word for ``DetectionProgram/Instruction/accept``.
    static let accept = UInt32.max
    /// The word for ``DetectionProgram/Instruction/reject``.
    static let reject = UInt32.max - 1
}

/// The word of a rule or correlation that holds its level and flags:
///
///     bits 0-7 level | 8 set when only correlations use its matches | 9-11 response | 12-15 zero | 16-31 by record
struct RuleFlags {
    let level: RuleLevel
    let response: RuleResponse
    let isReported: Bool
    /// A correlation's kind; 0 for a rule.
    let upper: UInt32

    init(level: RuleLevel, response: RuleResponse, isReported: Bool, upper: UInt32 = 0) {
        (self.level, self.response, self.isReported, self.upper) = (level, response, isReported, upper)
    }

    /// Nil for a word that no builder writes.
    init?(word: UInt32) {
        guard let level = RuleLevel(rawValue: UInt8(truncatingIfNeeded: word)),
            let response = RuleResponse(rawValue: UInt8(word >> 9 & 0x7)), word >> 12 & 0xF == 0
        else { return nil }
        self.init(level: level, response: response, isReported: word & 1 << 8 == 0, upper: word >> 16)
    }

    var word: UInt32 {
        UInt32(level.rawValue) | (isReported ? 0 : 1 << 8) | UInt32(response.rawValue) << 9 | upper << 16
    }
}
