import FleetModel

extension DetectionProgram {
    /// Checks and loads a program, as if an enemy had written it: any bytes give a program that can be run for ever
    /// without harm, or an error.
    ///
    /// Complexity: O(bytes); memory at most about three times the bytes, and `ProgramLimit.tableEntryCountMax` entries.
    package init(loading bytes: [UInt8]) throws(ProgramError) {
        let (program, statedCost) = try ProgramReader.read(bytes)
        guard program.costBound == statedCost else {
            throw ProgramError(
                .costMismatch, subject: "header",
                message: "it states \(statedCost) steps an event, and its instructions take up to "
                    + "\(program.costBound); build the pack again")
        }
        self = program
    }
}

/// Reads the records of a program in order. What one method has checked, the next ones rely on.
struct ProgramReader {
    private let bytes: [UInt8]
    private var position = ProgramFormat.headerBytes
    private let header: Header
    /// Where texts and operands start, in bytes from the start of the program.
    private let textStart: Int
    private var table: [UInt16] = []
    private var integers: [Int64] = []
    private var networks: [AddressNetwork] = []

    /// Reads everything, and gives the cost that the header states beside the program with the cost that it has.
    static func read(_ bytes: [UInt8]) throws(ProgramError) -> (program: DetectionProgram, statedCost: UInt64) {
        var reader = try ProgramReader(bytes)
        let kinds = try reader.readKinds()
        let rules = try reader.readRules()
        let predicates = try reader.readPredicates()
        let instructions = try reader.readInstructions(of: rules, predicateCount: predicates.count)
        let tags = try reader.readTags(of: rules)
        var cost = ProgramCost.eventSteps
        for (kind, rulesOfKind) in kinds {
            let ofKind = try Self.cost(
                of: rulesOfKind.map { rules[$0] }, kind: kind, predicates: predicates, instructions: instructions)
            cost = max(cost, ofKind)
        }
        var rulesOfKinds = Array(repeating: 0..<0, count: 256)
        for (kind, rulesOfKind) in kinds { rulesOfKinds[Int(kind.rawValue)] = rulesOfKind }
        let program = DetectionProgram(
            chaos: reader.header.chaos, costBound: cost, bytes: bytes, rulesOfKinds: rulesOfKinds, rules: rules,
            predicates: predicates, instructions: instructions, tags: tags, table: reader.table,
            integers: reader.integers, networks: reader.networks)
        return (program, reader.header.costBound)
    }

    private init(_ bytes: [UInt8]) throws(ProgramError) {
        self.bytes = bytes
        header = try Header(bytes)
        textStart = bytes.count - header.textBytes
    }

    /// Rules of each kind, which follow each other.
    private mutating func readKinds() throws(ProgramError) -> [(EventKind, Range<Int>)] {
        var kinds: [(EventKind, Range<Int>)] = []
        var next = 0
        for _ in 0..<header.kindCount {
            guard let kind = EventKind(rawValue: byte()) else {
                throw malformed("kinds", "kind \(bytes[position - 1]) is not in the schema")
            }
            guard kinds.allSatisfy({ $0.0.rawValue < kind.rawValue }) else {
                throw malformed("kinds", "they do not ascend")
            }
            try zeros(3, subject: "kinds")
            let count = Int(number32())
            guard count > 0, count <= header.ruleCount - next else {
                throw malformed("kinds", "they have other rules than the program")
            }
            kinds.append((kind, next..<(next + count)))
            next += count
        }
        guard next == header.ruleCount else { throw malformed("kinds", "they have other rules than the program") }
        return kinds
    }

    private mutating func readRules() throws(ProgramError) -> [DetectionProgram.Rule] {
        var rules: [DetectionProgram.Rule] = []
        rules.reserveCapacity(header.ruleCount)
        var (nextTag, nextInstruction) = (0, 0)
        for index in 0..<header.ruleCount {
            let subject = "rule \(index)"
            let id = try text(bytesMax: ProgramLimit.ruleIDBytesMax, subject: subject)
            let title = try text(bytesMax: ProgramLimit.titleBytesMax, subject: subject)
            let author = try text(bytesMax: ProgramLimit.authorBytesMax, subject: subject)
            guard let level = RuleLevel(rawValue: byte()) else { throw malformed(subject, "its level is none") }
            try zeros(3, subject: subject)
            let tagCount = Int(number32())
            guard tagCount <= min(ProgramLimit.ruleTagCountMax, header.tagCount - nextTag) else {
                throw malformed(subject, "it has \(tagCount) tags")
            }
            let codeCount = Int(number32())
            let codeCountMax = min(ProgramLimit.ruleInstructionCountMax, header.instructionCount - nextInstruction)
            guard codeCount > 0, codeCount <= codeCountMax else {
                throw malformed(subject, "it has \(codeCount) instructions")
            }
            rules.append(
                DetectionProgram.Rule(
                    id: id, title: title, author: author, level: level,
                    tags: Int32(nextTag)..<Int32(nextTag + tagCount),
                    code: Int32(nextInstruction)..<Int32(nextInstruction + codeCount)))
            nextTag += tagCount
            nextInstruction += codeCount
        }
        guard nextTag == header.tagCount, nextInstruction == header.instructionCount else {
            throw malformed("rules", "they have other tags or instructions than the program")
        }
        return rules
    }

