/// The tests that no automaton answers, each bounded by `ProgramCost.of`.
struct TextSearches: Sendable {
    private var regex = RegexSearch()
    /// The table of a needle that comes from an event.
    private var table: [UInt16] = []

    mutating func test(
        _ predicate: DetectionProgram.LoadedPredicate, of program: DetectionProgram, _ record: inout EventRecord,
        _ steps: inout UInt64
    ) -> Bool {
        steps &+= 1
        switch predicate.test {
        case .found: return false
        case .exists: return record.fields.slot(Int(predicate.field)) != nil
        case .isNull: return record.fields.slot(Int(predicate.field)).map { $0.content == .null } ?? true
        case .field: return compare(predicate, &record, &steps)
        default: break
        }
        if predicate.field == DetectionProgram.anyValue {
            for piece in record.fields.pieces.indices {
                let isTag = record.fields.pieces[piece].state.contains(.isTag)
                if !isTag, test(predicate, program, &record, piece, &steps) { return true }
            }
            return false
        }
        var piece = record.fields.firstPiece(Int(predicate.field))
        while piece >= 0 {
            if test(predicate, program, &record, Int(piece), &steps) { return true }
            piece = record.fields.pieces[Int(piece)].next
        }
        return false
    }

    /// One test of one value.
    private mutating func test(
        _ predicate: DetectionProgram.LoadedPredicate, _ program: DetectionProgram, _ record: inout EventRecord,
        _ piece: Int, _ steps: inout UInt64
    ) -> Bool {
        steps &+= 1
        let isCased = predicate.isCased || predicate.test.readsTextAsItIs
        let range = isCased ? record.clean(piece) : record.folded(piece)
        let text = record.bytes.span.extracting(range)
        let operand = predicate.operand.range
        switch predicate.test {
        case .equals, .startsWith, .endsWith, .contains:
            let needle = program.texts.span.extracting(operand)
            return TextSearch.finds(
                needle, in: text, as: predicate.test, folds: !isCased, steps: &steps)
        case .pattern:
            var search = PatternSearch(folds: !isCased)
            defer { steps &+= search.steps }
            return search.matches(text, program.operands.span.extracting(operand))
        case .regex: return regex.matches(text, program.operands.span.extracting(operand), steps: &steps)
        case .number:
            steps &+= UInt64(min(text.count, ProgramCost.numberTextBytesMax))
            guard let value = DetectionNumber(text: text), let order = NumberOrder(rawValue: predicate.order),
                let number = DetectionNumber(program.operands[operand])
            else { return false }
            return value.holds(order, number)
        case .inNetwork:
            steps &+= UInt64(min(text.count, NetworkAddress.textBytesMax))
            return NetworkAddress(parsing: text).map(program.networks[operand.lowerBound].contains) ?? false
        case .time:
            steps &+= UInt64(min(text.count, ProgramCost.numberTextBytesMax))
            guard let part = TimePart(rawValue: predicate.detail), let order = NumberOrder(rawValue: predicate.order),
                let value = EventTime(text: text)?.part(part), let number = DetectionNumber(program.operands[operand])
            else { return false }
            return DetectionNumber.integer(value).holds(order, number)
        case .found, .exists, .isNull, .field: return false
        }
    }

    /// Whether some value of the field stands in the relation to some value of the other field.
    private mutating func compare(
        _ predicate: DetectionProgram.LoadedPredicate, _ record: inout EventRecord, _ steps: inout UInt64
    ) -> Bool {
        guard let comparison = FieldComparison(rawValue: predicate.detail) else { return false }
        var first = record.fields.firstPiece(Int(predicate.field))
        var firstCount = 0
        while first >= 0, firstCount < EventRecord.fieldPairCountMax {
            var second = record.fields.firstPiece(Int(predicate.operand.start))
            var secondCount = 0
            while second >= 0, secondCount < EventRecord.fieldPairCountMax {
                steps &+= 1
                let left = predicate.isCased ? record.clean(Int(first)) : record.folded(Int(first))
                let right = predicate.isCased ? record.clean(Int(second)) : record.folded(Int(second))
                if compare(
                    record.bytes.span.extracting(left), comparison, record.bytes.span.extracting(right),
                    folds: !predicate.isCased, &steps)
                {
                    return true
                }
                second = record.fields.pieces[Int(second)].next
                secondCount += 1
            }
            first = record.fields.pieces[Int(first)].next
            firstCount += 1
        }
        return false
    }

    private mutating func compare(
        _ text: Span<UInt8>, _ comparison: FieldComparison, _ other: Span<UInt8>, folds: Bool, _ steps: inout UInt64
    ) -> Bool {
        switch comparison {
        case .equals: return TextSearch.finds(other, in: text, as: .equals, folds: folds, steps: &steps)
        case .startsWith: return TextSearch.finds(other, in: text, as: .startsWith, folds: folds, steps: &steps)
        case .endsWith: return TextSearch.finds(other, in: text, as: .endsWith, folds: folds, steps: &steps)
        case .contains: return TextSearch.contains(text, other, folds: folds, table: &table, steps: &steps)
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            steps &+= UInt64(min(text.count + other.count, 2 * ProgramCost.numberTextBytesMax))
            guard let left = DetectionNumber(text: text), let right = DetectionNumber(text: other) else {
                return false
            }
            return left.holds(comparison.order, right)
        }
    }
}

extension FieldComparison {
    fileprivate var order: NumberOrder {
        switch self {
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        case .equals, .contains, .startsWith, .endsWith: .equal
        }
    }
}

extension Operator {
    /// Whether case is for the operand to decide, or there is none.
    fileprivate var readsTextAsItIs: Bool {
        switch self {
        case .regex, .number, .inNetwork, .time: true
        default: false
        }
    }
}
