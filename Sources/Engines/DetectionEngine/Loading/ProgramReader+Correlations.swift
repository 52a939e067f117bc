import FleetModel

extension ProgramReader {
    func correlations(
        rules: [DetectionProgram.Rule], routeCount: Int
    ) throws(ProgramError) -> [DetectionProgram.Correlation] {
        var cursor = cursor(.correlations)
        var correlations: [DetectionProgram.Correlation] = []
        while !cursor.isAtEnd {
            cursor.beginRecord()
            guard correlations.count < ProgramLimit.correlationCountMax else {
                throw cursor.malformed("more than \(ProgramLimit.correlationCountMax) are not allowed")
            }
            correlations.append(try correlation(&cursor, rules: routeCount..<rules.count, before: correlations.count))
        }
        return correlations
    }

    private func correlation(
        _ cursor: inout WordCursor, rules: Range<Int>, before count: Int
    ) throws(ProgramError) -> DetectionProgram.Correlation {
        let (rule, flags) = try rule(&cursor)
        guard let kind = DraftCorrelation.Kind(rawValue: UInt8(truncatingIfNeeded: flags)), flags >> 8 == 0 else {
            throw cursor.malformed("its kind is none")
        }
        guard rule.response == .alert else { throw cursor.malformed("a correlation has no response but alert") }
        let sourceCount = try cursor.index(below: ProgramLimit.correlationSourceCountMax + 1, "rules")
        guard sourceCount > 0 else { throw cursor.malformed("it looks at no rule") }
        var sources: [UInt32] = []
        for _ in 0..<sourceCount { sources.append(try source(&cursor, rules: rules, before: count)) }
        let fieldCount = try cursor.index(below: ProgramLimit.correlationFieldCountMax + 1, "fields")
        var groupFields: [[UInt32]] = []
        for _ in 0..<sourceCount {
            var fields: [UInt32] = []
            for _ in 0..<fieldCount { fields.append(try cursor.index(below: header.count(.fields), "field")) }
            groupFields.append(fields)
        }
        let timespan = try number(&cursor)
        guard (1...ProgramLimit.timespanSecondsMax).contains(timespan) else {
            throw cursor.malformed("its time span is \(timespan) s")
        }
        let bounds = try bounds(&cursor)
        let valueField = try cursor.next()
        guard valueField == DetectionProgram.anyValue ? kind != .valueCount : kind == .valueCount,
            valueField == DetectionProgram.anyValue || valueField < header.count(.fields)
        else { throw cursor.malformed("its field is none") }
        return DetectionProgram.Correlation(
            rule: rule, kind: kind, sources: sources, groupFields: groupFields, timespanSeconds: timespan,
            bounds: bounds, valueField: kind == .valueCount ? valueField : nil)
    }

    private func source(
        _ cursor: inout WordCursor, rules: Range<Int>, before count: Int
    ) throws(ProgramError) -> UInt32 {
        let source = try cursor.next()
        let isCorrelation = source & DetectionProgram.Correlation.correlationFlag != 0
        let index = Int(source & ~DetectionProgram.Correlation.correlationFlag)
        guard isCorrelation ? index < count : rules.contains(index) else {
            throw cursor.malformed("rule \(index) is not before it")
        }
        return source
    }

    private func bounds(_ cursor: inout WordCursor) throws(ProgramError) -> [DraftCorrelation.Bound] {
        var bounds: [DraftCorrelation.Bound] = []
        for _ in 0..<(try cursor.index(below: NumberOrder.allCases.count + 1, "bounds")) {
            guard let order = NumberOrder(rawValue: UInt8(truncatingIfNeeded: try cursor.next())) else {
                throw cursor.malformed("its bound is none")
            }
            let count = try number(&cursor)
            guard (0...CorrelationLimit.boundMax).contains(count) else {
                throw cursor.malformed("its bound is \(count)")
            }
            bounds.append(DraftCorrelation.Bound(order, count))
        }
        return bounds
    }

    private func number(_ cursor: inout WordCursor) throws(ProgramError) -> Int64 {
        let (low, high) = (try cursor.next(), try cursor.next())
        return Int64(bitPattern: UInt64(low) | UInt64(high) << 32)
    }
}
