/// Chooses for each rule of a group the predicates one of which must hold whenever the rule matches: the rule is looked
/// at only when one of them was found. The rarer they are in events, the fewer rules are looked at for nothing.
struct TriggerChoice {
    /// By rule: the predicates, or nil when nothing that automata find is necessary, so that the rule is always looked
    /// at.
    private(set) var triggers: [[Int]?] = []

    /// By predicate: how often it is expected to hold, relative to the others; infinite when no automaton answers it.
    private let weights: [Double]
    /// By predicate: the fields over whose whole text an automaton must walk to find it.
    private let walks: [Set<FieldReference>]
    /// Fields over whose whole text an automaton walks for every event anyway.
    private var walked: Set<FieldReference> = []

    /// What walking over the whole text of one more field for every event counts for, in weights.
    private static let walkWeight = 200.0

    /// How many times more often a needle is found that texts of every day have.
    private static let commonWeight = 30.0
    /// What a walk costs that most texts make long, beside one that few do.
    private static let commonWalkWeight = 200.0

    init(_ plan: GroupPlan) {
        var popularity: [IndexedLiteral: Int] = [:]
        for case .found(let literals) in plan.predicates {
            for literal in literals { popularity[literal, default: 0] += 1 }
        }
        weights = plan.predicates.map { predicate in
            guard case .found(let literals) = predicate else { return .infinity }
            return literals.reduce(0) { sum, literal in
                let isWalk = literal.place == .anywhere
                // A walk for a needle goes as far as texts have its end.
                let end = isWalk ? Array(literal.needle.suffix(6)) : literal.needle
                let common = CommonTexts.contain(end) ? isWalk ? Self.commonWalkWeight : Self.commonWeight : 1
                return sum + Self.weight(literal) * Double(popularity[literal] ?? 1) * common
            }
        }
        walks = plan.predicates.map { predicate in
            guard case .found(let literals) = predicate else { return [] }
            return Set(literals.filter { $0.place == .anywhere }.map(\.field))
        }
        let first = plan.expressions.map { choose($0, isNegated: false) }
        // Rules for which even a dear walk is the best choice make it free for the others.
        let forced = plan.expressions.indices.filter { index in
            first[index].map { $0.predicates.contains { !walks[$0].isEmpty } } ?? false
        }
        walked = Set(forced.flatMap { index in (first[index]?.predicates ?? []).flatMap { walks[$0] } })
        triggers = plan.expressions.map { choose($0, isNegated: false).map { Array(Set($0.predicates)).sorted() } }
    }

    private struct Clause {
        var predicates: [Int]
        var weight: Double
    }

    /// The rarest clause of an expression, or of its negation; nil when there is none.
    private func choose(_ expression: PlannedExpression, isNegated: Bool) -> Clause? {
        switch expression {
        case .predicate(let number):
            // That something is not found triggers nothing.
            guard !isNegated, weights[number].isFinite else { return nil }
            let walkCount = walks[number].subtracting(walked).count
            return Clause(
                predicates: [number], weight: weights[number] + Double(walkCount) * Self.walkWeight)
        case .not(let inner): return choose(inner, isNegated: !isNegated)
        case .all(let parts): return isNegated ? union(parts, isNegated) : rarest(parts, isNegated)
        case .any(let parts): return isNegated ? rarest(parts, isNegated) : union(parts, isNegated)
        case .atLeast(_, let parts): return isNegated ? nil : union(parts, isNegated)
        }
    }

    private func rarest(_ parts: [PlannedExpression], _ isNegated: Bool) -> Clause? {
        parts.compactMap { choose($0, isNegated: isNegated) }.min { $0.weight < $1.weight }
    }

    private func union(_ parts: [PlannedExpression], _ isNegated: Bool) -> Clause? {
        var union = Clause(predicates: [], weight: 0)
        for part in parts {
            guard let clause = choose(part, isNegated: isNegated) else { return nil }
            union.predicates += clause.predicates
            union.weight += clause.weight
        }
        return union
    }

    /// How often a needle is expected in events: short ones and those that may stand anywhere are found most.
    private static func weight(_ literal: IndexedLiteral) -> Double {
        let length = literal.needle.count
        return switch literal.place {
        case .whole: 1
        case .end: length <= 3 ? 8 : 1.5
        case .start: length <= 4 ? 8 : 3
        case .anywhere:
            switch length {
            case ...2: 64
            case 3: 24
            case 4: 8
            case 5...7: 3
            default: 1
            }
        }
    }
}
