/// One instruction of a regular expression's program, before it is a word.
///
/// A program is the automaton of Thompson (1968). Unless it says otherwise, an instruction goes on to the next one.
package enum RegexInstruction: Hashable, Sendable {
    /// The text matches.
    case match
    /// Takes this scalar.
    case scalar(Unicode.Scalar)
    /// Takes a scalar of the class with this index.
    case oneOf(Int)
    /// Takes any scalar.
    case any
    /// Takes any scalar but U+000A.
    case anyButNewline
    /// Goes on to the next instruction and to this one.
    case split(Int)
    /// Goes on to this instruction alone.
    case jump(Int)
    /// Goes on where this holds.
    case assert(RegexAssertion)
}

/// What may be asked of a place between two scalars (Python 3, `re`, "Regular Expression Syntax").
package enum RegexAssertion: Hashable, Sendable {
    /// The beginning of the text: `\A`, and `^` without the flag m.
    case textStart
    /// The end of the text: `\Z` and `\z`.
    case textEnd
    /// The end of the text, or before a U+000A that ends it: `$` without the flag m.
    case lastLineEnd
    /// The beginning of the text, or after a U+000A: `^` with the flag m.
    case lineStart
    /// The end of the text, or before a U+000A: `$` with the flag m.
    case lineEnd
    /// One side has a scalar of the class with this index, the other has not: `\b`.
    case wordBoundary(Int)
    /// Both sides have a scalar of the class with this index, or neither has: `\B`.
    case notWordBoundary(Int)
}

/// The operations of words. A word has its operation in the lowest 4 bits and its operand in the 28 above.
enum RegexOperation {
    /// Operand 0.
    static let match: UInt32 = 0
    /// Operand: the value of a scalar.
    static let scalar: UInt32 = 1
    /// Operand: index of the word where the class begins.
    static let oneOf: UInt32 = 2
    /// Operand 0.
    static let any: UInt32 = 3
    /// Operand 0.
    static let anyButNewline: UInt32 = 4
    /// Operand: index of an instruction.
    static let split: UInt32 = 5
    /// Operand: index of an instruction.
    static let jump: UInt32 = 6
    /// Operand 0, and so to `lineEnd`.
    static let textStart: UInt32 = 7
    static let textEnd: UInt32 = 8
    static let lastLineEnd: UInt32 = 9
    static let lineStart: UInt32 = 10
    static let lineEnd: UInt32 = 11
    /// Operand: index of the word where the class of word scalars begins.
    static let wordBoundary: UInt32 = 12
    /// Operand: as of `wordBoundary`.
    static let notWordBoundary: UInt32 = 13

    static let operationBits: UInt32 = 4
    static let operationMask: UInt32 = (1 << operationBits) - 1

    static func word(_ operation: UInt32, _ operand: Int = 0) -> UInt32 {
        operation | UInt32(truncatingIfNeeded: operand) << operationBits
    }
}

/// Where the parts of a program's words are. After the header come the instructions, and after them the classes.
///
/// A class is the bitmap of its ASCII members, the number of its other ranges, and the first and last value of each.
enum RegexLayout {
    static let instructionCountIndex = 0
    static let classCountIndex = 1
    /// Fewest scalars of a text that matches; `UInt32.max` when none can.
    static let scalarCountMinIndex = 2
    /// 1 when a match can only begin at the beginning of the text, 0 otherwise.
    static let isAnchoredIndex = 3
    /// Bitmap of the ASCII scalars with which a match may begin; all when a match may be empty.
    static let beginningIndex = 4
    static let headerWordCount = 8
    /// Words of a bitmap of 128 bits.
    static let bitmapWordCount = 4
    /// Words of a class before its ranges.
    static let classHeaderWordCount = 5
    /// The first scalar that has no bit in a bitmap.
    static let firstBeyondBitmap: UInt32 = 128
}