    private mutating func readInstructions(
        of rules: [DetectionProgram.Rule], predicateCount: Int
    ) throws(ProgramError) -> [DetectionProgram.Instruction] {
        var instructions: [DetectionProgram.Instruction] = []
        instructions.reserveCapacity(header.instructionCount)
        for (index, rule) in rules.enumerated() {
            for place in 0..<(rule.code.upperBound - rule.code.lowerBound) {
                let predicate = number32()
                guard predicate < predicateCount else {
                    throw malformed("rule \(index)", "instruction \(place) names predicate \(predicate)")
                }
                let onTrue = try target(from: place, in: rule.code, subject: index)
                let onFalse = try target(from: place, in: rule.code, subject: index)
                instructions.append(
                    DetectionProgram.Instruction(predicate: Int32(predicate), onTrue: onTrue, onFalse: onFalse))
            }
        }
        return instructions
    }

    /// A jump of the instruction at `place` in the rule, as an index in all instructions.
    private mutating func target(
        from place: Int32, in code: Range<Int32>, subject: Int
    ) throws(ProgramError) -> Int32 {
        let target = number32()
        switch target {
        case ProgramFormat.accept: return DetectionProgram.Instruction.accept
        case ProgramFormat.reject: return DetectionProgram.Instruction.reject
        default:
            guard target > UInt32(place), target < UInt32(code.count) else {
                throw malformed("rule \(subject)", "instruction \(place) jumps to \(target)")
            }
            return code.lowerBound + Int32(target)
        }
    }

    private mutating func readTags(
        of rules: [DetectionProgram.Rule]
    ) throws(ProgramError) -> [DetectionProgram.ByteRange] {
        var tags: [DetectionProgram.ByteRange] = []
        tags.reserveCapacity(header.tagCount)
        for index in 0..<header.tagCount {
            tags.append(try text(bytesMax: ProgramLimit.tagBytesMax, subject: "tag \(index)"))
        }
        return tags
    }

    /// The most steps that an event of this kind takes. Each predicate is tested once an event, whoever asks.
    private static func cost(
        of rules: [DetectionProgram.Rule], kind: EventKind, predicates: [DetectionProgram.LoadedPredicate],
        instructions: [DetectionProgram.Instruction]
    ) throws(ProgramError) -> UInt64 {
        let allowed = EventIndex.isFieldOfKind(kind)
        var isCounted = [Bool](repeating: false, count: predicates.count)
        var steps = ProgramCost.eventSteps
        for rule in rules {
            let code = instructions[Int(rule.code.lowerBound)..<Int(rule.code.upperBound)]
            steps += ProgramCost.longestWay(code)
            for number in code.map({ Int($0.predicate) }) where !isCounted[number] {
                isCounted[number] = true
                let predicate = predicates[number]
                guard allowed[Int(predicate.slot)] else {
                    throw ProgramError(
                        .malformed, subject: "predicate \(number)",
                        message: "the schema gives no field \(predicate.slot) to \(kind.category); build the pack again"
                    )
                }
                steps += ProgramCost.steps(of: predicate.test, operandBytes: Int(predicate.operand.count))
            }
        }
        return steps
    }
}

extension ProgramReader {
    private mutating func readPredicates() throws(ProgramError) -> [DetectionProgram.LoadedPredicate] {
        var predicates: [DetectionProgram.LoadedPredicate] = []
        predicates.reserveCapacity(header.predicateCount)
        for index in 0..<header.predicateCount {
            let subject = "predicate \(index)"
            let field = number16()
            guard EventField(rawValue: field) != nil else {
                throw malformed(subject, "field \(field) is not in the schema")
            }
            guard let test = Operator(rawValue: byte()) else { throw malformed(subject, "its operator is none") }
            let flags = byte()
            guard flags & ~ProgramFormat.casedFlag == 0 else { throw malformed(subject, "it has unknown flags") }
            let isCased = flags & ProgramFormat.casedFlag != 0
            let operand = try reference(bytesMax: ProgramLimit.operandBytesMax, subject: subject)
            let auxiliary = try auxiliary(of: test, operand: operand, isCased: isCased, subject: subject)
            predicates.append(
                DetectionProgram.LoadedPredicate(
                    test: test, isCased: isCased, slot: field, operand: operand, auxiliary: auxiliary))
        }
        return predicates
    }

