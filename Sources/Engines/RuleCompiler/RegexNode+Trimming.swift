extension RegexNode {
    /// An expression that is found in the same texts, with fewer ways to match.
    ///
    /// A repeat where a match begins or ends need not go on: what is left of the match after its first or last rounds
    /// are cut off is a match too, and so it is with a branch that may be empty. `(?:x|)a{2,9}` becomes `a{2}`.
    var withoutOpenEnds: RegexNode { trimmed(.beginning).trimmed(.end) }

    private enum Edge { case beginning, end }

    private func trimmed(_ edge: Edge) -> RegexNode {
        switch self {
        case .sequence(var parts):
            while let outer = edge == .beginning ? parts.first : parts.last {
                let trimmed = outer.trimmed(edge)
                parts.remove(at: edge == .beginning ? 0 : parts.count - 1)
                if trimmed == .empty { continue }
                parts.insert(trimmed, at: edge == .beginning ? 0 : parts.count)
                break
            }
            return .joined(parts)
        case .choice(let branches):
            let trimmed = branches.map { $0.trimmed(edge) }
            return trimmed.contains(.empty) ? .empty : .chosen(of: trimmed)
        case .repeated(let body, let least, _):
            return least == 0 ? .empty : least == 1 ? body.trimmed(edge) : .repeated(body, least: least, most: least)
        default: return self
        }
    }
}
