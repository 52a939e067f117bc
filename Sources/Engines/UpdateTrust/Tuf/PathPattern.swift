/// Patterns of target paths (TUF 4.5, PATHPATTERN): `*`, `?` and `[…]` as in the shell, never across a slash.
enum PathPattern {
    static func matches(_ path: String, _ pattern: String) -> Bool {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let patterns = pattern.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == patterns.count else { return false }
        return zip(parts, patterns).allSatisfy { matches(scalars($0), scalars($1)) }
    }

    private static func scalars(_ part: Substring.UTF8View) -> [Unicode.Scalar] {
        Array(String(Substring(part)).unicodeScalars)
    }

    /// Complexity: linear in the product of the lengths: only the last star is ever taken back.
    private static func matches(_ text: [Unicode.Scalar], _ pattern: [Unicode.Scalar]) -> Bool {
        var place = 0
        var index = 0
        var star: (pattern: Int, text: Int)?
        while place < text.count {
            if index < pattern.count, pattern[index] == "*" {
                star = (index + 1, place)
                index += 1
            } else if let next = single(text[place], pattern, at: index) {
                index = next
                place += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                index = last.pattern
                place = last.text + 1
            } else {
                return false
            }
        }
        return pattern[index...].allSatisfy { $0 == "*" }
    }

    /// The pattern's index after the one element that takes `scalar`; nil when the element does not take it.
    private static func single(_ scalar: Unicode.Scalar, _ pattern: [Unicode.Scalar], at index: Int) -> Int? {
        guard index < pattern.count else { return nil }
        switch pattern[index] {
        case "?": return index + 1
        case "[":
            guard let set = set(in: pattern, at: index) else { return scalar == "[" ? index + 1 : nil }
            return set.ranges.contains { $0.contains(scalar) } != set.isNegated ? set.end : nil
        case let literal: return literal == scalar ? index + 1 : nil
        }
    }

    /// The set that begins at `index`; nil when nothing ends it, and the bracket stands for itself.
    private static func set(in pattern: [Unicode.Scalar], at index: Int)
        -> (ranges: [ClosedRange<Unicode.Scalar>], isNegated: Bool, end: Int)?
    {
        var next = index + 1
        let isNegated = next < pattern.count && pattern[next] == "!"
        if isNegated { next += 1 }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        // A closing bracket that comes first is an element.
        let first = next
        while next < pattern.count, pattern[next] != "]" || next == first {
            if next + 2 < pattern.count, pattern[next + 1] == "-", pattern[next + 2] != "]" {
                if pattern[next] <= pattern[next + 2] { ranges.append(pattern[next]...pattern[next + 2]) }
                next += 3
            } else {
                ranges.append(pattern[next]...pattern[next])
                next += 1
            }
        }
        return next < pattern.count ? (ranges, isNegated, next + 1) : nil
    }
}
