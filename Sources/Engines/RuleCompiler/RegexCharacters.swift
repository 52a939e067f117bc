import DetectionEngine

/// The classes that Python's `re` has names for, on text, and case.
enum RegexCharacters {
    /// `\d`: the general category Nd (Unicode Standard, chapter 4.5).
    static let digits = members { $0.generalCategory == .decimalNumber }

    /// `\w`: letters, whatever has a numeric value, and `_` (Python 3, `str.isalnum`).
    static let wordCharacters = RegexClass([0x5F...0x5F]).union(
        members { properties in
            switch properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
            default: properties.numericType != nil
            }
        })

    /// `\s`: bidirectional type WS, B or S, or general category Zs (Python 3, `str.isspace`).
    static let spaces = RegexClass([
        0x09...0x0D, 0x1C...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
        0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
    ])

    /// The classes of POSIX, ASCII alone as in PCRE without UCP (PCRE2 pattern, "POSIX character classes").
    static let posix: [String: RegexClass] = {
        let (digit, upper, lower): (ClosedRange<UInt32>, ClosedRange<UInt32>, ClosedRange<UInt32>) =
            (0x30...0x39, 0x41...0x5A, 0x61...0x7A)
        return [
            "alnum": RegexClass([digit, upper, lower]), "alpha": RegexClass([upper, lower]),
            "ascii": RegexClass([0...0x7F]), "blank": RegexClass([0x09...0x09, 0x20...0x20]),
            "cntrl": RegexClass([0...0x1F, 0x7F...0x7F]), "digit": RegexClass([digit]),
            "graph": RegexClass([0x21...0x7E]), "lower": RegexClass([lower]), "print": RegexClass([0x20...0x7E]),
            "punct": RegexClass([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]),
            "space": RegexClass([0x09...0x0D, 0x20...0x20]), "upper": RegexClass([upper]),
            "word": RegexClass([digit, upper, lower, 0x5F...0x5F]),
            "xdigit": RegexClass([digit, 0x41...0x46, 0x61...0x66]),
        ]
    }()

    private static func members(where isMember: (Unicode.Scalar.Properties) -> Bool) -> RegexClass {
        /// No scalar above is a letter, a digit or a number: planes 4 to 16 have tags, selectors and private use.
        let lastAssigned: UInt32 = 0x3_FFFF
        var ranges: [ClosedRange<UInt32>] = []
        var start: UInt32?
        for value in 0...lastAssigned + 1 {
            let holds = value <= lastAssigned && Unicode.Scalar(value).map { isMember($0.properties) } ?? false
            if holds, start == nil { start = value }
            if !holds, let first = start {
                ranges.append(first...value - 1)
                start = nil
            }
        }
        return RegexClass(ranges)
    }

    /// The set with the other cases of its members: of ASCII letters the ASCII ones, of others all that simple
    /// mappings join with them.
    static func ignoringCase(_ set: RegexClass) -> RegexClass {
        let letterCount: UInt32 = 26
        var added: [ClosedRange<UInt32>] = []
        for offset in 0..<letterCount {
            let (upper, lower) = (0x41 + offset, 0x61 + offset)
            if set.contains(upper) { added.append(lower...lower) }
            if set.contains(lower) { added.append(upper...upper) }
        }
        if let last = set.ranges.last, last.upperBound > 0x7F {
            for group in caseGroups where group.contains(where: set.contains) { added += group.map { $0...$0 } }
        }
        return RegexClass(set.ranges + added)
    }

    /// Scalars beyond ASCII that are equal without case. No scalar is in two groups.
    private static let caseGroups: [[UInt32]] = {
        /// No scalar of Unicode 17 above has a case.
        let lastCased: UInt32 = 0x1_FFFF
        var groups: [[UInt32]] = []
        var groupOf: [UInt32: Int] = [:]
        for value in 0x80...lastCased {
            guard let properties = Unicode.Scalar(value)?.properties else { continue }
            for mapping in [properties.lowercaseMapping, properties.uppercaseMapping] {
                let scalars = mapping.unicodeScalars
                guard let other = scalars.first?.value, scalars.count == 1, other > 0x7F, other != value else {
                    continue
                }
                join(value, other, &groups, &groupOf)
            }
        }
        return groups.filter { !$0.isEmpty }
    }()

    /// Puts two scalars into one group, with all that are in theirs.
    private static func join(
        _ first: UInt32, _ second: UInt32, _ groups: inout [[UInt32]], _ groupOf: inout [UInt32: Int]
    ) {
        let kept = groupOf[first] ?? groups.count
        if kept == groups.count { groups.append([first]) }
        groupOf[first] = kept
        let left = groupOf[second]
        guard left != kept else { return }
        let moved = left.map { groups[$0] } ?? [second]
        if let left { groups[left] = [] }
        groups[kept] += moved
        for value in moved { groupOf[value] = kept }
    }
}
