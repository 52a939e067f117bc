/// What a rule asks of an event, as a tree.
package indirect enum RuleExpression: Hashable, Sendable {
    case test(Predicate)
    case not(RuleExpression)
    /// Every one holds. Never empty.
    case all([RuleExpression])
    /// One at least holds. Never empty.
    case any([RuleExpression])
    /// So many at least hold; the number is at least 1 and at most the count of expressions.
    case atLeast(Int, [RuleExpression])

    /// One expression as itself, several as a list.
    package static func joined(_ expressions: [RuleExpression], all: Bool) -> RuleExpression {
        if expressions.count == 1, let only = expressions.first { return only }
        return all ? .all(expressions) : .any(expressions)
    }
}
