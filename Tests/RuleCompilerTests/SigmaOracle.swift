import Foundation

/// A second reading of Sigma for the differential test: it takes a rule's detection as it is written and an event as it
/// is sent, walks both, and shares no code with compiler or interpreter. As slow and as plain as can be.
struct SigmaOracle {
    var placeholders: [String: [String]] = [:]
    /// What the test of the test switches off: case is then compared always.
    var foldsCase = true

    private enum Token: Equatable {
        case scalar(Unicode.Scalar)
        case one
        case run
    }

    // MARK: Detection

    func matches(_ detection: [String: Any], _ event: [String: Any]) -> Bool {
        var held: [String: Bool] = [:]
        for (name, selection) in detection where name != "condition" { held[name] = holds(selection, event) }
        let conditions = detection["condition"] as? [String] ?? [detection["condition"] as? String ?? ""]
        return conditions.contains { text in
            let spaced = text.replacing("(", with: " ( ").replacing(")", with: " ) ")
            var words = spaced.split(separator: " ").map(String.init)[...]
            return either(&words, held)
        }
    }

    private func either(_ words: inout ArraySlice<String>, _ held: [String: Bool]) -> Bool {
        var result = both(&words, held)
        while words.first == "or" {
            words.removeFirst()
            let other = both(&words, held)
            result = result || other
        }
        return result
    }

    private func both(_ words: inout ArraySlice<String>, _ held: [String: Bool]) -> Bool {
        var result = single(&words, held)
        while words.first == "and" {
            words.removeFirst()
            let other = single(&words, held)
            result = result && other
        }
        return result
    }

    private func single(_ words: inout ArraySlice<String>, _ held: [String: Bool]) -> Bool {
        guard let word = words.popFirst() else { return false }
        if word == "not" { return !single(&words, held) }
        if word == "(" {
            let result = either(&words, held)
            words.removeFirst()
            return result
        }
        guard words.first == "of" else { return held[word] == true }
        words.removeFirst()
        let pattern = words.removeFirst()
        let chosen = held.filter { name, _ in
            guard !name.hasPrefix("_") || pattern.hasPrefix("_") else { return false }
            return pattern == "them" || name == pattern
                || pattern.hasSuffix("*") && name.hasPrefix(pattern.dropLast())
        }.values
        return word == "all" ? !chosen.contains(false) : chosen.count { $0 } >= (Int(word) ?? 1)
    }

    private func holds(_ selection: Any, _ event: [String: Any]) -> Bool {
        switch selection {
        case let list as [Any]: list.contains { holds($0, event) }
        case let map as [String: Any]: map.allSatisfy { holds($0.key, $0.value, event) }
        default: keyword(selection, [], event)
        }
    }

    private func holds(_ key: String, _ value: Any, _ event: [String: Any]) -> Bool {
        let parts = key.components(separatedBy: "|")
        let modifiers = parts.dropFirst().filter { $0 != "all" && $0 != "neq" }
        let values = value as? [Any] ?? [value]
        let results = values.map { value in
            parts[0].isEmpty ? keyword(value, modifiers, event) : holds(parts[0], value, modifiers, event)
        }
        let result = parts.contains("all") ? !results.contains(false) : results.contains(true)
        return parts.contains("neq") ? !result : result
    }

    private func keyword(_ value: Any, _ modifiers: [String], _ event: [String: Any]) -> Bool {
        let isPlain = !modifiers.contains("re") && !modifiers.contains("contains")
        return event.contains { name, found in
            !name.hasPrefix("@")
                && elements(found).contains { test($0, value, modifiers + (isPlain ? ["contains"] : [])) }
        }
    }

    // MARK: Fields

    private func elements(_ value: Any) -> [Any] { (value as? [Any] ?? [value]).filter { !($0 is NSNull) } }

    private func holds(_ field: String, _ value: Any, _ modifiers: [String], _ event: [String: Any]) -> Bool {
        let found = event[field]
        if modifiers == ["exists"] { return (found != nil) == (value as? Bool) }
        if value is NSNull { return found == nil || found is NSNull }
        guard let found else { return false }
        guard modifiers.contains("fieldref") else { return elements(found).contains { test($0, value, modifiers) } }
        guard let name = value as? String, let other = event[name] else { return false }
        return elements(found).contains { left in
            elements(other).contains { right in compare(text(left), text(right), modifiers) }
        }
    }

