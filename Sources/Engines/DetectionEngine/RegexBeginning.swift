/// What can be said of every match of a program: derived from its instructions by writer and check alike, so that a
/// search may trust the header.
struct RegexBeginning: Equatable {
    /// As `RegexLayout.scalarCountMinIndex`.
    private(set) var scalarCountMin = UInt32.max
    /// As `RegexLayout.isAnchoredIndex`.
    private(set) var isAnchored = true
    /// As `RegexLayout.beginningIndex`.
    private(set) var bitmap: [UInt32] = [0, 0, 0, 0]

    /// - Parameter words: A program whose instructions and classes have been checked, with any header.
    ///
    /// Complexity: O(instructions), since an instruction is reached first by the fewest scalars.
    init(_ words: Span<UInt32>, instructionCount: Int) {
        var isReached = [Bool](repeating: false, count: instructionCount)
        var reached: [Int] = [0]
        isReached[0] = true
        var scalarCount: UInt32 = 0
        while !reached.isEmpty, scalarCountMin == .max {
            var after: [Int] = []
            Self.close(&reached, &isReached, words, passesTextStart: true)
            for index in reached {
                let word = words[RegexLayout.headerWordCount + index]
                let operation = word & RegexOperation.operationMask
                if operation == RegexOperation.match { scalarCountMin = min(scalarCountMin, scalarCount) }
                guard Self.takesScalar(operation) else { continue }
                let taken = Self.bitmap(of: word, words)
                if scalarCount == 0 { for part in 0..<taken.count { bitmap[part] |= taken[part] } }
                if !isReached[index + 1] {
                    isReached[index + 1] = true
                    after.append(index + 1)
                }
            }
            reached = after
            scalarCount += 1
        }
        if scalarCountMin == 0 { bitmap = [.max, .max, .max, .max] }
        var free = [Bool](repeating: false, count: instructionCount)
        var withoutStart: [Int] = [0]
        free[0] = true
        Self.close(&withoutStart, &free, words, passesTextStart: false)
        isAnchored = !withoutStart.contains { index in
            let operation = words[RegexLayout.headerWordCount + index] & RegexOperation.operationMask
            return operation == RegexOperation.match || Self.takesScalar(operation)
        }
    }

    /// Whether the header of `words` says the same.
    func isStated(in words: Span<UInt32>) -> Bool {
        words[RegexLayout.scalarCountMinIndex] == scalarCountMin
            && words[RegexLayout.isAnchoredIndex] == (isAnchored ? 1 : 0)
            && bitmap.indices.allSatisfy { words[RegexLayout.beginningIndex + $0] == bitmap[$0] }
    }

    private static func takesScalar(_ operation: UInt32) -> Bool {
        (RegexOperation.scalar...RegexOperation.anyButNewline).contains(operation)
    }

    /// Adds to `reached` whatever is reached from it without taking a scalar, as if every assertion held.
    private static func close(
        _ reached: inout [Int], _ isReached: inout [Bool], _ words: Span<UInt32>, passesTextStart: Bool
    ) {
        var position = 0
        while position < reached.count {
            let index = reached[position]
            position += 1
            let word = words[RegexLayout.headerWordCount + index]
            let operation = word & RegexOperation.operationMask
            var targets: [Int] = []
            switch operation {
            case RegexOperation.split: targets = [index + 1, Int(word >> RegexOperation.operationBits)]
            case RegexOperation.jump: targets = [Int(word >> RegexOperation.operationBits)]
            case RegexOperation.textStart: targets = passesTextStart ? [index + 1] : []
            case RegexOperation.textEnd...RegexOperation.notWordBoundary: targets = [index + 1]
            default: break
            }
            for target in targets where !isReached[target] {
                isReached[target] = true
                reached.append(target)
            }
        }
    }

    /// The ASCII scalars that an instruction takes.
    private static func bitmap(of word: UInt32, _ words: Span<UInt32>) -> [UInt32] {
        let operand = word >> RegexOperation.operationBits
        var bitmap: [UInt32] = [0, 0, 0, 0]
        switch word & RegexOperation.operationMask {
        case RegexOperation.any: return [.max, .max, .max, .max]
        case RegexOperation.anyButNewline: return [~(1 << 10), .max, .max, .max]
        case RegexOperation.oneOf:
            for part in 0..<RegexLayout.bitmapWordCount { bitmap[part] = words[Int(operand) + part] }
        default:
            if operand < RegexLayout.firstBeyondBitmap { bitmap[Int(operand >> 5)] = 1 << (operand & 31) }
        }
        return bitmap
    }
}
