/// Matches wildcard patterns without going back over a `*`: each run of elements between two `*` is placed at the first
/// position where it fits, since a later one would only leave less text for the rest.
///
/// `?` stands for one Unicode scalar: a byte and up to three continuation bytes after it (RFC 3629 clause 3). In text
/// that is not UTF-8 that is still one to four bytes, so that any text has an answer.
///
/// Invariant: at most (bytes of the text + 1) times (elements + 1) steps.
struct PatternSearch: ~Copyable {
    private(set) var steps: UInt64 = 0
    /// Whether ASCII case does not count in the text; the elements are then in lower case.
    private let folds: Bool

    init(folds: Bool) { self.folds = folds }

    /// Whether the whole of `text` matches the elements `codes`.
    mutating func matches(_ text: Span<UInt8>, _ codes: Span<UInt32>) -> Bool {
        let first = Self.runEnd(codes, from: 0)
        if first == codes.count {
            return place(codes, 0..<first, in: text, at: 0) == text.count
        }
        guard var position = place(codes, 0..<first, in: text, at: 0) else { return false }
        var start = first + 1
        while true {
            let end = Self.runEnd(codes, from: start)
            if end == codes.count {
                guard start < end else { return true }
                return placeAtEnd(codes, start..<end, in: text, notBefore: position)
            }
            guard let next = search(codes, start..<end, in: text, from: position) else { return false }
            position = next
            start = end + 1
        }
    }

    /// The index of the next `*` at or after `start`, or the end.
    private static func runEnd(_ codes: Span<UInt32>, from start: Int) -> Int {
        var end = start
        while end < codes.count, codes[end] != Predicate.PatternElement.anyRunCode { end += 1 }
        return end
    }

    private func code(_ byte: UInt8) -> UInt32 { UInt32(folds ? TextFold.folded(byte) : byte) }

    /// Continuation bytes of the longest scalar (RFC 3629 clause 3).
    private static let continuationCountMax = 3

    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    /// The position after the run of elements `run` placed at `position`; nil when it does not fit there.
    private mutating func place(
        _ codes: Span<UInt32>, _ run: Range<Int>, in text: Span<UInt8>, at position: Int
    ) -> Int? {
        var position = position
        for index in run {
            steps &+= 1
            guard position < text.count else { return nil }
            if codes[index] == Predicate.PatternElement.oneCode {
                position += 1
                let limit = min(text.count, position + Self.continuationCountMax)
                while position < limit, Self.isContinuation(text[position]) { position += 1 }
            } else {
                guard codes[index] == code(text[position]) else { return nil }
                position += 1
            }
        }
        return position
    }

    /// The position after the first place at or after `start` where the run fits; nil when there is none.
    private mutating func search(
        _ codes: Span<UInt32>, _ run: Range<Int>, in text: Span<UInt8>, from start: Int
    ) -> Int? {
        guard let first = run.first else { return start }
        let beginsWithOne = codes[first] == Predicate.PatternElement.oneCode
        var position = start
        while position < text.count {
            // A `?` does not begin inside a scalar.
            let mayBegin = beginsWithOne ? !Self.isContinuation(text[position]) : codes[first] == code(text[position])
            if mayBegin {
                if let end = place(codes, run, in: text, at: position) { return end }
            } else {
                steps &+= 1
            }
            position += 1
        }
        return nil
    }

    /// Whether the run fits at the end of the text, beginning at or after `start`.
    private mutating func placeAtEnd(
        _ codes: Span<UInt32>, _ run: Range<Int>, in text: Span<UInt8>, notBefore start: Int
    ) -> Bool {
        var position = text.count
        for index in run.reversed() {
            steps &+= 1
            guard position > start else { return false }
            position -= 1
            if codes[index] == Predicate.PatternElement.oneCode {
                let limit = max(start, position - Self.continuationCountMax)
                while position > limit, Self.isContinuation(text[position]) { position -= 1 }
            } else {
                guard codes[index] == code(text[position]) else { return false }
            }
        }
        return true
    }
}
