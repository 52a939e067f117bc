import DetectionEngine

extension RegexParser {
    /// Reads a class, from `[` to `]`.
    mutating func readClass() throws(RegexSyntaxError) -> RegexClass {
        let start = position
        position += 1
        let isInverted = take("^")
        let first = position
        /// Members that have other cases, and members that are a class of their own and have none.
        var (cased, named): ([ClosedRange<UInt32>], [ClosedRange<UInt32>]) = ([], [])
        while true {
            guard let sign else {
                throw invalid("class", "its closing bracket is missing; add it, or escape the opening one", at: start)
            }
            if sign == "]", position > first { break }
            if let set = try readPosixClass() {
                cased += set.ranges
                continue
            }
            let place = position
            let lower = try readMember()
            guard case .scalar(let low) = lower, let upper = try readUpperBound() else {
                switch lower {
                case .scalar(let scalar): cased.append(scalar.value...scalar.value)
                case .set(let set): named += set.ranges
                }
                continue
            }
            guard low <= upper else {
                throw invalid("class", "the range \(low)-\(upper) is empty; exchange its ends", at: place)
            }
            cased.append(low.value...upper.value)
        }
        position += 1
        var set = RegexClass(cased)
        if flags.contains(.ignoreCase) { set = RegexCharacters.ignoringCase(set) }
        set = set.union(RegexClass(named))
        return isInverted ? set.inverted() : set
    }

    /// One sign or one escape.
    private mutating func readMember() throws(RegexSyntaxError) -> Escape {
        if take("\\b") { return .scalar("\u{08}") }
        guard let sign, sign != "\\" else { return try readCommonEscape() }
        position += 1
        return .scalar(sign)
    }

    /// The end of a range whose beginning has been read; nil when a hyphen is a hyphen, or there is none.
    private mutating func readUpperBound() throws(RegexSyntaxError) -> Unicode.Scalar? {
        let start = position
        guard take("-"), let sign, sign != "]" else {
            position = start
            return nil
        }
        guard case .scalar(let upper) = try readMember() else {
            position = start
            return nil
        }
        return upper
    }

    /// Reads `[:name:]` or `[:^name:]` in a class; nil when something else stands here.
    private mutating func readPosixClass() throws(RegexSyntaxError) -> RegexClass? {
        let start = position
        guard sign == "[", position + 1 < signs.count, [":", ".", "="].contains(signs[position + 1]) else { return nil }
        let kind = signs[position + 1]
        var end = position + 2
        while end < signs.count, signs[end] == "^" || ("a"..."z").contains(signs[end]) { end += 1 }
        guard end + 1 < signs.count, signs[end] == kind, signs[end + 1] == "]" else { return nil }
        guard kind == ":" else {
            throw unsupported("collating element", "write the signs that are meant", at: start)
        }
        var name = String(String.UnicodeScalarView(signs[position + 2..<end]))
        let isInverted = name.hasPrefix("^")
        if isInverted { name.removeFirst() }
        guard let set = RegexCharacters.posix[name] else {
            let known = RegexCharacters.posix.keys.sorted().joined(separator: ", ")
            throw invalid("POSIX class", "there is no [:\(name):]; there are \(known)", at: start)
        }
        position = end + 2
        return isInverted ? set.inverted() : set
    }
}
