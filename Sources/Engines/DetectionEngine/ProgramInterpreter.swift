package import FleetModel

/// Runs a program over events, one after the other.
///
/// Total: any bytes are evaluated or refused. Bounded: at most `program.costBound` steps an event, and no memory but
/// what the initialiser takes (some 70 KiB and four bytes a predicate), the matches handed out aside.
package struct ProgramInterpreter: Sendable {
    package let program: DetectionProgram

    private var index = EventIndex()
    /// Texts in lower case where they lie in the event, then room for the digits of each slot's integer.
    private var scratch: [UInt8]
    /// By slot, the event for which `scratch` holds its text.
    private var foldedAt: [UInt32]
    /// By predicate, twice the number of the event for which it was tested, plus 1 when it held.
    private var results: [UInt32]
    /// The number of the event in hand, from 1.
    private var serial: UInt32 = 0
    private var steps: UInt64 = 0

    package init(_ program: DetectionProgram) {
        self.program = program
        scratch = Array(
            repeating: 0, count: EventCoding.eventBytesMax + EventIndex.slotCount * ProgramCost.integerTextBytesMax)
        foldedAt = Array(repeating: 0, count: EventIndex.slotCount)
        results = Array(repeating: 0, count: program.predicates.count)
    }

    /// Evaluates one encoded event (`EventCoding`) and hands each match to `onMatch`, ascending by the rules' place in
    /// the program.
    ///
    /// - Returns: How many rules matched and how many steps it took; or why the bytes were no event, and then nothing
    ///   was handed out.
    package mutating func evaluate(_ event: Span<UInt8>, onMatch: (DetectionMatch) -> Void) -> Evaluation {
        var evaluation = Evaluation()
        do {
            try index.read(event)
        } catch {
            evaluation.refusal = error
            return evaluation
        }
        beginEvent()
        for number in program.rulesOfKinds[Int(index.kind.rawValue)] where run(program.rules[number], event) {
            evaluation.matchCount += 1
            onMatch(DetectionMatch(rule: program.metadata(ofRule: number), fields: fields(of: number, event)))
        }
        evaluation.steps = steps
        return evaluation
    }

    /// The matches of one event, encoded first as an agent would. For checks of rules, where speed does not matter.
    package mutating func matches(of event: TelemetryEvent) -> [DetectionMatch] {
        var matches: [DetectionMatch] = []
        _ = evaluate(EventCoding.encode(event).span) { matches.append($0) }
        return matches
    }

    private mutating func beginEvent() {
        steps = UInt64(EventIndex.slotCount)
        // Twice the serial must fit: when it no longer does, no old result may be taken for a new one.
        if serial >= UInt32.max / 2 - 1 {
            serial = 0
            for place in foldedAt.indices { foldedAt[place] = 0 }
            for place in results.indices { results[place] = 0 }
        }
        serial += 1
    }

    /// Follows the rule's diagram. Jumps go forward only, as the loader has checked, so that this ends.
    private mutating func run(_ rule: DetectionProgram.Rule, _ event: Span<UInt8>) -> Bool {
        var place = rule.code.lowerBound
        while place >= 0 {
            steps &+= 1
            let instruction = program.instructions[Int(place)]
            place = holds(instruction.predicate, event) ? instruction.onTrue : instruction.onFalse
        }
        return place == DetectionProgram.Instruction.accept
    }

    /// The fields whose tests held on the way that the rule just took.
    private mutating func fields(of rule: Int, _ event: Span<UInt8>) -> [DetectionMatch.Field] {
        var slots = Set<UInt16>()
        var place = program.rules[rule].code.lowerBound
        while place >= 0 {
            let instruction = program.instructions[Int(place)]
            // The way has been walked: every result is known, and none is tested again.
            let held = holds(instruction.predicate, event)
            if held { slots.insert(program.predicates[Int(instruction.predicate)].slot) }
            place = held ? instruction.onTrue : instruction.onFalse
        }
        return slots.sorted().compactMap { slot in
            guard let field = EventField(rawValue: slot), let value = index.slot(of: field).value(in: event) else {
                return nil
            }
            return DetectionMatch.Field(field: field, value: value)
        }
    }

    private mutating func holds(_ predicate: Int32, _ event: Span<UInt8>) -> Bool {
        let place = Int(predicate)
        let known = results[place]
        if known >> 1 == serial { return known & 1 == 1 }
        let held = test(program.predicates[place], event)
        results[place] = serial << 1 | (held ? 1 : 0)
        return held
    }

    private mutating func test(_ predicate: DetectionProgram.LoadedPredicate, _ event: Span<UInt8>) -> Bool {
        steps &+= 1
        let slot = index.slots[Int(predicate.slot)]
        switch predicate.test {
        case .exists: return slot.content != .absent
        case .isNull: return slot.content == .absent || slot.content == .null
        default: break
        }
        switch slot.content {
        case .absent, .null:
            return false
        case .text where predicate.isCased:
            return test(predicate, on: event.extracting(Int(slot.offset)..<Int(slot.offset + slot.length)))
        case .text:
            prepareText(of: predicate.slot, slot, event)
            return test(predicate, inScratch: Int(slot.offset)..<Int(slot.offset + slot.length))
        case .integer:
            let digits = prepareDigits(of: predicate.slot, slot.integer)
            return test(predicate, inScratch: digits)
        }
    }
}

