import DetectionEngine

/// Reads a condition (Sigma 2.1.0, "Condition"):
///
///     or    = and *("or" and)
///     and   = not *("and" not)
///     not   = "not" not / "(" or ")" / ("1" / number / "any" / "all") "of" ("them" / pattern) / name
///
/// The words of the language are taken in either case, as the tools do that rules were written with.
struct Condition {
    /// What the condition asks; nil when a selection that it needs was refused.
    private(set) var expression: RuleExpression?
    /// Names of the selections that it uses.
    private(set) var used: Set<String> = []

    static let reservedWords: Set<String> = ["and", "or", "not", "of", "them"]

    private let selections: [Detection.Selection]
    private let line: Int
    private let tokens: [String]
    private var position = 0
    private var depth = 0
    /// A selection that was refused is part of the condition.
    private var isBroken = false

    init(_ text: String, line: Int, selections: [Detection.Selection]) throws(RuleProblem) {
        self.selections = selections
        self.line = line
        tokens = try Self.tokens(of: text, line: line)
        let whole = try readOr()
        guard position == tokens.count else {
            throw problem(at: position, "nothing may follow here; put and, or, or a parenthesis before it")
        }
        expression = isBroken ? nil : whole
    }

    private static func tokens(of text: String, line: Int) throws(RuleProblem) -> [String] {
        var tokens: [String] = []
        var word = ""
        for character in text.unicodeScalars {
            let isSign = character == "(" || character == ")" || character == "|"
            let isSpace = character == " " || character == "\t" || character == "\n" || character == "\r"
            if isSign || isSpace {
                if !word.isEmpty { tokens.append(word) }
                word = ""
                if isSign { tokens.append(String(character)) }
            } else {
                word.unicodeScalars.append(character)
            }
        }
        if !word.isEmpty { tokens.append(word) }
        if tokens.contains("|") {
            throw RuleProblem(
                .documentUnsupported, line: line, subject: "condition",
                message:
                    "aggregations after | are not supported: they look at more than one event; write a rule for one")
        }
        guard (1...RuleSourceLimit.conditionTokenCountMax).contains(tokens.count) else {
            throw RuleProblem(
                .conditionInvalid, line: line, subject: "condition",
                message: "\(tokens.count) words, where 1 to \(RuleSourceLimit.conditionTokenCountMax) are allowed")
        }
        return tokens
    }

    private mutating func readOr() throws(RuleProblem) -> RuleExpression {
        var parts = [try readAnd()]
        while take("or") { parts.append(try readAnd()) }
        return RuleExpression.joined(parts, all: false)
    }

    private mutating func readAnd() throws(RuleProblem) -> RuleExpression {
        var parts = [try readNot()]
        while take("and") { parts.append(try readNot()) }
        return RuleExpression.joined(parts, all: true)
    }

    private mutating func readNot() throws(RuleProblem) -> RuleExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= RuleSourceLimit.conditionDepthMax else {
            throw problem(at: position, "more than \(RuleSourceLimit.conditionDepthMax) levels; use fewer parentheses")
        }
        if take("not") { return .not(try readNot()) }
        if take("(") {
            let inner = try readOr()
            guard take(")") else { throw problem(at: position, "a closing parenthesis is missing") }
            return inner
        }
        if position + 1 < tokens.count, tokens[position + 1].lowercased() == "of" { return try readQuantity() }
        return try readName()
    }

    private mutating func readName() throws(RuleProblem) -> RuleExpression {
        guard position < tokens.count else {
            throw problem(at: position, "the condition ends where a selection must stand")
        }
        let name = tokens[position]
        guard name != ")", !Self.reservedWords.contains(name.lowercased()) else {
            throw problem(at: position, "a selection must stand here")
        }
        guard let selection = selections.first(where: { $0.name == name }) else {
            let names = selections.map(\.name).joined(separator: ", ")
            throw problem(
                at: position,
                name.contains("*")
                    ? "a pattern needs a quantity before it: 1 of \(name) or all of \(name)"
                    : "there is no such selection; there are \(names.isEmpty ? "none" : names)")
        }
        position += 1
        return use(selection)
    }

    private mutating func use(_ selection: Detection.Selection) -> RuleExpression {
        used.insert(selection.name)
        if let expression = selection.expression { return expression }
        isBroken = true
        return .any([])
    }

    private mutating func readQuantity() throws(RuleProblem) -> RuleExpression {
        let start = position
        let quantity = tokens[position].lowercased()
        position += 2
        guard position < tokens.count, tokens[position] != "(", tokens[position] != ")" else {
            throw problem(at: start, "after \"\(quantity) of\" a pattern or them must stand")
        }
        let pattern = tokens[position]
        position += 1
        let chosen = selections.filter { Self.matches($0.name, pattern) }
        guard !chosen.isEmpty else {
            throw problem(at: position - 1, "no selection has such a name; correct the pattern")
        }
        let parts = chosen.map { use($0) }
        switch quantity {
        case "all": return RuleExpression.joined(parts, all: true)
        case "any", "1": return RuleExpression.joined(parts, all: false)
        default:
            guard let count = Int(quantity), quantity.utf8.allSatisfy({ (48...57).contains($0) }) else {
                throw problem(at: start, "a quantity is 1, another number, any or all")
            }
            guard (1...parts.count).contains(count) else {
                throw problem(
                    at: start, "\(count) of \(parts.count) selections never is a choice; give 1 to \(parts.count)")
            }
            return count == parts.count ? .all(parts) : .atLeast(count, parts)
        }
    }

    /// Whether a name fits a pattern with `*`. `them` is every selection. A name that begins with `_` fits only a
    /// pattern that does so too.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        if name.hasPrefix("_"), !pattern.hasPrefix("_") { return false }
        if pattern.lowercased() == "them" { return true }
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return name == pattern }
        guard name.utf8.count >= first.utf8.count + last.utf8.count, name.hasPrefix(first), name.hasSuffix(last) else {
            return false
        }
        var rest = Array(name.utf8)[first.utf8.count..<(name.utf8.count - last.utf8.count)]
        for part in parts.dropFirst().dropLast() {
            let needle = Array(part.utf8)
            guard
                let start = rest.indices.first(where: { rest[$0...].starts(with: needle) })
                    ?? (needle.isEmpty ? rest.startIndex : nil)
            else { return false }
            rest = rest[(start + needle.count)...]
        }
        return true
    }

    private mutating func take(_ word: String) -> Bool {
        guard position < tokens.count, tokens[position].lowercased() == word else { return false }
        position += 1
        return true
    }

    private func problem(at index: Int, _ message: String) -> RuleProblem {
        let subject = index < tokens.count ? "condition at \"\(tokens[index].prefix(64))\"" : "condition"
        return RuleProblem(.conditionInvalid, line: line, subject: subject, message: message)
    }
}
