package import FleetModel

/// A rule as a decision diagram: each instruction tests one predicate and goes on to a later instruction, or ends.
///
/// There is no other instruction. Targets lie after the instruction that names them, so that running ends after at
/// most `count` steps, and the longest way is known before anything runs.
package struct RuleCode: Hashable, Sendable {
    /// Begins at index 0. Never empty in a program.
    package var instructions: [Instruction]

    package init(instructions: [Instruction]) { self.instructions = instructions }

    /// The most steps that the rule takes alone: its longest way, and each of its tests once.
    package var costBound: UInt64 {
        let tests = Set(instructions.map(\.predicate)).reduce(0 as UInt64) { sum, predicate in
            let (test, operand) = predicate.test.encoding
            return sum + ProgramCost.steps(of: test, operandBytes: operand.count)
        }
        var longest = Array(repeating: 0 as UInt64, count: instructions.count)
        for (index, instruction) in instructions.enumerated().reversed() {
            func way(from target: Target) -> UInt64 {
                if case .instruction(let next) = target, longest.indices.contains(next) { longest[next] } else { 0 }
            }
            longest[index] = 1 + max(way(from: instruction.onTrue), way(from: instruction.onFalse))
        }
        return tests + (longest.first ?? 0)
    }

    package struct Instruction: Hashable, Sendable {
        package var predicate: Predicate
        package var onTrue: Target
        package var onFalse: Target

        package init(_ predicate: Predicate, onTrue: Target, onFalse: Target) {
            self.predicate = predicate
            self.onTrue = onTrue
            self.onFalse = onFalse
        }
    }

    /// Where a rule goes on.
    package enum Target: Hashable, Sendable {
        /// The instruction with this index in the rule, after the one that names it.
        case instruction(Int)
        /// The rule matches.
        case accept
        /// The rule does not match.
        case reject
    }
}

/// A rule, ready to be put into a program.
package struct DraftRule: Hashable, Sendable {
    package var metadata: RuleMetadata
    package var kind: EventKind
    package var code: RuleCode

    package init(metadata: RuleMetadata, kind: EventKind, code: RuleCode) {
        self.metadata = metadata
        self.kind = kind
        self.code = code
    }
}