    private func compare(_ left: String, _ right: String, _ modifiers: [String]) -> Bool {
        let isCased = modifiers.contains("cased")
        let tokens = fold(right.unicodeScalars.map { .scalar($0) }, isCased)
        return fits(placed(tokens, modifiers), fold(Array(left.unicodeScalars), isCased))
    }

    private func text(_ value: Any) -> String {
        guard let number = value as? NSNumber else { return value as? String ?? "" }
        return isBoolean(number) ? (number.boolValue ? "true" : "false") : "\(number)"
    }

    private func isBoolean(_ value: Any) -> Bool {
        (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
    }

    /// Whether one value of the event is what one value of the rule asks for.
    private func test(_ found: Any, _ value: Any, _ modifiers: [String]) -> Bool {
        if modifiers.contains("re") { return regex(found, value, modifiers) }
        if modifiers == ["cidr"] { return SigmaOracleNetwork(text(value)).contains(text(found)) }
        for order in ["lt", "lte", "gt", "gte"] where modifiers.contains(order) {
            let digits = text(found).drop { $0 == "-" }
            guard !isBoolean(found), digits.first?.isNumber == true, let left = Double(text(found)),
                let right = value as? Double
            else { return false }
            switch order {
            case "lt": return left < right
            case "lte": return left <= right
            case "gt": return left > right
            default: return left >= right
            }
        }
        let isCased = modifiers.contains("cased")
        let scalars = fold(Array(text(found).unicodeScalars), isCased)
        return variants(text(value), modifiers).contains { fits(fold($0, isCased), scalars) }
    }

    private func regex(_ found: Any, _ value: Any, _ modifiers: [String]) -> Bool {
        var options: NSRegularExpression.Options = []
        if modifiers.contains("i") { options.insert(.caseInsensitive) }
        if modifiers.contains("m") { options.insert(.anchorsMatchLines) }
        if modifiers.contains("s") { options.insert(.dotMatchesLineSeparators) }
        guard let regex = try? NSRegularExpression(pattern: text(value), options: options) else { return false }
        let text = text(found)
        return regex.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }

    // MARK: Texts

    /// The forms of a value, each modifier applied to what the one before it made.
    private func variants(_ value: String, _ modifiers: [String]) -> [[Token]] {
        var forms = [tokens(value)]
        for modifier in modifiers {
            switch modifier {
            case "expand": forms = forms.flatMap { expanded($0) }
            case "windash": forms = forms.flatMap { dashed($0[...], after: nil) }
            case "wide", "utf16le": forms = forms.map { $0.flatMap { widened($0, isBigEndian: false) } }
            case "utf16be": forms = forms.map { $0.flatMap { widened($0, isBigEndian: true) } }
            case "base64": forms = forms.map { base64($0, shift: 0, isWhole: true) }
            case "base64offset":
                forms = forms.flatMap { form in (0..<3).map { base64(form, shift: $0, isWhole: false) } }
            default: break
            }
        }
        return forms.map { placed($0, modifiers) }
    }

    private func tokens(_ value: String) -> [Token] {
        let scalars = Array(value.unicodeScalars)
        var (tokens, index): ([Token], Int) = ([], 0)
        while index < scalars.count {
            if scalars[index] == "\\", index + 1 < scalars.count, ["*", "?", "\\"].contains(scalars[index + 1]) {
                tokens.append(.scalar(scalars[index + 1]))
                index += 2
                continue
            }
            tokens.append(scalars[index] == "*" ? .run : scalars[index] == "?" ? .one : .scalar(scalars[index]))
            index += 1
        }
        return tokens
    }

    private func placed(_ tokens: [Token], _ modifiers: [String]) -> [Token] {
        let isAnywhere = modifiers.contains("contains")
        return (isAnywhere || modifiers.contains("endswith") ? [.run] : []) + tokens
            + (isAnywhere || modifiers.contains("startswith") ? [.run] : [])
    }

    private func expanded(_ tokens: [Token]) -> [[Token]] {
        for start in tokens.indices {
            for (name, values) in placeholders {
                let mark = "%\(name)%".unicodeScalars.map { Token.scalar($0) }
                guard tokens[start...].starts(with: mark) else { continue }
                let rest = expanded(Array(tokens[(start + mark.count)...]))
                return values.flatMap { value in rest.map { tokens[..<start] + self.tokens(value) + $0 } }
            }
        }
        return [tokens]
    }

    private func dashed(_ tokens: ArraySlice<Token>, after before: Token?) -> [[Token]] {
        guard let first = tokens.first else { return [[]] }
        let rest = dashed(tokens.dropFirst(), after: first)
        let isDash = first == .scalar("-") || first == .scalar("/")
        guard isDash, !isWord(before), isWord(tokens.dropFirst().first) else { return rest.map { [first] + $0 } }
        return "-/\u{2013}\u{2014}\u{2015}".unicodeScalars.flatMap { dash in rest.map { [.scalar(dash)] + $0 } }
    }

    private func isWord(_ token: Token?) -> Bool {
        guard case .scalar(let scalar)? = token else { return false }
        return CharacterSet.alphanumerics.contains(scalar) || scalar == "_"
    }

    private func widened(_ token: Token, isBigEndian: Bool) -> [Token] {
        guard case .scalar = token else { return [token] }
        return isBigEndian ? [.scalar("\0"), token] : [token, .scalar("\0")]
    }

    /// Of a text with `shift` bytes before it only the characters that no neighbour changes.
    private func base64(_ tokens: [Token], shift: Int, isWhole: Bool) -> [Token] {
        var text = String.UnicodeScalarView()
        for case .scalar(let scalar) in tokens { text.append(scalar) }
        let data = Data(String(repeating: " ", count: shift).utf8) + Data(String(text).utf8)
        var encoded = Array(data.base64EncodedString().unicodeScalars)
        if !isWhole {
            let certain = data.count * 8 / 6
            encoded = Array(encoded[..<certain].dropFirst((shift * 8 + 5) / 6))
        }
        return encoded.map { .scalar($0) }
    }

    private func fold(_ scalar: Unicode.Scalar, _ isCased: Bool) -> Unicode.Scalar {
        guard !isCased, foldsCase else { return scalar }
        let lower = String(scalar).lowercased().unicodeScalars
        return lower.count == 1 ? lower.first ?? scalar : scalar
    }

    private func fold(_ scalars: [Unicode.Scalar], _ isCased: Bool) -> [Unicode.Scalar] {
        scalars.map { fold($0, isCased) }
    }

    private func fold(_ tokens: [Token], _ isCased: Bool) -> [Token] {
        tokens.map { if case .scalar(let scalar) = $0 { .scalar(fold(scalar, isCased)) } else { $0 } }
    }

    /// All positions that can be reached, token by token.
    private func fits(_ tokens: [Token], _ text: [Unicode.Scalar]) -> Bool {
        var positions: Set<Int> = [0]
        for token in tokens {
            switch token {
            case .run: positions = positions.min().map { Set($0...text.count) } ?? []
            case .one: positions = Set(positions.filter { $0 < text.count }.map { $0 + 1 })
            case .scalar(let scalar):
                positions = Set(positions.filter { $0 < text.count && text[$0] == scalar }.map { $0 + 1 })
            }
        }
        return positions.contains(text.count)
    }
}

/// A network of IPv4 addresses, bit by bit.
private struct SigmaOracleNetwork {
    var bits: [Bool]

    init(_ text: String) {
        let parts = text.components(separatedBy: "/")
        bits = Array(Self.bits(parts[0]).prefix(parts.count > 1 ? Int(parts[1]) ?? 0 : 32))
    }

    func contains(_ address: String) -> Bool {
        let other = Self.bits(address)
        return other.count == 32 && other.starts(with: bits)
    }

    private static func bits(_ address: String) -> [Bool] {
        let numbers = address.components(separatedBy: ".").map { UInt8($0) }
        guard numbers.count == 4, !numbers.contains(nil) else { return [] }
        return numbers.flatMap { number in (0..<8).map { (number ?? 0) >> (7 - $0) & 1 == 1 } }
    }
}
