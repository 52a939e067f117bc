/// Keys that are in a map twice. The parser says which, and stops; here each is found, noted, and given another name of
/// the same length, so that the parser goes on and every other problem keeps its place.
struct RepeatedKeys {
    private(set) var text: String
    private(set) var problems: [Problem] = []

    /// Private-use characters stand for what was renamed; policies have no use for them.
    private static let firstReplacement: UInt32 = 0xE000
    /// Renamed in one file; each costs another parse.
    private static let countMax = 16

    init(_ text: String) { self.text = text }

    /// Whether a key is one that was renamed.
    func isReplacement(_ key: String) -> Bool {
        let used = Self.firstReplacement..<Self.firstReplacement + UInt32(problems.count)
        return key.unicodeScalars.first.map { used.contains($0.value) } ?? false
    }

    /// Renames the next of `keys` after the place of its first. False where none was found.
    mutating func rename(_ keys: [String], after first: SourceMark) -> Bool {
        guard problems.count < Self.countMax else { return false }
        for key in keys where !key.isEmpty {
            if let place = place(of: Array(key.unicodeScalars), after: first) {
                replace(at: place.index, count: key.unicodeScalars.count)
                problems.append(
                    Problem(
                        mark: place.mark, path: key, found: "the key twice, first in line \(first.line)",
                        allowed: "once", reason: "one of the two would be lost", nextStep: "keep one of the two"))
                return true
            }
        }
        return false
    }

    private mutating func replace(at index: Int, count: Int) {
        var scalars = Array(text.unicodeScalars)
        let replacement = Unicode.Scalar(Self.firstReplacement + UInt32(problems.count)) ?? "\u{E000}"
        for position in index..<index + count { scalars[position] = replacement }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        text = String(view)
    }

    /// The next place after `first` where the key stands in the same map: in a block, in the same column before a line
    /// that is indented less; in braces, before they close.
    private func place(of key: [Unicode.Scalar], after first: SourceMark) -> (index: Int, mark: SourceMark)? {
        let scalars = Array(text.unicodeScalars)
        var mark = SourceMark.start
        var depth = 0
        var isInBraces = false
        var isPastFirst = false
        for (index, scalar) in scalars.enumerated() {
            if mark == first {
                let before = scalars[..<index].reversed().prefix { $0 != "\n" }.first { $0 != " " && $0 != "\"" }
                isInBraces = before == "{" || before == ","
                isPastFirst = true
            } else if isPastFirst {
                let isFree = index == 0 || " \n{,\"'".unicodeScalars.contains(scalars[index - 1])
                let isQuoted = index > 0 && "\"'".unicodeScalars.contains(scalars[index - 1])
                let column = mark.column - (isQuoted ? 1 : 0)
                let isHere = isInBraces ? depth == 0 : column == first.column
                if isHere, isFree, isKey(key, at: index, of: scalars) { return (index, mark) }
                if isInBraces {
                    if scalar == "{" || scalar == "[" { depth += 1 }
                    if scalar == "}" || scalar == "]" { depth -= 1 }
                    if depth < 0 { return nil }
                } else if mark.column < first.column, scalar != " ", scalar != "\n", scalar != "\r", scalar != "#",
                    isIndentation(before: index, of: scalars)
                {
                    return nil
                }
            }
            mark.pass(scalar)
        }
        return nil
    }

    private func isIndentation(before index: Int, of scalars: [Unicode.Scalar]) -> Bool {
        scalars[..<index].reversed().prefix { $0 != "\n" }.allSatisfy { $0 == " " }
    }

    /// Whether the key stands at `index`, with its colon after it.
    private func isKey(_ key: [Unicode.Scalar], at index: Int, of scalars: [Unicode.Scalar]) -> Bool {
        guard scalars[index...].starts(with: key) else { return false }
        let rest = scalars[(index + key.count)...].drop { $0 == " " || $0 == "\"" || $0 == "'" }
        return rest.first == ":"
    }
}
