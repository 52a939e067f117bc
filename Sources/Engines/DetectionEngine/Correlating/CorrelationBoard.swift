import FleetModel

/// What the correlations of a program have seen so far.
struct CorrelationBoard: Sendable {
    private var tables: [CorrelationTable]
    /// By rule number: the correlations that look at it, and as which source.
    private let usesOfRules: [UInt32: [(correlation: Int, source: Int)]]
    private let timeFields: [Int]
    /// Numbers of the correlations that match with the event in hand, ascending.
    private(set) var matched: [Int] = []

    init(_ program: DetectionProgram, _ names: FieldNames) {
        tables = Array(repeating: CorrelationTable(), count: program.correlations.count)
        var uses: [UInt32: [(correlation: Int, source: Int)]] = [:]
        for (index, correlation) in program.correlations.enumerated() {
            for (source, rule) in correlation.sources.enumerated() { uses[rule, default: []].append((index, source)) }
        }
        usesOfRules = uses
        timeFields = ProgramDraft.timeFields.compactMap { name in
            let number = names.number(of: name.utf8)
            return number >= 0 ? number : nil
        }
    }

    /// Groups that were forgotten to make room, over all correlations.
    var forgottenGroupCount: UInt64 { tables.reduce(0) { $0 + $1.forgottenCount } }
    /// Groups that are kept, over all correlations.
    var groupCount: Int { tables.reduce(0) { $0 + $1.groupCount } }

    mutating func beginEvent() { matched.removeAll(keepingCapacity: true) }

    /// Takes the rules that matched the event in hand.
    mutating func take(
        _ rules: [Int], of program: DetectionProgram, _ record: inout EventRecord, at sensorTime: Moment?
    ) {
        var inputs = rules.compactMap { UInt32(exactly: $0) }.filter { usesOfRules[$0] != nil }
        guard !inputs.isEmpty else { return }
        let moment = sensorTime?.milliseconds ?? time(&record)
        let at = min(max(moment, -CorrelationLimit.momentMax), CorrelationLimit.momentMax)
        var next = 0
        while next < inputs.count {
            for (index, source) in usesOfRules[inputs[next]] ?? [] {
                guard !matched.contains(index), take(index, source, at: at, program, &record) else { continue }
                matched.append(index)
                let number = DetectionProgram.Correlation.correlationFlag | UInt32(index)
                if usesOfRules[number] != nil { inputs.append(number) }
            }
            next += 1
        }
        matched.sort()
    }

    private mutating func take(
        _ index: Int, _ source: Int, at: Int64, _ program: DetectionProgram, _ record: inout EventRecord
    ) -> Bool {
        let correlation = program.correlations[index]
        var key: [UInt8] = []
        for field in correlation.groupFields[source] {
            // A match without one of the values belongs to no group.
            guard let value = Self.value(field, &record) else { return false }
            key.append(UInt8(truncatingIfNeeded: value.count >> 8))
            key.append(UInt8(truncatingIfNeeded: value.count))
            key += value
        }
        var input = CorrelationWindow.Input(at: at, source: source, value: 0)
        if let field = correlation.valueField {
            guard let value = Self.value(field, &record) else { return false }
            input.value = Self.hash(value)
        }
        return tables[index].take(input, key: key, correlation)
    }

    /// The first value of a field in lower case, as far as it tells values apart; nil when there is none.
    private static func value(_ field: UInt32, _ record: inout EventRecord) -> [UInt8]? {
        let piece = record.fields.firstPiece(Int(field))
        guard piece >= 0 else { return nil }
        let range = record.folded(Int(piece)).prefix(CorrelationLimit.keyValueBytesMax)
        return range.map { TextFold.folded(record.bytes[$0]) }
    }

    /// Fowler, Noll and Vo's hash of 64 bits: two values that share it are counted as one.
    private static func hash(_ value: [UInt8]) -> UInt64 {
        value.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// The event's own time in milliseconds since 1970; 0 when it names none, so that such events are one moment.
    private func time(_ record: inout EventRecord) -> Int64 {
        for field in timeFields {
            let piece = record.fields.firstPiece(field)
            guard piece >= 0 else { continue }
            let range = record.clean(Int(piece))
            if let time = EventTime(text: record.bytes.span.extracting(range)) { return time.milliseconds }
        }
        return 0
    }
}
