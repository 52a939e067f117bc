/// The bytes of a program. Every number is little endian; unused bytes are zero, so that a program has one form.
///
///     header       56 bytes  magic, format, schema, chaos, cost bound, length, counts
///     kinds         8 each   u8 kind, ascending | 3 zero | u32 rules
///     rules        36 each   id, title, author: text references | u8 level | 3 zero | u32 tags | u32 instructions
///     predicates   12 each   u16 field | u8 operator | u8 flags | bytes reference
///     instructions 12 each   u32 predicate | u32 on true | u32 on false
///     tags          8 each   text reference
///     bytes                  texts and operands; a reference is u32 offset, u32 length in here
///
/// Records carry counts, not offsets: rule 1's instructions follow those of rule 0, so that nothing can overlap or be
/// left out. A jump is the index of an instruction in its rule, or `accept` or `reject`.
enum ProgramFormat {
    /// The last two bytes tell a program that was mangled as text.
    static let magic: [UInt8] = [0x46, 0x42, 0x50, 0x52, 0x4F, 0x47, 0x0D, 0x0A]
    static let version: UInt16 = 1

    static let headerBytes = 56
    static let kindBytes = 8
    static let ruleBytes = 36
    static let predicateBytes = 12
    static let instructionBytes = 12
    static let tagBytes = 8

    /// The jump that ends a rule with a match.
    static let accept = UInt32.max
    /// The jump that ends a rule without one.
    static let reject = UInt32.max - 1

    /// The flag of a predicate for which case counts.
    static let casedFlag: UInt8 = 1

    /// Where the header's values are, in bytes from the start.
    enum HeaderOffset {
        static let version = 8
        static let schemaVersion = 10
        static let chaos = 12
        static let costBound = 16
        static let length = 24
        static let kinds = 28
        static let rules = 32
        static let predicates = 36
        static let instructions = 40
        static let tags = 44
        static let bytes = 48
    }

    /// Bytes of the operand of `inNetwork`: prefix length and address.
    static func networkBytes(isVersion6: Bool) -> Int { isVersion6 ? 17 : 5 }
}
