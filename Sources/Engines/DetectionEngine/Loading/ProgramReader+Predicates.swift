extension ProgramReader {
    func predicates(operands: [UInt32]) throws(ProgramError) -> [DetectionProgram.LoadedPredicate] {
        try records(.predicates) { cursor throws(ProgramError) in
            let head = try cursor.next()
            guard let test = Operator(rawValue: UInt8(truncatingIfNeeded: head)), head >> 9 & 0x7F == 0 else {
                throw cursor.malformed("its operator is none")
            }
            let predicate = DetectionProgram.LoadedPredicate(
                test: test, isCased: head & 1 << 8 != 0, detail: UInt8(truncatingIfNeeded: head >> 16),
                order: UInt8(truncatingIfNeeded: head >> 24), field: try field(&cursor),
                operand: try operand(of: test, &cursor), triggers: try cursor.part(of: header.count(.lists), "rules"))
            try check(predicate, operands, cursor)
            return predicate
        }
    }

    /// Where the operand of a test is: in which table depends on the test.
    private func operand(of test: Operator, _ cursor: inout WordCursor) throws(ProgramError) -> DetectionProgram.Part {
        switch test {
        case .found: return try cursor.part(of: header.count(.lists), "scanners")
        case .exists, .isNull: return try cursor.part(of: 0, "operand")
        case .equals, .startsWith, .endsWith, .contains:
            return try cursor.part(of: texts.count, countMax: ProgramLimit.operandBytesMax, "literal")
        case .pattern, .regex:
            return try cursor.part(of: header.count(.operands), countMax: ProgramLimit.operandWordsMax, "operand")
        case .number, .time: return try cursor.part(of: header.count(.operands), countMax: 3, "operand")
        case .inNetwork: return try cursor.part(of: header.count(.networks), countMax: 1, "network")
        case .field: return try cursor.part(of: header.count(.fields), countMax: 1, "field")
        }
    }

    private func check(
        _ predicate: DetectionProgram.LoadedPredicate, _ operands: [UInt32], _ cursor: WordCursor
    ) throws(ProgramError) {
        let part = predicate.operand
        let isValid: Bool
        switch predicate.test {
        case .found: isValid = part.count > 0 && predicate.field == DetectionProgram.anyValue
        case .exists, .isNull: isValid = predicate.field != DetectionProgram.anyValue
        case .equals, .startsWith, .endsWith, .contains: isValid = true
        case .pattern: isValid = Self.isPattern(operands[part.range])
        case .regex:
            do throws(RegexProgramError) {
                try RegexProgram.check(operands.span.extracting(part.range))
                isValid = true
            } catch {
                throw cursor.malformed("\(error.subject): \(error.message)")
            }
        case .number: isValid = DetectionNumber(operands[part.range]) != nil
        case .time:
            isValid =
                DetectionNumber(operands[part.range]) != nil && TimePart(rawValue: predicate.detail) != nil
                && predicate.field != DetectionProgram.anyValue
        case .inNetwork: isValid = part.count == 1
        case .field:
            isValid =
                part.count == 1 && FieldComparison(rawValue: predicate.detail) != nil
                && predicate.field != DetectionProgram.anyValue
        }
        guard isValid, NumberOrder(rawValue: predicate.order) != nil else {
            throw cursor.malformed("its operand is none")
        }
    }

    private static func isPattern(_ codes: ArraySlice<UInt32>) -> Bool {
        var last: UInt32 = 0
        for code in codes {
            guard code <= Predicate.PatternElement.anyRunCode,
                code != Predicate.PatternElement.anyRunCode || last != code
            else { return false }
            last = code
        }
        return true
    }

    /// Lists of scanners and rules: each names what belongs to the group that asks.
    func lists(
        groups: [DetectionProgram.Group], predicates: [DetectionProgram.LoadedPredicate]
    ) throws(ProgramError) -> [UInt32] {
        let lists = words(of: .lists)
        func check(_ part: DetectionProgram.Part, _ range: Range<Int>, _ name: String) throws(ProgramError) {
            guard lists[part.range].allSatisfy({ range.contains(Int($0)) }) else {
                throw malformed(.lists, "a \(name) of another group is at \(part.start)")
            }
        }
        for group in groups {
            try check(group.always, group.rules.range, "rule")
            for predicate in predicates[group.predicates.range] {
                try check(predicate.triggers, group.rules.range, "rule")
                if predicate.test == .found { try check(predicate.operand, group.scanners.range, "scanner") }
            }
        }
        return lists
    }

    /// Jumps lead forward and stay in their rule, so that every run ends.
    func instructions(
        rules: [DetectionProgram.Rule], groups: [DetectionProgram.Group]
    ) throws(ProgramError) -> [DetectionProgram.Instruction] {
        let words = words(of: .instructions)
        let count = words.count / 3
        func target(_ word: UInt32, after index: Int, in code: Range<Int>) -> Int32? {
            switch word {
            case ProgramFormat.accept: DetectionProgram.Instruction.accept
            case ProgramFormat.reject: DetectionProgram.Instruction.reject
            default: word > index && word < code.upperBound ? Int32(truncatingIfNeeded: word) : nil
            }
        }
        var instructions: [DetectionProgram.Instruction] = []
        instructions.reserveCapacity(count)
        for group in groups {
            for rule in rules[group.rules.range] {
                guard Int(rule.code.start) == instructions.count else {
                    throw malformed(.instructions, "they do not follow the rules")
                }
                for index in rule.code.range {
                    guard group.predicates.range.contains(Int(words[3 * index])),
                        let onTrue = target(words[3 * index + 1], after: index, in: rule.code.range),
                        let onFalse = target(words[3 * index + 2], after: index, in: rule.code.range)
                    else { throw malformed(.instructions, "instruction \(index) leads outside its rule") }
                    instructions.append(
                        DetectionProgram.Instruction(predicate: words[3 * index], onTrue: onTrue, onFalse: onFalse))
                }
            }
        }
        guard instructions.count == count else { throw malformed(.instructions, "some belong to no rule") }
        return instructions
    }
}
