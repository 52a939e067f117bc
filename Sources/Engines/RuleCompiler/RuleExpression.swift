package import DetectionEngine

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
}

/// Makes a decision diagram of an expression, from its end to its beginning: where a part goes on when it holds and
/// when it does not is known before the part is written, so that every jump goes forward.
struct RuleCodeBuilder {
    /// Why no diagram was made.
    enum Failure: Error, Equatable {
        /// More than `ProgramLimit.ruleInstructionCountMax` instructions.
        case tooLarge
        /// The expression asks nothing of the event.
        case constant
    }

    /// A place to go on: a node that has been written, or an end.
    private enum Place: Hashable {
        case node(Int)
        case accept
        case reject
    }

    private struct Node: Hashable {
        var predicate: Predicate
        var onTrue: Place
        var onFalse: Place
    }

    private var nodes: [Node] = []
    private var known: [Node: Int] = [:]
    /// Parts written, the same part in two places counted twice: the bound of the time that building takes.
    private var partCount = 0
    private static let partCountMax = 8 * ProgramLimit.ruleInstructionCountMax

    /// The diagram of `expression`. Equal expressions give equal diagrams.
    static func code(for expression: RuleExpression) throws(Failure) -> RuleCode {
        var builder = RuleCodeBuilder()
        guard case .node(let entry) = try builder.write(expression, onTrue: .accept, onFalse: .reject) else {
            throw .constant
        }
        return builder.code(from: entry)
    }

    private mutating func write(
        _ expression: RuleExpression, onTrue: Place, onFalse: Place
    ) throws(Failure) -> Place {
        partCount += 1
        guard partCount <= Self.partCountMax else { throw .tooLarge }
        switch expression {
        case .test(let predicate):
            return try write(Node(predicate: predicate, onTrue: onTrue, onFalse: onFalse))
        case .not(let inner):
            return try write(inner, onTrue: onFalse, onFalse: onTrue)
        case .all(let parts):
            var next = onTrue
            for part in parts.reversed() { next = try write(part, onTrue: next, onFalse: onFalse) }
            return next
        case .any(let parts):
            var next = onFalse
            for part in parts.reversed() { next = try write(part, onTrue: onTrue, onFalse: next) }
            return next
        case .atLeast(let count, let parts):
            return try write(atLeast: count, of: parts, onTrue: onTrue, onFalse: onFalse)
        }
    }

    private mutating func write(_ node: Node) throws(Failure) -> Place {
        if node.onTrue == node.onFalse { return node.onTrue }
        if let index = known[node] { return .node(index) }
        guard nodes.count < ProgramLimit.ruleInstructionCountMax else { throw .tooLarge }
        known[node] = nodes.count
        nodes.append(node)
        return .node(nodes.count - 1)
    }

    /// Counts down: `rest[need]` is where to go on when, after the parts seen so far, `need` more must hold.
    private mutating func write(
        atLeast count: Int, of parts: [RuleExpression], onTrue: Place, onFalse: Place
    ) throws(Failure) -> Place {
        var rest = [onTrue] + Array(repeating: onFalse, count: count)
        for part in parts.reversed() {
            var before = rest
            for need in 1...count {
                before[need] = try write(part, onTrue: rest[need - 1], onFalse: rest[need])
            }
            rest = before
        }
        return rest[count]
    }

    /// The nodes that can be reached, in the opposite order to that in which they were written.
    private func code(from entry: Int) -> RuleCode {
        var isReached = Array(repeating: false, count: nodes.count)
        isReached[entry] = true
        for index in nodes.indices.reversed() where isReached[index] {
            for case .node(let next) in [nodes[index].onTrue, nodes[index].onFalse] { isReached[next] = true }
        }
        let order = nodes.indices.reversed().filter { isReached[$0] }
        var places = Array(repeating: 0, count: nodes.count)
        for (place, index) in order.enumerated() { places[index] = place }
        func target(_ place: Place) -> RuleCode.Target {
            switch place {
            case .node(let index): .instruction(places[index])
            case .accept: .accept
            case .reject: .reject
            }
        }
        return RuleCode(
            instructions: order.map { index in
                RuleCode.Instruction(
                    nodes[index].predicate, onTrue: target(nodes[index].onTrue), onFalse: target(nodes[index].onFalse))
            })
    }
}
