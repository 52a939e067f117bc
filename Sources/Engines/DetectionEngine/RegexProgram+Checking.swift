extension RegexProgram {
    /// Takes words that a search may run on any text within its bound, and refuses all others.
    ///
    /// Complexity: O(words); memory O(instructions).
    package static func check(_ words: Span<UInt32>) throws(RegexProgramError) {
        try checkParts(words)
        let instructionCount = Int(words[RegexLayout.instructionCountIndex])
        guard RegexBeginning(words, instructionCount: instructionCount).isStated(in: words) else {
            throw RegexProgramError(
                .beginningMismatch, subject: "header",
                message: "it states another beginning of a match than the instructions have; build the pack again")
        }
    }

    /// Everything but what the header derives from the instructions.
    static func checkParts(_ words: Span<UInt32>) throws(RegexProgramError) {
        guard words.count >= RegexLayout.headerWordCount else {
            throw RegexProgramError(
                .truncated, subject: "header",
                message: "\(words.count) of \(RegexLayout.headerWordCount) words; build the pack again")
        }
        let instructionCount = Int(words[RegexLayout.instructionCountIndex])
        let classCount = Int(words[RegexLayout.classCountIndex])
        guard words.count <= RegexLimit.wordCountMax, instructionCount <= RegexLimit.instructionCountMax,
            classCount <= RegexLimit.classCountMax
        else {
            throw RegexProgramError(
                .oversized, subject: "header",
                message: "\(instructionCount) instructions, \(classCount) classes and \(words.count) words, where "
                    + "\(RegexLimit.instructionCountMax), \(RegexLimit.classCountMax) and \(RegexLimit.wordCountMax) "
                    + "are allowed; make the expression smaller")
        }
        guard instructionCount > 0 else {
            throw RegexProgramError(
                .malformed, subject: "header", message: "there is no instruction; build the pack again")
        }
        guard instructionCount <= words.count - RegexLayout.headerWordCount else {
            throw RegexProgramError(
                .truncated, subject: "header",
                message: "\(instructionCount) instructions in \(words.count) words; build the pack again")
        }
        let starts = try classStarts(
            words, from: RegexLayout.headerWordCount + instructionCount, classCount: classCount)
        for index in 0..<instructionCount {
            let word = words[RegexLayout.headerWordCount + index]
            try checkInstruction(word, index, instructionCount: instructionCount, classStarts: starts)
        }
    }

    /// The indices of the words where classes begin, in order, after a check that nothing else follows the code.
    private static func classStarts(
        _ words: Span<UInt32>, from start: Int, classCount: Int
    ) throws(RegexProgramError) -> [Int] {
        var position = start
        var starts: [Int] = []
        for number in 0..<classCount {
            func refusal(_ code: RegexProgramError.Code, _ message: String) -> RegexProgramError {
                RegexProgramError(code, subject: "class \(number)", message: message + "; build the pack again")
            }
            starts.append(position)
            guard RegexLayout.classHeaderWordCount <= words.count - position else {
                throw refusal(.truncated, "the words end in it")
            }
            let rangeCount = Int(words[position + RegexLayout.bitmapWordCount])
            position += RegexLayout.classHeaderWordCount
            guard rangeCount <= (words.count - position) / 2 else {
                throw refusal(.truncated, "the words end before its \(rangeCount) ranges do")
            }
            var lowestAllowed = RegexLayout.firstBeyondBitmap
            for _ in 0..<rangeCount {
                let (first, last) = (words[position], words[position + 1])
                guard lowestAllowed <= first, first <= last, last <= RegexClass.lastValue else {
                    throw refusal(.malformed, "the range \(first) to \(last) is out of order or beyond Unicode")
                }
                lowestAllowed = last + 1
                position += 2
            }
        }
        guard position == words.count else {
            throw RegexProgramError(
                .malformed, subject: "end",
                message: "\(words.count - position) words follow the last class; build the pack again")
        }
        return starts
    }

    private static func checkInstruction(
        _ word: UInt32, _ index: Int, instructionCount: Int, classStarts: [Int]
    ) throws(RegexProgramError) {
        let operation = word & RegexOperation.operationMask
        let operand = Int(word >> RegexOperation.operationBits)
        let isSound =
            switch operation {
            case RegexOperation.scalar: Unicode.Scalar(UInt32(operand)) != nil
            case RegexOperation.oneOf, RegexOperation.wordBoundary, RegexOperation.notWordBoundary:
                contains(classStarts, operand)
            case RegexOperation.split, RegexOperation.jump: operand < instructionCount
            case RegexOperation.match...RegexOperation.lineEnd: operand == 0
            default: false
            }
        let goesOn = operation != RegexOperation.match && operation != RegexOperation.jump
        guard isSound, !goesOn || index + 1 < instructionCount else {
            throw RegexProgramError(
                .malformed, subject: "instruction \(index)",
                message: "operation \(operation) with operand \(operand) is none, or leads out of the program; build "
                    + "the pack again")
        }
    }

    /// Whether `value` is in a list that is in order.
    private static func contains(_ list: [Int], _ value: Int) -> Bool {
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low < list.count && list[low] == value
    }
}
