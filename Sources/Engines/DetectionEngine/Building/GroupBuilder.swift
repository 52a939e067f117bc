/// Writes the automata, predicates, diagrams and triggers of one group.
struct GroupBuilder {
    private let plan: GroupPlan
    private let choice: TriggerChoice
    /// Number of the group's first predicate and first rule in the program.
    private let predicateStart: UInt32
    private let ruleStart: UInt32
    private let fieldNumbers: [String: UInt32]
    /// Whether events are texts of JSON: needles then are as they stand there.
    private let isOpen: Bool

    /// One automaton: a field, a kind of walk, and whether it runs for every event. Needles that trigger nothing are
    /// kept apart, so that they do not slow the walk down that every event takes.
    private struct ScannerKey: Hashable {
        var field: FieldReference
        var kind: ScanKind
        var isEager: Bool
    }

    /// Predicates that trigger rules, and their literals.
    private let eagerPredicates: Set<Int>
    private let eagerLiterals: Set<IndexedLiteral>

    private var scannerNumbers: [ScannerKey: UInt32] = [:]

    init(_ plan: GroupPlan, fieldNumbers: [String: UInt32], isOpen: Bool, writer: ProgramWriter) {
        self.isOpen = isOpen
        self.plan = plan
        self.fieldNumbers = fieldNumbers
        let choice = TriggerChoice(plan)
        self.choice = choice
        eagerPredicates = Set(choice.triggers.compactMap { $0 }.joined())
        var eagerLiterals: Set<IndexedLiteral> = []
        for number in eagerPredicates {
            if case .found(let literals) = plan.predicates[number] { eagerLiterals.formUnion(literals) }
        }
        self.eagerLiterals = eagerLiterals
        predicateStart = writer.count(.predicates)
        ruleStart = writer.count(.rules)
    }

    /// Writes everything but the rules' records.
    ///
    /// - Returns: The group's record after its name, and the part of the instructions for each rule.
    mutating func write(
        to writer: inout ProgramWriter, _ layout: inout AutomatonLayout
    ) throws(DiagramBuilder.Failure) -> (record: [UInt32], code: [[UInt32]]) {
        let scanners = writeScanners(to: &writer, &layout)
        writePredicates(to: &writer)
        let always = choice.triggers.indices.filter { choice.triggers[$0] == nil }
        let alwaysPart = writer.reference(always.map { ruleStart + UInt32($0) }, in: .lists)
        let prices = prices()
        var code: [[UInt32]] = []
        for expression in plan.expressions {
            code.append(write(try DiagramBuilder.diagram(of: expression, prices: prices), to: &writer))
        }
        let rules = [ruleStart, UInt32(plan.expressions.count)]
        return (rules + [predicateStart, UInt32(plan.predicates.count)] + scanners + alwaysPart, code)
    }

    private func key(of literal: IndexedLiteral) -> ScannerKey {
        ScannerKey(field: literal.field, kind: literal.place.scan, isEager: eagerLiterals.contains(literal))
    }

    private mutating func writeScanners(to writer: inout ProgramWriter, _ layout: inout AutomatonLayout) -> [UInt32] {
        var needles: [ScannerKey: [[UInt8]: LiteralTrie.Entry]] = [:]
        for (number, predicate) in plan.predicates.enumerated() {
            guard case .found(let literals) = predicate else { continue }
            for literal in literals {
                let key = key(of: literal)
                let written = isOpen ? JSONText.escaped(literal.needle) : literal.needle
                let needle = key.kind == .prefixes ? written : written.reversed()
                let global = predicateStart + UInt32(number)
                var entry = needles[key]?[needle] ?? LiteralTrie.Entry(needle: needle)
                if literal.place == .whole { entry.ended.append(global) } else { entry.found.append(global) }
                needles[key, default: [:]][needle] = entry
            }
        }
        let start = writer.count(.scanners)
        let keys = needles.keys.sorted {
            ($0.field.orderName, $0.kind.rawValue, $0.isEager ? 0 : 1)
                < ($1.field.orderName, $1.kind.rawValue, $1.isEager ? 0 : 1)
        }
        for key in keys {
            let entries = (needles[key] ?? [:]).values.sorted { $0.needle.lexicographicallyPrecedes($1.needle) }
            let hasFailures = key.kind == .substrings
            let root = layout.add(LiteralTrie(entries, hasFailures: hasFailures), hasFailures: hasFailures)
            scannerNumbers[key] = writer.count(.scanners)
            let head = UInt32(key.kind.rawValue) | (key.isEager ? 1 << 8 : 0)
            writer.append([head, number(of: key.field), root], to: .scanners)
        }
        return [start, writer.count(.scanners) - start]
    }

    private mutating func writePredicates(to writer: inout ProgramWriter) {
        var triggered: [Int: [UInt32]] = [:]
        for (rule, predicates) in choice.triggers.enumerated() {
            for predicate in predicates ?? [] { triggered[predicate, default: []].append(ruleStart + UInt32(rule)) }
        }
        for (number, predicate) in plan.predicates.enumerated() {
            let triggers = triggered[number].map { writer.reference($0, in: .lists) } ?? [0, 0]
            switch predicate {
            case .found(let literals):
                let keys = Set(literals.map { key(of: $0) })
                let scanners = keys.compactMap { scannerNumbers[$0] }.sorted()
                let part = writer.reference(scanners, in: .lists)
                writer.append([0, DetectionProgram.anyValue] + part + triggers, to: .predicates)
            case .tested(let tested):
                let (head, operand) = encoding(of: tested, &writer)
                writer.append([head, self.number(of: tested.field)] + operand + triggers, to: .predicates)
            }
        }
    }