extension ProgramInterpreter {
    /// Puts a text in lower case into `scratch`, once an event.
    private mutating func prepareText(of slotNumber: UInt16, _ slot: EventIndex.Slot, _ event: Span<UInt8>) {
        guard foldedAt[Int(slotNumber)] != serial else { return }
        foldedAt[Int(slotNumber)] = serial
        steps &+= UInt64(slot.length)
        for position in Int(slot.offset)..<Int(slot.offset + slot.length) {
            scratch[position] = TextFold.folded(event[position])
        }
    }

    /// Puts an integer's decimal digits into `scratch`, and gives where they are.
    private mutating func prepareDigits(of slotNumber: UInt16, _ integer: Int64) -> Range<Int> {
        let end = EventCoding.eventBytesMax + (Int(slotNumber) + 1) * ProgramCost.integerTextBytesMax
        var start = end
        var rest = integer.magnitude
        repeat {
            start -= 1
            scratch[start] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        if integer < 0 {
            start -= 1
            scratch[start] = UInt8(ascii: "-")
        }
        steps &+= UInt64(end - start)
        return start..<end
    }

    private mutating func test(_ predicate: DetectionProgram.LoadedPredicate, inScratch range: Range<Int>) -> Bool {
        let (held, taken) = Self.test(predicate, of: program, on: scratch.span.extracting(range))
        steps &+= taken
        return held
    }

    private mutating func test(_ predicate: DetectionProgram.LoadedPredicate, on text: Span<UInt8>) -> Bool {
        let (held, taken) = Self.test(predicate, of: program, on: text)
        steps &+= taken
        return held
    }

    /// One test of one text, and the steps that it took.
    private static func test(
        _ predicate: DetectionProgram.LoadedPredicate, of program: DetectionProgram, on text: Span<UInt8>
    ) -> (held: Bool, steps: UInt64) {
        let operand = program.bytes.span.extracting(predicate.operand.range)
        let auxiliary = Int(predicate.auxiliary)
        var steps: UInt64 = 0
        let held: Bool
        switch predicate.test {
        case .exists, .isNull:
            held = false
        case .equals:
            held = text.count == operand.count && TextSearch.matches(text, operand, at: 0, steps: &steps)
        case .startsWith:
            held = TextSearch.matches(text, operand, at: 0, steps: &steps)
        case .endsWith:
            held = TextSearch.matches(text, operand, at: text.count - operand.count, steps: &steps)
        case .contains:
            let table = program.table.span.extracting(auxiliary..<(auxiliary + operand.count))
            held = TextSearch.contains(text, operand, table: table, steps: &steps)
        case .pattern:
            var search = PatternSearch()
            held = search.matches(text, program.table.span.extracting(auxiliary..<(auxiliary + operand.count / 2)))
            steps = search.steps
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            steps = UInt64(min(text.count, ProgramCost.integerTextBytesMax))
            held = compare(text, predicate.test, with: program.integers[auxiliary])
        case .inNetwork:
            steps = UInt64(min(text.count, NetworkAddress.textBytesMax))
            held = NetworkAddress(parsing: text).map(program.networks[auxiliary].contains) ?? false
        }
        return (held, steps)
    }

    private static func compare(_ text: Span<UInt8>, _ order: Operator, with operand: Int64) -> Bool {
        guard let value = TextSearch.integer(text) else { return false }
        return switch order {
        case .less: value < operand
        case .lessOrEqual: value <= operand
        case .greater: value > operand
        case .greaterOrEqual: value >= operand
        default: false
        }
    }
}
