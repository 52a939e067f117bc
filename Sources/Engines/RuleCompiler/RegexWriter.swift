import DetectionEngine

/// Writes a tree as the instructions of Thompson (1968).
struct RegexWriter {
    private var instructions: [RegexInstruction] = []
    private var classes: [RegexClass] = []
    private var indexOfClass: [RegexClass: Int] = [:]

    /// Complexity: O(instructions), and `RegexLimit.instructionCountMax` at most: a repeat whose body writes nothing
    /// is written once.
    mutating func program(of node: RegexNode) throws(RegexSyntaxError) -> RegexProgram {
        try write(node)
        try append(.match)
        do {
            return try RegexProgram(instructions: instructions, classes: classes)
        } catch {
            throw RegexSyntaxError(.oversized, subject: "expression", message: error.message)
        }
    }

    private static func oversized(_ what: String) -> RegexSyntaxError {
        RegexSyntaxError(
            .oversized, subject: "expression",
            message: "\(what), where \(RegexLimit.instructionCountMax) instructions and \(RegexLimit.classCountMax) "
                + "classes are allowed; use smaller repeats, or wildcards")
    }

    private mutating func append(_ instruction: RegexInstruction) throws(RegexSyntaxError) {
        guard instructions.count < RegexLimit.instructionCountMax else {
            throw Self.oversized("it has too many instructions")
        }
        instructions.append(instruction)
    }

    private mutating func index(of set: RegexClass) throws(RegexSyntaxError) -> Int {
        if let index = indexOfClass[set] { return index }
        guard classes.count < RegexLimit.classCountMax else { throw Self.oversized("it has too many classes") }
        indexOfClass[set] = classes.count
        classes.append(set)
        return classes.count - 1
    }

    private mutating func write(_ node: RegexNode) throws(RegexSyntaxError) {
        switch node {
        case .empty: break
        case .scalar(let scalar): try append(.scalar(scalar))
        case .set(let set): try append(.oneOf(try index(of: set)))
        case .any: try append(.any)
        case .anyButNewline: try append(.anyButNewline)
        case .assert(let assertion): try append(.assert(assertion))
        case .boundary(let holds):
            let index = try index(of: RegexCharacters.wordCharacters)
            try append(.assert(holds ? .wordBoundary(index) : .notWordBoundary(index)))
        case .sequence(let parts): for part in parts { try write(part) }
        case .choice(let branches): try writeChoice(branches)
        case .repeated(let body, let least, let most): try writeRepeat(body, least: least, most: most)
        }
    }

    private mutating func writeChoice(_ branches: [RegexNode]) throws(RegexSyntaxError) {
        var jumps: [Int] = []
        for branch in branches.dropLast() {
            let split = instructions.count
            try append(.split(0))
            try write(branch)
            jumps.append(instructions.count)
            try append(.jump(0))
            instructions[split] = .split(instructions.count)
        }
        if let last = branches.last { try write(last) }
        for jump in jumps { instructions[jump] = .jump(instructions.count) }
    }

    private mutating func writeRepeat(_ body: RegexNode, least: Int, most: Int?) throws(RegexSyntaxError) {
        var start = instructions.count
        for _ in 0..<least {
            start = instructions.count
            try write(body)
            if instructions.count == start { return }
        }
        if most == least { return }
        var splits: [Int] = []
        if let most {
            for _ in least..<most {
                splits.append(instructions.count)
                try append(.split(0))
                try write(body)
                if splits.last == instructions.count - 1 { break }
            }
        } else {
            if least == 0 {
                splits.append(start)
                try append(.split(0))
                start = instructions.count
                try write(body)
            }
            try append(.split(start))
        }
        for split in splits { instructions[split] = .split(instructions.count) }
    }
}
