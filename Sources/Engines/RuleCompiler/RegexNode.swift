import DetectionEngine

/// A regular expression as a tree. Flags and names of classes have been resolved.
indirect enum RegexNode: Equatable {
    case empty
    case scalar(Unicode.Scalar)
    case set(RegexClass)
    case any
    case anyButNewline
    /// A place that is not `\b` or `\B`.
    case assert(RegexAssertion)
    /// `\b`, or `\B` when `holds` is false.
    case boundary(holds: Bool)
    case sequence([RegexNode])
    case choice([RegexNode])
    /// At least `least` times, and at most `most` times, or without an end when that is nil.
    case repeated(RegexNode, least: Int, most: Int?)

    /// One scalar of a class.
    static func one(of set: RegexClass) -> RegexNode {
        if set.count == 1, let value = set.ranges.first?.lowerBound, let scalar = Unicode.Scalar(value) {
            return .scalar(scalar)
        }
        return .set(set)
    }

    /// The parts after each other.
    static func joined(_ parts: [RegexNode]) -> RegexNode {
        parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    /// One of the branches. Branches that take one scalar become one class, since their order does not count.
    static func chosen(of branches: [RegexNode]) -> RegexNode {
        let sets = branches.compactMap(\.scalars)
        guard sets.count > 1 else { return branches.count == 1 ? branches[0] : .choice(branches) }
        let merged = one(of: RegexClass(sets.flatMap(\.ranges)))
        let others = branches.filter { $0.scalars == nil }
        return others.isEmpty ? merged : .choice([merged] + others)
    }

    /// The scalars of which the node takes exactly one; nil when it is no such node.
    private var scalars: RegexClass? {
        switch self {
        case .scalar(let scalar): RegexClass([scalar.value...scalar.value])
        case .set(let set): set
        default: nil
        }
    }

    /// Whether it takes nothing wherever it holds. A repeat of it is refused unless it is in a group, as Python does.
    var isPlace: Bool {
        switch self {
        case .assert, .boundary: true
        default: false
        }
    }
}
