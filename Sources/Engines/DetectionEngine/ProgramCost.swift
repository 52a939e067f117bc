import FleetModel

/// The price of an evaluation in steps, about one for each byte looked at or instruction run, as a straight line in the
/// bytes of the event. The writer states it, the loader computes it again, and the interpreter never exceeds it.
package struct ProgramCost: Hashable, Sendable {
    /// Steps whatever the event's length.
    package var fixed: UInt64
    /// Steps for each byte of the event.
    package var perByte: UInt64

    package init(fixed: UInt64, perByte: UInt64) {
        self.fixed = fixed
        self.perByte = perByte
    }

    package func steps(eventBytes: Int) -> UInt64 {
        let (product, overflow) = perByte.multipliedReportingOverflow(by: UInt64(max(0, eventBytes)))
        let (sum, overflowOfSum) = product.addingReportingOverflow(fixed)
        return overflow || overflowOfSum ? .max : sum
    }

    /// Steps for each byte before any rule runs: reading, writing texts without escapes, putting letters beyond ASCII
    /// into lower case.
    static let decodingPerByte: UInt64 = 8

    static func + (left: ProgramCost, right: ProgramCost) -> ProgramCost {
        ProgramCost(fixed: left.fixed &+ right.fixed, perByte: left.perByte &+ right.perByte)
    }
}

extension ProgramCost {
    /// Steps of a number as text at most: the longest `Int64`, or a real.
    static let numberTextBytesMax = 32

    /// What one test costs, whatever the event. `operandCount` is bytes of a literal or words of another operand.
    static func of(_ test: Operator, operandCount: Int) -> ProgramCost {
        let operand = UInt64(operandCount)
        return switch test {
        case .found, .exists, .isNull: ProgramCost(fixed: 1, perByte: 0)
        // Each element of a list is compared with the operand, and costs a byte of the event at least.
        case .equals, .startsWith, .endsWith: ProgramCost(fixed: 1 + operand, perByte: 1 + min(operand, 1))
        // Each place may begin an attempt that looks at each byte of the needle.
        case .contains: ProgramCost(fixed: 1 + operand, perByte: 2 + operand)
        // Each byte of the text may begin an attempt that looks at each element; see `PatternSearch`.
        case .pattern: ProgramCost(fixed: 2 + operand, perByte: 2 + operand)
        case .regex:
            ProgramCost(
                fixed: RegexSearch.stepsMax(instructionCount: operandCount, textBytes: 1),
                perByte: RegexSearch.stepsMax(instructionCount: operandCount, textBytes: 1))
        case .number, .inNetwork, .time: ProgramCost(fixed: 64, perByte: 2)
        case .field: ProgramCost(fixed: 64, perByte: fieldComparisonPerByte)
        }
    }

    /// Steps for each byte of comparing two fields with each other: elements of lists are compared pair by pair, up to
    /// `EventRecord.fieldPairCountMax` pairs.
    static let fieldComparisonPerByte: UInt64 = 2 * UInt64(EventRecord.fieldPairCountMax)

    /// What a scanner costs, without its outputs.
    static func of(_ kind: ScanKind) -> ProgramCost {
        // Each byte takes one child or failure, and no more failures than children were taken.
        ProgramCost(fixed: 4, perByte: kind == .substrings ? 3 : 2)
    }

    /// The longest way through one rule, in instructions.
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