    /// Checks an operand and builds what the search needs; gives its index.
    private mutating func auxiliary(
        of test: Operator, operand: DetectionProgram.ByteRange, isCased: Bool, subject: String
    ) throws(ProgramError) -> Int32 {
        let operand = bytes[operand.range]
        switch test {
        case .exists, .isNull:
            guard operand.isEmpty, !isCased else { throw malformed(subject, "it has an operand that is not read") }
            return 0
        case .equals, .startsWith, .endsWith, .contains:
            guard isCased || !operand.contains(where: TextFold.isUpperCase) else {
                throw malformed(subject, "its needle is in upper case, and case does not count")
            }
            guard test == .contains else { return 0 }
            return try addTable(TextSearch.table(for: operand), subject: subject)
        case .pattern:
            return try addTable(try patternCodes(operand, isCased: isCased, subject: subject), subject: subject)
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            guard operand.count == 8, !isCased else { throw malformed(subject, "its operand is no number") }
            integers.append(Int64(bitPattern: operand.reversed().reduce(0) { $0 << 8 | UInt64($1) }))
            return Int32(integers.count - 1)
        case .inNetwork:
            guard let network = Self.network(operand), !isCased else {
                throw malformed(subject, "its operand is no network")
            }
            networks.append(network)
            return Int32(networks.count - 1)
        }
    }

    private mutating func addTable(_ entries: [UInt16], subject: String) throws(ProgramError) -> Int32 {
        guard entries.count <= ProgramLimit.tableEntryCountMax - table.count else {
            throw ProgramError(
                .oversized, subject: subject,
                message: "search tables above \(ProgramLimit.tableEntryCountMax) entries; split the pack")
        }
        defer { table += entries }
        return Int32(table.count)
    }

    private func patternCodes(
        _ operand: ArraySlice<UInt8>, isCased: Bool, subject: String
    ) throws(ProgramError) -> [UInt16] {
        guard operand.count.isMultiple(of: 2) else { throw malformed(subject, "its pattern is cut") }
        var codes: [UInt16] = []
        codes.reserveCapacity(operand.count / 2)
        for index in stride(from: operand.startIndex, to: operand.endIndex, by: 2) {
            let code = UInt16(operand[index]) | UInt16(operand[index + 1]) << 8
            guard code <= Predicate.PatternElement.anyRunCode else { throw malformed(subject, "its pattern is none") }
            if code <= 0xFF, !isCased, TextFold.isUpperCase(UInt8(code)) {
                throw malformed(subject, "its pattern is in upper case, and case does not count")
            }
            if code == Predicate.PatternElement.anyRunCode, codes.last == code {
                throw malformed(subject, "its pattern has two wildcards in a row")
            }
            codes.append(code)
        }
        return codes
    }

    private static func network(_ operand: ArraySlice<UInt8>) -> AddressNetwork? {
        let isVersion6 = operand.count == ProgramFormat.networkBytes(isVersion6: true)
        guard isVersion6 || operand.count == ProgramFormat.networkBytes(isVersion6: false) else { return nil }
        let value = operand.dropFirst().reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        return AddressNetwork(
            address: NetworkAddress(isVersion6: isVersion6, value: value), prefixLength: Int(operand.first ?? 0))
    }
}

extension ProgramReader {
    // The counts of the header have been checked against the length: the records are there.

    private mutating func byte() -> UInt8 {
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func number16() -> UInt16 {
        defer { position += 2 }
        return UInt16(truncatingIfNeeded: bytes.littleEndian(at: position, bytes: 2))
    }

    private mutating func number32() -> UInt32 {
        defer { position += 4 }
        return UInt32(truncatingIfNeeded: bytes.littleEndian(at: position, bytes: 4))
    }

    private mutating func zeros(_ count: Int, subject: String) throws(ProgramError) {
        for _ in 0..<count where byte() != 0 { throw malformed(subject, "an unused byte is not zero") }
    }

    private mutating func reference(
        bytesMax: Int, subject: String
    ) throws(ProgramError) -> DetectionProgram.ByteRange {
        let (start, count) = (Int(number32()), Int(number32()))
        guard start <= header.textBytes, count <= header.textBytes - start else {
            throw malformed(subject, "it refers to bytes \(start) and \(count) more, of \(header.textBytes)")
        }
        guard count <= bytesMax else { throw malformed(subject, "\(count) bytes, where \(bytesMax) are allowed") }
        return DetectionProgram.ByteRange(start: Int32(textStart + start), count: Int32(count))
    }

    private mutating func text(bytesMax: Int, subject: String) throws(ProgramError) -> DetectionProgram.ByteRange {
        let range = try reference(bytesMax: bytesMax, subject: subject)
        guard String(validating: bytes[range.range], as: UTF8.self) != nil else {
            throw malformed(subject, "a text is not UTF-8")
        }
        return range
    }

    private func malformed(_ subject: String, _ what: String) -> ProgramError {
        ProgramError(.malformed, subject: subject, message: "\(what); build the pack again")
    }
}
