/// Makes a decision diagram of an expression, from its end to its beginning: where a part goes on when it holds and
/// when it does not is known before the part is written, so that every jump goes forward.
struct DiagramBuilder {
    /// Why no diagram was made.
    enum Failure: Error, Equatable {
        /// More than `ProgramLimit.ruleInstructionCountMax` instructions.
        case tooLarge
        /// The expression asks nothing of the event.
        case constant
    }

    /// One instruction: which predicate to ask, and where to go on. Places are `Int32` as in `Instruction`, counted
    /// from the rule's first.
    struct Node: Hashable {
        var predicate: Int
        var onTrue: Int32
        var onFalse: Int32
    }

    private var nodes: [Node] = []
    private var known: [Node: Int32] = [:]
    /// By predicate: cheap ones are asked first.
    private let prices: [Int]
    /// Parts written, the same part in two places counted twice: the bound of the time that building takes.
    private var partCount = 0
    private static let partCountMax = 8 * ProgramLimit.ruleInstructionCountMax

    /// The diagram of `expression`. Equal expressions give equal diagrams.
    static func diagram(of expression: PlannedExpression, prices: [Int]) throws(Failure) -> [Node] {
        var builder = DiagramBuilder(prices: prices)
        let entry = try builder.write(
            expression, onTrue: DetectionProgram.Instruction.accept, onFalse: DetectionProgram.Instruction.reject)
        guard entry >= 0 else { throw .constant }
        return builder.diagram(from: Int(entry))
    }

    private init(prices: [Int]) { self.prices = prices }

    private mutating func write(
        _ expression: PlannedExpression, onTrue: Int32, onFalse: Int32
    ) throws(Failure) -> Int32 {
        partCount += 1
        guard partCount <= Self.partCountMax else { throw .tooLarge }
        switch expression {
        case .predicate(let number): return try write(Node(predicate: number, onTrue: onTrue, onFalse: onFalse))
        case .not(let inner): return try write(inner, onTrue: onFalse, onFalse: onTrue)
        case .all(let parts):
            var next = onTrue
            for part in sorted(parts).reversed() { next = try write(part, onTrue: next, onFalse: onFalse) }
            return next
        case .any(let parts):
            var next = onFalse
            for part in sorted(parts).reversed() { next = try write(part, onTrue: onTrue, onFalse: next) }
            return next
        case .atLeast(let count, let parts):
            return try write(atLeast: count, of: parts, onTrue: onTrue, onFalse: onFalse)
        }
    }

    private mutating func write(_ node: Node) throws(Failure) -> Int32 {
        if node.onTrue == node.onFalse { return node.onTrue }
        if let index = known[node] { return index }
        guard nodes.count < ProgramLimit.ruleInstructionCountMax else { throw .tooLarge }
        let index = Int32(truncatingIfNeeded: nodes.count)
        known[node] = index
        nodes.append(node)
        return index
    }

    /// Counts down: `rest[need]` is where to go on when, after the parts seen so far, `need` more must hold.
    private mutating func write(
        atLeast count: Int, of parts: [PlannedExpression], onTrue: Int32, onFalse: Int32
    ) throws(Failure) -> Int32 {
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

    /// Cheapest first; equals stay in the order of the source.
    private func sorted(_ parts: [PlannedExpression]) -> [PlannedExpression] {
        let priced = parts.enumerated().map { (price: price($0.element), offset: $0.offset, part: $0.element) }
        return priced.sorted { ($0.price, $0.offset) < ($1.price, $1.offset) }.map(\.part)
    }

    private func price(_ expression: PlannedExpression) -> Int {
        switch expression {
        case .predicate(let number): prices[number]
        case .not(let inner): price(inner)
        case .all(let parts), .any(let parts), .atLeast(_, let parts): parts.map { price($0) }.max() ?? 0
        }
    }

    /// The nodes that can be reached, in the opposite order to that in which they were written.
    private func diagram(from entry: Int) -> [Node] {
        var isReached = Array(repeating: false, count: nodes.count)
        isReached[entry] = true
        for index in nodes.indices.reversed() where isReached[index] {
            for next in [nodes[index].onTrue, nodes[index].onFalse] where next >= 0 { isReached[Int(next)] = true }
        }
        let order = nodes.indices.reversed().filter { isReached[$0] }
        var places = Array(repeating: Int32(0), count: nodes.count)
        for (place, index) in order.enumerated() { places[index] = Int32(truncatingIfNeeded: place) }
        return order.map { index in
            var node = nodes[index]
            if node.onTrue >= 0 { node.onTrue = places[Int(node.onTrue)] }
            if node.onFalse >= 0 { node.onFalse = places[Int(node.onFalse)] }
            return node
        }
    }
}
