/// The tables from which the cost of a program follows.
struct ProgramParts {
    let scanners: [DetectionProgram.Scanner]
    let outputs: [UInt32]
    let predicates: [DetectionProgram.LoadedPredicate]
    let instructions: [DetectionProgram.Instruction]
    let rules: [DetectionProgram.Rule]
    let groups: [DetectionProgram.Group]
    let routes: [DetectionProgram.Route]
    let renames: [DetectionProgram.Rename]
    let operands: [UInt32]

    /// The most that an event costs: it may belong to the dearest groups, as many as are taken.
    var cost: ProgramCost {
        var costs = groups.dropFirst().indices.map { cost(ofGroup: $0) }
        costs.sort { $0.steps(eventBytes: 1 << 16) > $1.steps(eventBytes: 1 << 16) }
        let routing = groups.isEmpty ? ProgramCost(fixed: 0, perByte: 0) : cost(ofGroup: 0)
        let decoding = ProgramCost(fixed: 64, perByte: ProgramCost.decodingPerByte)
        return costs.prefix(ProgramLimit.groupsPerEventMax).reduce(routing + decoding, +)
    }

    /// Each byte of an event belongs to one field, so that only the dearest field counts; every byte may count once more
    /// for what looks at any value.
    private func cost(ofGroup index: Int) -> ProgramCost {
        let group = groups[index]
        var fixed: UInt64 = 8
        var perByte: [UInt32: UInt64] = [:]
        for scanner in scanners[group.scanners.range] {
            let cost = ProgramCost.of(scanner.kind)
            fixed &+= cost.fixed
            // What looks at any value looks at the whole event first.
            let walks: UInt64 = scanner.field == DetectionProgram.anyValue ? 2 : 1
            perByte[scanner.field, default: 0] &+= walks &* cost.perByte
        }
        for predicate in predicates[group.predicates.range] {
            let cost = ProgramCost.of(predicate.test, operandCount: operandCount(of: predicate))
            // Once for each list that names it, and the rules that it triggers.
            fixed &+= cost.fixed &+ UInt64(predicate.triggers.count)
            if predicate.test != .found { perByte[predicate.field, default: 0] &+= cost.perByte }
            if predicate.test == .field { perByte[predicate.operand.start, default: 0] &+= cost.perByte }
        }
        for rule in rules[group.rules.range] { fixed &+= 1 &+ ProgramCost.longestWay(instructions[rule.code.range]) }
        fixed &+= UInt64(group.always.count) &+ outputWords(of: group)
        let anyValue = perByte.removeValue(forKey: DetectionProgram.anyValue) ?? 0
        // A text may be half as long again without case, and twice as long as JSON writes its backslashes.
        return ProgramCost(fixed: fixed, perByte: (dearest(perByte, ofGroup: index) &+ anyValue) * 2)
    }

    /// Steps for a byte of the dearest field, looked at under every name that renames may give it.
    private func dearest(_ perByte: [UInt32: UInt64], ofGroup index: Int) -> UInt64 {
        var dearest = perByte.values.max() ?? 0
        for route in routes where route.group == index && route.renames.count > 0 {
            var sums = perByte
            // A field gets what its source has by then, so that what a name adds is known from the end backwards.
            for rename in renames[route.renames.range].reversed() where rename.field != rename.source {
                let sum = (sums[rename.source] ?? 0) &+ (sums[rename.field] ?? 0)
                sums[rename.source] = min(sum, Self.perByteMax)
            }
            dearest = max(dearest, sums.values.max() ?? 0)
        }
        return min(dearest, Self.perByteMax)
    }

    /// Steps for a byte: what is above is more than any event can take, and sums of it still fit.
    private static let perByteMax: UInt64 = 1 << 48

    private func operandCount(of predicate: DetectionProgram.LoadedPredicate) -> Int {
        guard predicate.test == .regex else { return Int(predicate.operand.count) }
        // The words have been checked.
        return Int(operands[Int(predicate.operand.start) + RegexLayout.instructionCountIndex])
    }

    /// Words of the lists that name a predicate of the group: each list counts once an event.
    private func outputWords(of group: DetectionProgram.Group) -> UInt64 {
        let range = group.predicates.range
        return outputSums[range.upperBound] &- outputSums[range.lowerBound]
    }

    /// By predicate: words of lists that begin with a predicate below it.
    private let outputSums: [UInt64]

    init(
        scanners: [DetectionProgram.Scanner], outputs: [UInt32], predicates: [DetectionProgram.LoadedPredicate],
        instructions: [DetectionProgram.Instruction], rules: [DetectionProgram.Rule],
        groups: [DetectionProgram.Group], routes: [DetectionProgram.Route], renames: [DetectionProgram.Rename],
        operands: [UInt32]
    ) {
        (self.scanners, self.outputs, self.predicates) = (scanners, outputs, predicates)
        (self.instructions, self.rules, self.groups) = (instructions, rules, groups)
        (self.routes, self.renames, self.operands) = (routes, renames, operands)
        var sums = Array(repeating: UInt64(0), count: predicates.count + 1)
        var position = 1
        while position < outputs.count {
            let count = Int(outputs[position])
            if count > 0 { sums[Int(outputs[position + 2]) + 1] &+= UInt64(count + 2) }
            position += 2 + count
        }
        for index in sums.indices.dropFirst() { sums[index] &+= sums[index - 1] }
        outputSums = sums
    }
}
