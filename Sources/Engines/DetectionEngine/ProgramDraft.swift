import FleetModel

/// Rules that are to become a program.
package struct ProgramDraft: Sendable {
    package var rules: [DraftRule]
    /// A fault to put into the program on purpose. Nil in every real program.
    package var chaos: ChaosMarker?

    package init(rules: [DraftRule], chaos: ChaosMarker? = nil) {
        self.rules = rules
        self.chaos = chaos
    }

    /// The program's bytes. The same rules, in whatever order, give the same bytes.
    ///
    /// - Throws: What the loader would say of the bytes: every program is loaded before it leaves.
    package func encoded() throws(ProgramError) -> [UInt8] {
        var writer = ProgramWriter()
        for rule in rules.sorted(by: Self.isBefore) { try writer.add(rule) }
        var bytes = writer.encoded(chaos: chaos)
        guard bytes.count <= ProgramLimit.programBytesMax else {
            throw ProgramError(
                .oversized, subject: "program",
                message: "\(bytes.count) bytes, where \(ProgramLimit.programBytesMax) are allowed; split the pack")
        }
        let (program, _) = try ProgramReader.read(bytes)
        for index in 0..<8 {
            bytes[ProgramFormat.HeaderOffset.costBound + index] =
                UInt8(truncatingIfNeeded: program.costBound >> UInt64(8 * index))
        }
        return bytes
    }

    /// By kind, then by id: texts are compared as bytes, so that no locale has a say.
    private static func isBefore(_ left: DraftRule, _ right: DraftRule) -> Bool {
        if left.kind != right.kind { return left.kind.rawValue < right.kind.rawValue }
        return left.metadata.id.utf8.lexicographicallyPrecedes(right.metadata.id.utf8)
    }
}

/// Writes the records of a program, section by section. Equal predicates and equal texts are written once.
private struct ProgramWriter {
    private var kinds: [(kind: EventKind, ruleCount: Int)] = []
    private var rules: [UInt8] = []
    private var ruleCount = 0
    private var predicates: [UInt8] = []
    private var predicateIndices: [Predicate: Int] = [:]
    private var instructions: [UInt8] = []
    private var tags: [UInt8] = []
    private var texts: [UInt8] = []
    private var textStarts: [[UInt8]: Int] = [:]

    mutating func add(_ rule: DraftRule) throws(ProgramError) {
        let metadata = rule.metadata
        for text in [metadata.id, metadata.title, metadata.author] { rules += reference(to: Array(text.utf8)) }
        rules.append(metadata.level.rawValue)
        rules.append(contentsOf: [0, 0, 0])
        rules.append(number: UInt32(truncatingIfNeeded: metadata.tags.count))
        rules.append(number: UInt32(truncatingIfNeeded: rule.code.instructions.count))
        for tag in metadata.tags { tags += reference(to: Array(tag.utf8)) }
        for instruction in rule.code.instructions {
            instructions.append(number: UInt32(index(of: instruction.predicate)))
            instructions.append(number: try jump(to: instruction.onTrue, in: rule))
            instructions.append(number: try jump(to: instruction.onFalse, in: rule))
        }
        ruleCount += 1
        if kinds.last?.kind == rule.kind {
            kinds[kinds.count - 1].ruleCount += 1
        } else {
            kinds.append((rule.kind, 1))
        }
    }

    /// The program with a cost bound of zero.
    func encoded(chaos: ChaosMarker?) -> [UInt8] {
        var kindRecords: [UInt8] = []
        for (kind, ruleCount) in kinds {
            kindRecords.append(contentsOf: [kind.rawValue, 0, 0, 0])
            kindRecords.append(number: UInt32(ruleCount))
        }
        let sections = [kindRecords, rules, predicates, instructions, tags, texts]
        let length = sections.reduce(ProgramFormat.headerBytes) { $0 + $1.count }
        var bytes = ProgramFormat.magic
        bytes.reserveCapacity(length)
        bytes.append(number: ProgramFormat.version)
        bytes.append(number: TelemetrySchema.version)
        bytes.append(contentsOf: [chaos?.rawValue ?? 0, 0, 0, 0])
        bytes.append(number: UInt64(0))
        let counts = [
            length, kinds.count, ruleCount, predicateIndices.count, instructions.count / ProgramFormat.instructionBytes,
            tags.count / ProgramFormat.tagBytes, texts.count, 0,
        ]
        // A count above 2^32 is of a program far above its limit, which `ProgramDraft.encoded` refuses by its length.
        for count in counts { bytes.append(number: UInt32(truncatingIfNeeded: count)) }
        for section in sections { bytes += section }
        return bytes
    }

    private mutating func index(of predicate: Predicate) -> Int {
        if let known = predicateIndices[predicate] { return known }
        let index = predicateIndices.count
        predicateIndices[predicate] = index
        let (test, operand) = predicate.test.encoding
        predicates.append(number: predicate.field.rawValue)
        predicates.append(test.rawValue)
        predicates.append(predicate.isCased ? ProgramFormat.casedFlag : 0)
        predicates += reference(to: operand)
        return index
    }

    private func jump(to target: RuleCode.Target, in rule: DraftRule) throws(ProgramError) -> UInt32 {
        switch target {
        case .accept: return ProgramFormat.accept
        case .reject: return ProgramFormat.reject
        case .instruction(let index):
            guard rule.code.instructions.indices.contains(index) else {
                throw ProgramError(
                    .malformed, subject: rule.metadata.id, message: "a jump leaves the rule; report this rule's source")
            }
            return UInt32(truncatingIfNeeded: index)
        }
    }

    private mutating func reference(to text: [UInt8]) -> [UInt8] {
        let start = textStarts[text] ?? texts.count
        if start == texts.count {
            textStarts[text] = start
            texts += text
        }
        return [UInt8](UInt32(truncatingIfNeeded: start)) + [UInt8](UInt32(truncatingIfNeeded: text.count))
    }
}

extension [UInt8] {
    /// The number's bytes, little endian.
    init(_ number: some FixedWidthInteger & UnsignedInteger) {
        self = []
        append(number: number)
    }

    mutating func append(number: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
