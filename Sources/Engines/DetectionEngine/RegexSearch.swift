/// Searches texts for a match of a regular expression: all ways to match are followed at once, one scalar of the text
/// after the other (Pike, in Cox 2009, "Regular Expression Matching: the Virtual Machine Approach"), without captures.
///
/// A step is one instruction at one place of the text, or one place itself. Nothing is allocated after `init`.
package struct RegexSearch: Sendable {
    /// Two lists of instructions, at this place and at the next, of `RegexLimit.instructionCountMax` each.
    private var lists: [UInt16]
    /// For each list, where an instruction was put on it last, as a number that no other place has.
    private var marks: [UInt64]
    private var lastPlace: UInt64 = 0

    package init() {
        lists = [UInt16](repeating: 0, count: 2 * RegexLimit.instructionCountMax)
        marks = [UInt64](repeating: 0, count: 2 * RegexLimit.instructionCountMax)
    }

    /// The most steps that a search takes: at each place, the end included, each instruction once and the place itself.
    package static func stepsMax(instructionCount: Int, textBytes: Int) -> UInt64 {
        (UInt64(textBytes) + 1) * (UInt64(instructionCount) + 1)
    }

    /// Whether a part of `text` matches. A byte of the text that is not UTF-8 counts as U+FFFD.
    ///
    /// - Parameters:
    ///   - words: The words of a program, which `RegexProgram.check` has taken.
    ///   - steps: The steps of this search are added.
    package mutating func matches(_ text: Span<UInt8>, _ words: Span<UInt32>, steps: inout UInt64) -> Bool {
        guard UInt64(text.count) >= UInt64(words[RegexLayout.scalarCountMinIndex]) else {
            steps &+= 1
            return false
        }
        var taken: UInt64 = 0
        defer { steps &+= taken }
        return Self.run(text, words, &lists, &marks, &lastPlace, &taken)
    }

    private static func run(
        _ text: Span<UInt8>, _ words: Span<UInt32>, _ lists: inout [UInt16], _ marks: inout [UInt64],
        _ lastPlace: inout UInt64, _ taken: inout UInt64
    ) -> Bool {
        let isAnchored = words[RegexLayout.isAnchoredIndex] != 0
        let beginning = RegexBitmap(words, at: RegexLayout.beginningIndex)
        var lists = lists.mutableSpan
        var marks = marks.mutableSpan
        var here = RegexPlace()
        var (base, count, place) = (0, 0, lastPlace &+ 1)
        defer { lastPlace = place &+ 1 }
        while true {
            if count == 0 {
                if isAnchored, here.position > 0 { return false }
                if !isAnchored { taken &+= here.skip(text, to: beginning) }
            }
            here.read(text)
            let other = RegexLimit.instructionCountMax - base
            if isAnchored ? here.position == 0 : here.next >= RegexLayout.firstBeyondBitmap || beginning[here.next] {
                put(0, on: base, &count, place, &lists, &marks)
            }
            var (index, otherCount) = (0, 0)
            while index < count {
                let instruction = Int(lists[base + index])
                index += 1
                let word = words[RegexLayout.headerWordCount + instruction]
                let operand = Int(word >> RegexOperation.operationBits)
                let goesOn: Bool
                switch word & RegexOperation.operationMask {
                case RegexOperation.match:
                    taken &+= UInt64(index) + 1
                    return true
                case RegexOperation.scalar...RegexOperation.anyButNewline:
                    if here.takes(word, words) {
                        put(instruction + 1, on: other, &otherCount, place &+ 1, &lists, &marks)
                    }
                    continue
                case RegexOperation.split:
                    put(operand, on: base, &count, place, &lists, &marks)
                    goesOn = true
                case RegexOperation.jump:
                    put(operand, on: base, &count, place, &lists, &marks)
                    goesOn = false
                default: goesOn = here.holds(word, words, textCount: text.count)
                }
                if goesOn { put(instruction + 1, on: base, &count, place, &lists, &marks) }
            }
            taken &+= UInt64(count) + 1
            guard here.advance() else { return false }
            (base, count, place) = (other, otherCount, place &+ 1)
        }
    }

    /// Puts an instruction on a list, unless it is there already.
    @inline(__always)
    private static func put(
        _ instruction: Int, on base: Int, _ count: inout Int, _ place: UInt64, _ lists: inout MutableSpan<UInt16>,
        _ marks: inout MutableSpan<UInt64>
    ) {
        guard marks[base + instruction] != place else { return }
        marks[base + instruction] = place
        lists[base + count] = UInt16(truncatingIfNeeded: instruction)
        count += 1
    }
}