    private func write(_ diagram: [DiagramBuilder.Node], to writer: inout ProgramWriter) -> [UInt32] {
        let start = writer.count(.instructions)
        func word(_ place: Int32) -> UInt32 {
            switch place {
            case DetectionProgram.Instruction.accept: ProgramFormat.accept
            case DetectionProgram.Instruction.reject: ProgramFormat.reject
            default: start + UInt32(place)
            }
        }
        for node in diagram {
            writer.append(
                [predicateStart + UInt32(node.predicate), word(node.onTrue), word(node.onFalse)], to: .instructions)
        }
        return [start, UInt32(diagram.count)]
    }

    /// What a diagram asks first: what is known already, then what one look answers, then what walks over a text.
    private func prices() -> [Int] {
        plan.predicates.enumerated().map { number, predicate in
            switch predicate {
            case .found(let literals):
                eagerPredicates.contains(number) ? 0 : literals.contains { $0.place == .anywhere } ? 3 : 1
            case .tested(let tested):
                switch tested.test {
                case .exists, .isNull, .number, .time, .inNetwork, .equals, .startsWith, .endsWith: 2
                case .contains, .pattern, .field: 4
                case .regex: 5
                }
            }
        }
    }

    private func number(of field: FieldReference) -> UInt32 {
        switch field {
        case .anyValue: DetectionProgram.anyValue
        case .named(let name): fieldNumbers[name] ?? 0
        }
    }

    /// The first word of a predicate, and where its operand is.
    private func encoding(of predicate: Predicate, _ writer: inout ProgramWriter) -> (UInt32, [UInt32]) {
        func head(_ test: Operator, detail: UInt8 = 0, order: UInt8 = 0) -> UInt32 {
            UInt32(test.rawValue) | (predicate.isCased ? 1 << 8 : 0) | UInt32(detail) << 16 | UInt32(order) << 24
        }
        switch predicate.test {
        case .exists: return (head(.exists), [0, 0])
        case .isNull: return (head(.isNull), [0, 0])
        case .equals(let needle): return (head(.equals), writer.reference(needle))
        case .startsWith(let needle): return (head(.startsWith), writer.reference(needle))
        case .endsWith(let needle): return (head(.endsWith), writer.reference(needle))
        case .contains(let needle): return (head(.contains), writer.reference(needle))
        case .pattern(let elements): return (head(.pattern), writer.reference(elements.map(\.code), in: .operands))
        case .regex(let program, _): return (head(.regex), writer.reference(program.words, in: .operands))
        case .number(let order, let number):
            return (head(.number, order: order.rawValue), writer.reference(number.words, in: .operands))
        case .inNetwork(let network):
            writer.append(network.words, to: .networks)
            return (head(.inNetwork), [writer.count(.networks) - 1, 1])
        case .field(let comparison, let name):
            return (head(.field, detail: comparison.rawValue), [fieldNumbers[name] ?? 0, 1])
        case .time(let part, let order, let value):
            let words = DetectionNumber.integer(value).words
            return (head(.time, detail: part.rawValue, order: order.rawValue), writer.reference(words, in: .operands))
        }
    }
}

extension DetectionNumber {
    /// The type, and 64 bits.
    var words: [UInt32] {
        let (tag, bits): (UInt32, UInt64) =
            switch self {
            case .integer(let integer): (0, UInt64(bitPattern: integer))
            case .real(let real): (1, real.bitPattern)
            }
        return [tag, UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32)]
    }

    /// Nil when the words are no number.
    init?(_ words: ArraySlice<UInt32>) {
        guard words.count == 3, let tag = words.first else { return nil }
        let bits = UInt64(words[words.startIndex + 1]) | UInt64(words[words.startIndex + 2]) << 32
        switch tag {
        case 0: self = .integer(Int64(bitPattern: bits))
        case 1:
            let real = Double(bitPattern: bits)
            guard !real.isNaN else { return nil }
            self = .real(real)
        default: return nil
        }
    }
}

extension AddressNetwork {
    /// Version, prefix length, and the address in four words, the least first.
    var words: [UInt32] {
        let address = stride(from: 0, to: 128, by: 32).map {
            UInt32(truncatingIfNeeded: self.address.value >> UInt128($0))
        }
        return [self.address.isVersion6 ? 6 : 4, UInt32(prefixLength)] + address
    }

    /// Nil when the words are no network.
    init?(_ words: ArraySlice<UInt32>) {
        let words = Array(words)
        guard words.count == 6, words[0] == 4 || words[0] == 6 else { return nil }
        let value = words[2...].reversed().reduce(UInt128(0)) { $0 << 32 | UInt128($1) }
        guard words[0] == 6 || value <= UInt128(UInt32.max) else { return nil }
        self.init(
            address: NetworkAddress(isVersion6: words[0] == 6, value: value), prefixLength: Int(words[1]))
    }
}
