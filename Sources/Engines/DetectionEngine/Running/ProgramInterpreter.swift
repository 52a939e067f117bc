package import FleetModel

/// Runs a program over events, one after the other.
///
/// Total: any bytes are evaluated or refused. Bounded: at most `program.cost` steps an event, and no memory but what the
/// initialiser takes and what the largest event needs, some four times its bytes.
package struct ProgramInterpreter: Sendable {
    package let program: DetectionProgram
    /// Numbers of the rules that matched the event in hand, ascending.
    package private(set) var matchedRules: [Int] = []

    /// Numbers of the correlations that matched with the event in hand, ascending.
    package var matchedCorrelations: [Int] {
        correlations.matched.filter { program.correlations[$0].rule.isReported }
    }
    /// Groups of matches that correlations forgot to make room for others.
    package var forgottenGroupCount: UInt64 { correlations.forgottenGroupCount }

    var record: EventRecord
    var board: MatchBoard
    private let reader: JSONEventReader
    private let sensor: SensorEventReader
    private var groupAt: [UInt32]
    private var routesOfEvent: [Int] = []
    private var memo: RouteMemo
    /// By group that the event in hand belongs to: the route that says so.
    private(set) var routeOfGroup: [Int]
    private var searches = TextSearches()
    private var correlations: CorrelationBoard

    package init(_ program: DetectionProgram) {
        self.program = program
        let names = program.fields.map { Array(program.texts[$0.range]) }
        let looksAtAny =
            program.scanners.contains { $0.field == DetectionProgram.anyValue }
            || program.predicates.contains { $0.test != .found && $0.field == DetectionProgram.anyValue }
        record = EventRecord(fieldCount: names.count, keepsAll: looksAtAny)
        board = MatchBoard(program)
        let fieldNames = FieldNames(names)
        reader = JSONEventReader(fieldNames)
        sensor = SensorEventReader(fieldNames)
        correlations = CorrelationBoard(program, fieldNames)
        memo = RouteMemo(program)
        groupAt = Array(repeating: 0, count: program.groups.count)
        routeOfGroup = Array(repeating: 0, count: program.groups.count)
        matchedRules.reserveCapacity(256)
    }

    /// Evaluates one event as the sensor sends it (`EventCoding`). `matchedRules` are then those of this event.
    ///
    /// - Parameter seenByCorrelations: False for events of which only the rules' own answer is asked.
    /// - Returns: How many rules matched and how many steps it took; or why the bytes were no event, and then no rule
    ///   matched.
    package mutating func evaluate(_ event: Span<UInt8>, seenByCorrelations: Bool = true) -> Evaluation {
        record.begin(event)
        var at: Moment?
        let refusal = sensor.read(event, into: &record, at: &at)
        return evaluate(refusal: refusal, at: at, seenByCorrelations)
    }

    /// Evaluates one event that is an object of JSON. `matchedRules` are then those of this event.
    ///
    /// - Parameter tags: What the event is said to be, beside what it carries; see ``SourceTag``.
    package mutating func evaluate(json event: Span<UInt8>, tags: SourceTags = SourceTags()) -> Evaluation {
        record.begin(event)
        let refusal = record.read(with: reader)
        if refusal == nil { sensor.add(tags, to: &record) }
        return evaluate(refusal: refusal, at: nil, true)
    }

    /// The matches of one event, encoded first as an agent would. For checks of rules, where speed does not matter.
    package mutating func matches(of event: TelemetryEvent) -> [DetectionMatch] {
        _ = evaluate(EventCoding.encode(event).span)
        return matches()
    }

    private mutating func evaluate(
        refusal: EventCodingError?, at: Moment?, _ seenByCorrelations: Bool
    ) -> Evaluation {
        var evaluation = Evaluation()
        matchedRules.removeAll(keepingCapacity: true)
        evaluation.refusal = refusal
        correlations.beginEvent()
        guard refusal == nil else { return evaluation }
        board.beginEvent()
        board.steps = ProgramCost.decodingPerByte &* UInt64(record.eventBytes)
        evaluation.refusal = runRoutes()
        guard evaluation.refusal == nil else {
            matchedRules.removeAll(keepingCapacity: true)
            return evaluation
        }
        if matchedRules.count > 1 { matchedRules.sort() }
        if !program.correlations.isEmpty {
            if seenByCorrelations { correlations.take(matchedRules, of: program, &record, at: at) }
            matchedRules.removeAll { !program.rules[$0].isReported }
        }
        evaluation.matchCount = matchedRules.count + matchedCorrelations.count
        evaluation.steps = board.steps
        return evaluation
    }

    /// Finds the groups that the event belongs to, and runs each.
    private mutating func runRoutes() -> EventCodingError? {
        findRoutes()
        var groupCount = 0
        for number in routesOfEvent {
            let route = program.routes[number]
            let group = Int(route.group)
            guard groupAt[group] != board.serial else { continue }
            groupAt[group] = board.serial
            routeOfGroup[group] = number
            groupCount += 1
            guard groupCount <= ProgramLimit.groupsPerEventMax else {
                return EventCodingError(.tooManyGroups, offset: 0)
            }
            guard route.renames.count > 0 else {
                run(group: group)
                continue
            }
            let kept = rename(route.renames)
            run(group: group)
            for (field, slot) in kept { record.fields.setSlot(field, slot) }
        }
        return nil
    }

    /// The routes that hold for the event, ascending.
    private mutating func findRoutes() {
        routesOfEvent.removeAll(keepingCapacity: true)
        if let entry = Self.entry(in: &memo, record) {
            for route in memo.routes(of: entry) { routesOfEvent.append(Int(route)) }
            return
        }
        run(group: 0)
        swap(&routesOfEvent, &matchedRules)
        routesOfEvent.sort()
        memo.remember(routesOfEvent)
    }

    private static func entry(in memo: inout RouteMemo, _ record: borrowing EventRecord) -> Int? {
        memo.entry(for: record.fields, record.bytes.span)
    }

    /// Gives fields their other names, and what to put back afterwards.
    private mutating func rename(_ part: DetectionProgram.Part) -> [(Int, FieldTable.Slot)] {
        var kept: [(Int, FieldTable.Slot)] = []
        for rename in program.renames[part.range] {
            let field = Int(rename.field)
            guard record.fields.slot(field) == nil, let source = record.fields.slot(Int(rename.source)) else {
                continue
            }
            kept.append((field, record.fields.slots[field]))
            record.fields.setSlot(field, source)
        }
        return kept
    }

    private mutating func run(group index: Int) {
        let group = program.groups[index]
        board.beginGroup()
        for scanner in program.eagerScanners[index] { run(scanner: scanner) }
        for index in group.always.range { run(rule: Int(program.lists[index])) }
        var next = 0
        while next < board.candidates.count {
            run(rule: Int(board.candidates[next]))
            next += 1
        }
    }

    /// Follows the rule's diagram. Jumps go forward only, as the loader has checked, so that this ends.
    private mutating func run(rule: Int) {
        var place = Int32(truncatingIfNeeded: program.rules[rule].code.start)
        while place >= 0 {
            board.steps &+= 1
            let instruction = program.instructions[Int(place)]
            place = holds(Int(instruction.predicate)) ? instruction.onTrue : instruction.onFalse
        }
        if place == DetectionProgram.Instruction.accept { matchedRules.append(rule) }
    }

    private mutating func run(scanner index: Int) {
        guard board.takeScanner(index) else { return }
        Self.run(index, of: program, &record, &board)
    }

    private static func run(
        _ index: Int, of program: DetectionProgram, _ record: inout EventRecord, _ board: inout MatchBoard
    ) {
        board.steps &+= 1
        let field = program.scanners[index].field
        if field == DetectionProgram.anyValue {
            // Most events have none of the keywords anywhere, which one look at the whole of it tells.
            if program.glances[index], record.isRegular, program.isOpen,
                !board.mayFind(record.bytes.span, 0..<record.eventBytes, index, of: program)
            {
                return
            }
            for piece in record.fields.pieces.indices where !record.fields.pieces[piece].state.contains(.isTag) {
                let range = record.scanned(piece, isOpen: program.isOpen)
                board.scan(record.bytes.span, range, index, of: program)
            }
            return
        }
        var piece = record.fields.firstPiece(Int(field))
        while piece >= 0 {
            let range = record.scanned(Int(piece), isOpen: program.isOpen)
            board.scan(record.bytes.span, range, index, of: program)
            piece = record.fields.pieces[Int(piece)].next
        }
    }

    mutating func holds(_ predicate: Int) -> Bool {
        if let result = board.result(predicate) { return result }
        let loaded = program.predicates[predicate]
        guard loaded.test == .found else {
            let held = searches.test(loaded, of: program, &record, &board.steps)
            board.decide(predicate, held)
            return held
        }
        for index in loaded.operand.range { run(scanner: Int(program.lists[index])) }
        if let result = board.result(predicate) { return result }
        board.decide(predicate, false)
        return false
    }
}
