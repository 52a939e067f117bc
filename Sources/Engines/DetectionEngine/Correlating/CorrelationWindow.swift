/// What one group of one correlation has seen within the time span.
struct CorrelationWindow: Sendable {
    /// Moments in milliseconds, ascending, with the value or the source that came then.
    private(set) var entries: [Entry] = []
    /// Of ordered correlations, by source: when the latest row of matches up to this source began; nil for none.
    private var beginnings: [Int64?] = []
    /// Whether the condition held at the last match, which was told then.
    private var holds = false
    private(set) var newest = Int64.min

    struct Entry: Sendable {
        var at: Int64
        /// A value's hash, or the index of a source.
        var mark: UInt64
    }

    /// What a match is, to its correlation.
    struct Input {
        var at: Int64
        var source: Int
        /// The counted value, of `valueCount`.
        var value: UInt64
    }

    /// Takes a match, and tells whether the correlation matches with it: when its condition begins to hold, and not
    /// again while it goes on to hold.
    mutating func take(_ input: Input, _ correlation: DetectionProgram.Correlation) -> Bool {
        let span = correlation.timespanSeconds * 1_000
        // A match that comes late counts as if it came with the newest; one that is too late counts nowhere.
        guard newest == .min || input.at >= newest - span else { return false }
        let at = max(input.at, newest)
        newest = at
        if correlation.kind == .temporalOrdered { return takeOrdered(at, input.source, span, correlation) }
        forget(before: at - span)
        let mark: UInt64 =
            switch correlation.kind {
            case .eventCount: 0
            case .valueCount: input.value
            case .temporal, .temporalOrdered: UInt64(input.source)
            }
        if correlation.kind != .eventCount { entries.removeAll { $0.mark == mark } }
        entries.append(Entry(at: at, mark: mark))
        let keptMax = Int(CorrelationLimit.boundMax) + 1
        if entries.count > keptMax { entries.removeFirst(entries.count - keptMax) }
        let held = holds
        holds = Self.isMet(correlation, count: Int64(entries.count))
        return holds && !held
    }

    private mutating func forget(before moment: Int64) {
        let kept = entries.firstIndex { $0.at >= moment } ?? entries.endIndex
        entries.removeFirst(kept)
    }

    private mutating func takeOrdered(
        _ at: Int64, _ source: Int, _ span: Int64, _ correlation: DetectionProgram.Correlation
    ) -> Bool {
        let count = correlation.sources.count
        if beginnings.count != count { beginnings = Array(repeating: nil, count: count) }
        guard source > 0 else {
            beginnings[0] = at
            return count == 1
        }
        guard let beginning = beginnings[source - 1], at - beginning <= span else { return false }
        beginnings[source] = beginning
        guard source == count - 1 else { return false }
        beginnings = Array(repeating: nil, count: count)
        return true
    }

    private static func isMet(_ correlation: DetectionProgram.Correlation, count: Int64) -> Bool {
        if correlation.bounds.isEmpty { return count == correlation.sources.count }
        return correlation.bounds.allSatisfy { DetectionNumber.compare(count, $0.order, $0.count) }
    }
}
