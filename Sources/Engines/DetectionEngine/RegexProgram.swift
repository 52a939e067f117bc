/// A regular expression over Unicode scalars as a flat sequence of words, which a search runs without going back.
///
/// Invariant: `check` takes the words, so that a search over them stays within `RegexSearch.stepsMax` on any text.
package struct RegexProgram: Hashable, Sendable {
    /// As `RegexLayout` describes.
    package let words: [UInt32]

    package var instructionCount: Int { Int(words[RegexLayout.instructionCountIndex]) }

    /// Takes words as if an enemy had written them.
    package init(checking words: [UInt32]) throws(RegexProgramError) {
        try Self.check(words.span)
        self.words = words
    }

    /// Writes instructions down.
    ///
    /// - Parameters:
    ///   - instructions: The last one is `match` or `jump`; targets are indices into them.
    ///   - classes: What the indices in `oneOf` and in word boundaries mean.
    package init(instructions: [RegexInstruction], classes: [RegexClass]) throws(RegexProgramError) {
        var tables: [UInt32] = []
        var starts: [Int] = []
        for set in classes {
            starts.append(RegexLayout.headerWordCount + instructions.count + tables.count)
            tables += Self.table(of: set)
        }
        var words = [UInt32](repeating: 0, count: RegexLayout.headerWordCount)
        for (index, instruction) in instructions.enumerated() {
            guard let word = Self.word(of: instruction, starts) else {
                throw RegexProgramError(
                    .malformed, subject: "instruction \(index)",
                    message: "it names a class or an instruction that is not there; this is a fault of the compiler")
            }
            words.append(word)
        }
        words[RegexLayout.instructionCountIndex] = UInt32(instructions.count)
        words[RegexLayout.classCountIndex] = UInt32(classes.count)
        words += tables
        try Self.checkParts(words.span)
        let beginning = RegexBeginning(words.span, instructionCount: instructions.count)
        words[RegexLayout.scalarCountMinIndex] = beginning.scalarCountMin
        words[RegexLayout.isAnchoredIndex] = beginning.isAnchored ? 1 : 0
        for (part, bits) in beginning.bitmap.enumerated() { words[RegexLayout.beginningIndex + part] = bits }
        self.words = words
    }

    private static func table(of set: RegexClass) -> [UInt32] {
        var bitmap = [UInt32](repeating: 0, count: RegexLayout.bitmapWordCount)
        for value in 0..<RegexLayout.firstBeyondBitmap where set.contains(value) {
            bitmap[Int(value >> 5)] |= 1 << (value & 31)
        }
        let ranges = set.ranges.filter { $0.upperBound >= RegexLayout.firstBeyondBitmap }
        return bitmap + [UInt32(ranges.count)]
            + ranges.flatMap { [max($0.lowerBound, RegexLayout.firstBeyondBitmap), $0.upperBound] }
    }

    /// Nil when the instruction has an index below 0 or, for a class, beyond the classes.
    private static func word(of instruction: RegexInstruction, _ starts: [Int]) -> UInt32? {
        func classWord(_ operation: UInt32, _ index: Int) -> UInt32? {
            starts.indices.contains(index) ? RegexOperation.word(operation, starts[index]) : nil
        }
        func targetWord(_ operation: UInt32, _ target: Int) -> UInt32? {
            (0..<RegexLimit.instructionCountMax).contains(target) ? RegexOperation.word(operation, target) : nil
        }
        switch instruction {
        case .match: return RegexOperation.word(RegexOperation.match)
        case .scalar(let scalar): return RegexOperation.word(RegexOperation.scalar, Int(scalar.value))
        case .oneOf(let index): return classWord(RegexOperation.oneOf, index)
        case .any: return RegexOperation.word(RegexOperation.any)
        case .anyButNewline: return RegexOperation.word(RegexOperation.anyButNewline)
        case .split(let target): return targetWord(RegexOperation.split, target)
        case .jump(let target): return targetWord(RegexOperation.jump, target)
        case .assert(.textStart): return RegexOperation.word(RegexOperation.textStart)
        case .assert(.textEnd): return RegexOperation.word(RegexOperation.textEnd)
        case .assert(.lastLineEnd): return RegexOperation.word(RegexOperation.lastLineEnd)
        case .assert(.lineStart): return RegexOperation.word(RegexOperation.lineStart)
        case .assert(.lineEnd): return RegexOperation.word(RegexOperation.lineEnd)
        case .assert(.wordBoundary(let index)): return classWord(RegexOperation.wordBoundary, index)
        case .assert(.notWordBoundary(let index)): return classWord(RegexOperation.notWordBoundary, index)
        }
    }
}
