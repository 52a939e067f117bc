/// Which key was meant by one that is not known.
enum KeySuggestion {
    /// The nearest of `keys`, if it is near: a slip or two, another way to join the words, or more or fewer of them.
    static func nearest(to key: String, among keys: [String]) -> String? {
        let letters = normalized(key)
        // The distance is quadratic; what is much longer than any key is near none.
        guard (1...40).contains(letters.count) else { return nil }
        let ranked = keys.map { (key: $0, distance: distance(letters, normalized($0))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        if best.distance <= max(1, letters.count / 3) { return best.key }
        // `tuesday` for `tue`, `loss` for `loss_budget`.
        return keys.first { key in
            let known = normalized(key)
            return min(known.count, letters.count) >= 3 && (letters.starts(with: known) || known.starts(with: letters))
        }
    }

    /// A key as a message repeats it.
    static func shown(_ key: String) -> String {
        key.count > SourceScalar.quotedCountMax ? key.prefix(SourceScalar.quotedCountMax - 1) + "…" : key
    }

    /// Without what tells `lossBudget`, `loss-budget` and `loss_budget` apart.
    private static func normalized(_ key: String) -> [Character] {
        key.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
    }

    /// Insertions, deletions, replacements, and swaps of neighbours that make one of the other.
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var rows = [Array(0...right.count)]
        for row in 1..<left.count + 1 {
            var current = [row] + Array(repeating: 0, count: right.count)
            for column in 1..<right.count + 1 {
                let isSame = left[row - 1] == right[column - 1]
                current[column] = min(
                    rows[row - 1][column] + 1, current[column - 1] + 1, rows[row - 1][column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    current[column] = min(current[column], rows[row - 2][column - 2] + 1)
                }
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}

/// What to do about a value that is not allowed.
enum ValueHint {
    static func hint(for node: SourceNode, _ field: PolicyField) -> String {
        let example = "write for example `\(field.key): \(field.example)`"
        guard let scalar = node.scalar, !node.isNull else {
            switch field.shape {
            case .group, .map: return "write its keys below it, indented by two spaces"
            case .maps: return "write a list: each element begins with `- `"
            default: return example
            }
        }
        switch field.shape {
        case .count, .number:
            return !scalar.isPlain && ScalarForm.number(scalar.text) != nil ? "remove the quotes" : example
        case .span: return spanHint(scalar.text) ?? example
        case .text where scalar.isTextOnlyInQuotes: return "put it into quotes: \"\(scalar.text)\""
        case .word(let words), .words(let words, _, _):
            guard let word = KeySuggestion.nearest(to: scalar.text, among: words) else { return example }
            return "did you mean `\(word)`?"
        case .group, .map: return "write its keys below it, indented by two spaces"
        case .maps: return "write a list: each element begins with `- `"
        default: return example
        }
    }

    /// The span that was probably meant.
    private static func spanHint(_ text: String) -> String? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        guard !digits.isEmpty, digits.utf8.count <= 9 else { return nil }
        if unit.isEmpty { return "add the unit: `\(digits)s`, `\(digits)m` or `\(digits)h`" }
        let meant: String? =
            switch unit {
            case "ms", "msec", "millis", "milliseconds": "ms"
            case "s", "sec", "secs", "second", "seconds": "s"
            case "m", "min", "mins", "minute", "minutes": "m"
            case "h", "hr", "hrs", "hour", "hours": "h"
            case "d", "day", "days": "d"
            default: nil
            }
        if let meant { return "write `\(digits)\(meant)`" }
        return "write one number and one unit of ms, s, m, h, d, as in `90m`"
    }
}
