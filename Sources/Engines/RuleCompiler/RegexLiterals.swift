import DetectionEngine

/// What every text that a node matches has in it.
///
/// Bytes are in ASCII lower case. Sound because a scalar of a text that matches a scalar of the node has the same bytes
/// but for ASCII case, except U+FFFD, which bytes that are not UTF-8 count as.
struct RegexLiterals {
    /// All that the node's part of a text can be; nil when these are too many or too long to be told.
    private var whole: Set<[UInt8]>?
    /// Of these every text has at least one in it; nil when nothing is known.
    private var required: Set<[UInt8]>?

    init(of node: RegexNode) {
        switch node {
        case .empty, .assert, .boundary: self.init(whole: [[]])
        case .any, .anyButNewline: self.init(whole: nil)
        case .scalar(let scalar): self.init(whole: Self.bytes(of: scalar).map { [$0] })
        case .set(let set): self.init(whole: Self.bytes(of: set))
        case .sequence(let parts): self = Self.sequence(parts.lazy.map { RegexLiterals(of: $0) })
        case .choice(let branches): self = Self.choice(branches.map { RegexLiterals(of: $0) })
        case .repeated(let body, let least, let most):
            let once = RegexLiterals(of: body)
            if least == 0 {
                self = most == 1 ? Self.choice([once, RegexLiterals(whole: [[]])]) : RegexLiterals(whole: nil)
            } else {
                // More times than bytes are kept tell nothing more.
                let times = min(least, RegexSyntaxLimit.literalBytesMax)
                let isExact = most == least && times == least
                self = Self.sequence(
                    Array(repeating: once, count: times) + (isExact ? [] : [RegexLiterals(whole: nil)]))
            }
        }
    }

    private init(whole: Set<[UInt8]>?, required: Set<[UInt8]>? = nil) {
        self.whole = whole
        self.required = Self.better(whole, required)
    }

    /// Sets of which each has a member in every text that matches, the longest first.
    static func sets(of node: RegexNode) -> [[[UInt8]]] {
        guard case .sequence(let parts) = node else {
            return RegexLiterals(of: node).chosen.map { [$0] } ?? []
        }
        var found: [RegexLiterals] = []
        var run: Set<[UInt8]> = [[]]
        for part in parts {
            let literals = RegexLiterals(of: part)
            if let next = literals.whole, let longer = product(run, next) {
                run = longer
                continue
            }
            found.append(RegexLiterals(whole: nil, required: run))
            if literals.whole == nil { found.append(RegexLiterals(whole: nil, required: literals.required)) }
            run = literals.whole ?? [[]]
        }
        found.append(RegexLiterals(whole: nil, required: run))
        var sets: [[[UInt8]]] = []
        for set in found.compactMap(\.chosen) where !sets.contains(set) { sets.append(set) }
        func rank(_ set: [[UInt8]]) -> (Int, Int) { (-(set.map(\.count).min() ?? 0), set.count) }
        let ranked = sets.enumerated().sorted { left, right in
            let (first, second) = (rank(left.element), rank(right.element))
            return first == second ? left.offset < right.offset : first < second
        }
        return ranked.prefix(RegexSyntaxLimit.literalSetCountMax).map(\.element)
    }

    /// The required literals, when they are worth a look.
    var chosen: [[UInt8]]? {
        guard let required, Self.shortest(required) >= RegexSyntaxLimit.literalBytesMin else { return nil }
        // A text that has a literal in it has every part of that literal in it.
        let needed = required.filter { literal in
            !required.contains { $0.count < literal.count && Self.contains(literal, $0) }
        }
        return needed.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        (0...text.count - part.count).contains { text[$0...].starts(with: part) }
    }

    private static func bytes(of scalar: Unicode.Scalar) -> [UInt8]? {
        scalar.value == 0xFFFD ? nil : Array(String(scalar).utf8).map(TextFold.folded)
    }

    /// Nil for a class with a scalar beyond ASCII, and for one that is empty or too large.
    private static func bytes(of set: RegexClass) -> Set<[UInt8]>? {
        guard let last = set.ranges.last, last.upperBound <= 0x7F else { return nil }
        let members = Set(set.ranges.joined().map { [TextFold.folded(UInt8(truncatingIfNeeded: $0))] })
        return members.count <= RegexSyntaxLimit.literalClassCountMax ? members : nil
    }

    /// 0 when nothing is known.
    private static func shortest(_ literals: Set<[UInt8]>) -> Int { literals.map(\.count).min() ?? 0 }

    /// The set whose shortest member is longer; of two alike the smaller one. Nil when neither tells anything.
    private static func better(_ first: Set<[UInt8]>?, _ second: Set<[UInt8]>?) -> Set<[UInt8]>? {
        let useful = [first, second].compactMap { $0 }.filter { shortest($0) > 0 }
        return useful.max { (shortest($0), -$0.count) < (shortest($1), -$1.count) }
    }

    private static func sequence(_ parts: some Sequence<RegexLiterals>) -> RegexLiterals {
        var required: Set<[UInt8]>?
        // All that the parts since `isWhole` was lost can be.
        var (run, isWhole): (Set<[UInt8]>, Bool) = ([[]], true)
        for part in parts {
            required = better(required, part.required)
            if let next = part.whole, let longer = product(run, next) {
                run = longer
            } else {
                required = better(required, run)
                run = part.whole ?? [[]]
                isWhole = false
            }
        }
        required = better(required, run)
        return RegexLiterals(whole: isWhole ? run : nil, required: required)
    }

    /// Each member of the first followed by each of the second; nil when these are too many or too long.
    private static func product(_ first: Set<[UInt8]>, _ second: Set<[UInt8]>) -> Set<[UInt8]>? {
        guard first.count * second.count <= RegexSyntaxLimit.literalCountMax else { return nil }
        let all = first.flatMap { head in second.map { head + $0 } }
        return all.allSatisfy { $0.count <= RegexSyntaxLimit.literalBytesMax } ? Set(all) : nil
    }

    private static func choice(_ branches: [RegexLiterals]) -> RegexLiterals {
        var (whole, required): (Set<[UInt8]>?, Set<[UInt8]>?) = ([], [])
        for branch in branches {
            whole = whole.flatMap { all in branch.whole.map { all.union($0) } }
            required = required.flatMap { all in branch.required.map { all.union($0) } }
        }
        let countMax = RegexSyntaxLimit.literalCountMax
        return RegexLiterals(
            whole: whole.flatMap { $0.count <= countMax ? $0 : nil },
            required: required.flatMap { $0.count <= countMax ? $0 : nil })
    }
}
