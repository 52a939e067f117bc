/// A set of Unicode scalars.
///
/// Invariant: the ranges are in order, and between two of them there is at least one scalar. Values are those of
/// scalars, 0 to 0x10FFFF; surrogates may be members, and no text has one.
package struct RegexClass: Hashable, Sendable {
    package private(set) var ranges: [ClosedRange<UInt32>]

    /// The last code point (Unicode Standard, D9).
    package static let lastValue: UInt32 = 0x10FFFF

    /// The set of all members of `ranges`, which come in any order, may overlap, and are cut at `lastValue`.
    package init(_ ranges: [ClosedRange<UInt32>] = []) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.lowerBound <= Self.lastValue {
            let upperBound = min(range.upperBound, Self.lastValue)
            if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, upperBound)
            } else {
                merged.append(range.lowerBound...upperBound)
            }
        }
        self.ranges = merged
    }

    /// Every scalar.
    package static let all = RegexClass([0...lastValue])

    /// Members; surrogates count.
    package var count: Int { ranges.reduce(0) { $0 + $1.count } }

    package func contains(_ value: UInt32) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if value > ranges[middle].upperBound { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= value
    }

    package func union(_ other: RegexClass) -> RegexClass { RegexClass(ranges + other.ranges) }

    /// Every scalar that is no member.
    package func inverted() -> RegexClass {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= Self.lastValue { gaps.append(next...Self.lastValue) }
        return RegexClass(gaps)
    }
}
