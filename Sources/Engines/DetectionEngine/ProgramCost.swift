import FleetModel

/// The price of an evaluation in steps: about one step for each byte looked at or instruction run. The writer states
/// it, the loader computes it again, and the interpreter never exceeds it.
enum ProgramCost {
    /// Steps before any rule runs: reading the event, and folding each text once.
    static let eventSteps = UInt64(EventCoding.eventBytesMax + EventIndex.slotCount)
    /// Bytes of the longest `Int64` in decimal digits.
    static let integerTextBytesMax = 20
    /// Bytes of the longest text that a test sees.
    private static let textBytesMax = UInt64(EventCoding.textBytesMax)

    /// The most steps that one test takes, whatever the event.
    static func steps(of test: Operator, operandBytes: Int) -> UInt64 {
        let operand = UInt64(operandBytes)
        // A text test of an integer writes its digits first.
        let start = 1 + UInt64(integerTextBytesMax)
        return switch test {
        case .exists, .isNull: 1
        case .equals, .startsWith, .endsWith: start + operand
        // Knuth, Morris and Pratt: each step takes a byte of the text or goes back over one that was taken.
        case .contains: start + 2 * textBytesMax
        // Each byte of the text may begin an attempt that looks at each element; see `PatternSearch`.
        case .pattern: start + (textBytesMax + 1) * (operand / 2 + 1)
        case .less, .lessOrEqual, .greater, .greaterOrEqual: start + UInt64(integerTextBytesMax)
        case .inNetwork: start + UInt64(NetworkAddress.textBytesMax)
        }
    }

    /// The longest way through one rule, in instructions. `code` is the rule's part of all instructions.
    static func longestWay(_ code: ArraySlice<DetectionProgram.Instruction>) -> UInt64 {
        var longest = [UInt64](repeating: 0, count: code.count)
        // Jumps go forward, so that backwards every target is known.
        for place in code.indices.reversed() {
            let instruction = code[place]
            func way(from target: Int32) -> UInt64 { target >= 0 ? longest[Int(target) - code.startIndex] : 0 }
            longest[place - code.startIndex] = 1 + max(way(from: instruction.onTrue), way(from: instruction.onFalse))
        }
        return longest.first ?? 0
    }
}
