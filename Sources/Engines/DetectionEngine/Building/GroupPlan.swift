/// A needle that an automaton finds, and where it must stand in the text of a field.
struct IndexedLiteral: Hashable {
    enum Place: UInt8, Hashable, CaseIterable {
        case whole
        case start
        case end
        case anywhere

        /// The automaton that finds such needles.
        var scan: ScanKind {
            switch self {
            case .whole, .start: .prefixes
            case .end: .suffixes
            case .anywhere: .substrings
            }
        }
    }

    var field: FieldReference
    var place: Place
    /// In the form of ``TextFold``.
    var needle: [UInt8]

    /// The literal that a predicate is; nil when no automaton can answer it.
    init?(_ predicate: Predicate) {
        guard !predicate.isCased else { return nil }
        field = predicate.field
        switch predicate.test {
        case .equals(let needle): (place, self.needle) = (.whole, needle)
        case .startsWith(let needle): (place, self.needle) = (.start, needle)
        case .endsWith(let needle): (place, self.needle) = (.end, needle)
        case .contains(let needle): (place, self.needle) = (.anywhere, needle)
        default: return nil
        }
        // The classes of an automaton know no upper case.
        needle = TextFold.folded(needle)
        // Every text has the empty needle, which an automaton has nothing to find of; a whole text may be empty.
        guard place == .whole || !needle.isEmpty, needle.count <= ProgramLimit.operandBytesMax else { return nil }
    }

    init(field: FieldReference, place: Place, needle: [UInt8]) {
        (self.field, self.place, self.needle) = (field, place, needle)
    }
}

/// A question that the diagrams of a group ask, once an event.
enum GroupPredicate: Hashable {
    /// One of the literals is found. Sorted, none twice, never empty.
    case found([IndexedLiteral])
    /// Tested when a diagram asks.
    case tested(Predicate)
}

/// A rule's expression over the predicates of its group, by their number there.
indirect enum PlannedExpression {
    case predicate(Int)
    case not(PlannedExpression)
    case all([PlannedExpression])
    case any([PlannedExpression])
    case atLeast(Int, [PlannedExpression])
}

/// The rules of a group over shared predicates: alternatives that automata can answer together are one predicate.
struct GroupPlan {
    private(set) var predicates: [GroupPredicate] = []
    private(set) var expressions: [PlannedExpression] = []
    private var known: [GroupPredicate: Int] = [:]

    init(_ rules: [RuleExpression]) {
        for rule in rules { expressions.append(plan(rule)) }
    }

    private mutating func plan(_ expression: RuleExpression) -> PlannedExpression {
        switch expression {
        case .test(let predicate): return plan(predicate)
        case .not(let inner): return .not(plan(inner))
        case .all(let parts): return .all(parts.map { plan($0) })
        case .any(let parts): return plan(anyOf: parts)
        case .atLeast(let count, let parts): return .atLeast(count, parts.map { plan($0) })
        }
    }

    private mutating func plan(_ predicate: Predicate) -> PlannedExpression {
        if let literal = IndexedLiteral(predicate) { return .predicate(number(of: .found([literal]))) }
        let tested = PlannedExpression.predicate(number(of: .tested(predicate)))
        guard case .regex(_, let requires) = predicate.test, !requires.isEmpty else { return tested }
        let before = requires.compactMap { plan(oneOf: $0, in: predicate.field) }
        return before.isEmpty ? tested : .all(before + [tested])
    }

    /// That one of the needles is in the text; nil when that costs more than it saves.
    private mutating func plan(oneOf needles: [[UInt8]], in field: FieldReference) -> PlannedExpression? {
        guard !needles.isEmpty else { return nil }
        guard needles.allSatisfy({ $0.count >= Self.indexedBytesMin }) else {
            // Short ones would make the automaton look at every byte, of every event; looking for them is quick.
            guard needles.count <= Self.soughtCountMax else { return nil }
            let sought = needles.map { needle in
                PlannedExpression.predicate(number(of: .tested(Predicate(field, .contains(needle)))))
            }
            return sought.count == 1 ? sought[0] : .any(sought)
        }
        let literals = needles.map { IndexedLiteral(field: field, place: .anywhere, needle: $0) }
        return .predicate(number(of: .found(Self.sorted(literals))))
    }

    /// Bytes of the shortest text before a regular expression that an automaton is to find.
    private static let indexedBytesMin = 3
    /// Short texts that are looked for one after the other.
    private static let soughtCountMax = 4

    private mutating func plan(anyOf parts: [RuleExpression]) -> PlannedExpression {
        var literals: [IndexedLiteral] = []
        var others: [RuleExpression] = []
        var rest = parts[...]
        while let part = rest.popFirst() {
            switch part {
            case .any(let inner): rest = inner + rest
            case .test(let predicate):
                if let literal = IndexedLiteral(predicate) { literals.append(literal) } else { others.append(part) }
            default: others.append(part)
            }
        }
        var planned: [PlannedExpression] = []
        if !literals.isEmpty { planned.append(.predicate(number(of: .found(Self.sorted(literals))))) }
        planned += others.map { plan($0) }
        return planned.count == 1 ? planned[0] : .any(planned)
    }

    private mutating func number(of predicate: GroupPredicate) -> Int {
        if let number = known[predicate] { return number }
        known[predicate] = predicates.count
        predicates.append(predicate)
        return predicates.count - 1
    }

    private static func sorted(_ literals: [IndexedLiteral]) -> [IndexedLiteral] {
        Set(literals).sorted { left, right in
            if left.place != right.place { return left.place.rawValue < right.place.rawValue }
            if left.field != right.field { return left.field.orderName < right.field.orderName }
            return left.needle.lexicographicallyPrecedes(right.needle)
        }
    }
}

extension FieldReference {
    /// What sorts and tells fields apart; no field has an empty name.
    var orderName: String {
        switch self {
        case .named(let name): name
        case .anyValue: ""
        }
    }
}
