import DetectionEngine

/// The modifiers of a field's name (Sigma appendix "Modifiers", 2.1.0), after a check that they fit together.
struct FieldModifiers: Equatable {
    /// How the values are compared with the field.
    enum Comparison: Equatable {
        /// The whole text, with wildcards.
        case equals
        case contains
        case startsWith
        case endsWith
        case regex
        case exists
        case inNetwork
        case order(NumberOrder)

        var isText: Bool { [.equals, .contains, .startsWith, .endsWith].contains(self) }
        var isOrder: Bool { if case .order = self { true } else { false } }
    }

    var comparison = Comparison.equals
    /// The values name fields.
    var isFieldReference = false
    /// The part of the field's moment that is compared; nil for the field itself.
    var timePart: TimePart?
    /// Whether the field must differ: an absent field does.
    var isNegated = false
    /// Every value must hold rather than one.
    var needsAll = false
    var isCased = false
    var expandsPlaceholders = false
    var hasDashes = false
    var encodings: [ValueEncoding] = []
    var regexFlags: RegexFlags = []

    /// No modifiers: the whole text.
    init() {}

    /// - Parameters:
    ///   - words: The modifiers in the order of the source, without the bars.
    ///   - subject: The whole name, for messages.
    init(
        _ words: [Substring], schema: CompilerOptions.Schema, line: Int, subject: String
    ) throws(RuleProblem) {
        guard !words.isEmpty else { return }
        var comparisons: [Comparison] = []
        for (index, word) in words.enumerated() {
            guard !words[..<index].contains(word) else {
                throw Self.refusal(line, subject, "a modifier is there twice; remove one")
            }
            if let comparison = Self.comparison(word) {
                comparisons.append(comparison)
            } else if try !take(word, line: line, subject: subject),
                try !takeEncoding(word, after: comparisons, line: line, subject: subject)
            {
                try takeFlag(word, after: comparisons, line: line, subject: subject)
            }
        }
        guard comparisons.count <= 1 || comparisons == [.regex, .contains] else {
            throw Self.refusal(line, subject, "|\(words.joined(separator: "|")) cannot hold together; keep one of them")
        }
        // An expression is looked for anywhere in the text, so that |contains adds nothing to it.
        comparison = comparisons.first ?? .equals
        if let problem = problem(schema) { throw Self.refusal(line, subject, problem) }
    }

    private static func comparison(_ word: Substring) -> Comparison? {
        switch word {
        case "contains": .contains
        case "startswith": .startsWith
        case "endswith": .endsWith
        case "re": .regex
        case "exists": .exists
        case "cidr": .inNetwork
        case "lt": .order(.less)
        case "lte": .order(.lessOrEqual)
        case "gt": .order(.greater)
        case "gte": .order(.greaterOrEqual)
        default: nil
        }
    }

    /// Takes a modifier whose place among the others means nothing.
    private mutating func take(_ word: Substring, line: Int, subject: String) throws(RuleProblem) -> Bool {
        switch word {
        case "all": needsAll = true
        case "cased": isCased = true
        case "neq": isNegated = true
        case "fieldref": isFieldReference = true
        default:
            guard let part = Self.timePart(word) else { return false }
            guard timePart == nil else {
                throw Self.refusal(line, subject, "two parts of a time cannot be one number; keep one of them")
            }
            timePart = part
        }
        return true
    }

    private static func timePart(_ word: Substring) -> TimePart? {
        switch word {
        case "minute": .minute
        case "hour": .hour
        case "day": .day
        case "week": .week
        case "month": .month
        case "year": .year
        default: nil
        }
    }

    /// Takes a modifier that changes the values, in an order that has a meaning: placeholders, dashes, UTF-16, Base64.
    private mutating func takeEncoding(
        _ word: Substring, after comparisons: [Comparison], line: Int, subject: String
    ) throws(RuleProblem) -> Bool {
        let encoding: ValueEncoding
        switch word {
        case "expand", "windash":
            guard encodings.isEmpty else {
                throw Self.refusal(line, subject, "the text is encoded before |\(word); put |\(word) first")
            }
            if word == "expand" { expandsPlaceholders = true } else { hasDashes = true }
            return true
        case "wide", "utf16le": encoding = .utf16LittleEndian
        case "utf16be": encoding = .utf16BigEndian
        case "utf16": encoding = .utf16
        case "base64": encoding = .base64
        case "base64offset": encoding = .base64Offset
        default: return false
        }
        guard !encoding.isBase64 || comparisons.isEmpty else {
            throw Self.refusal(line, subject, "wildcards have no Base64; put |\(word) before the comparison")
        }
        if let last = encodings.last, last.isBase64 || !encoding.isBase64 {
            throw Self.refusal(line, subject, "|\(word) cannot follow another encoding; keep one of them")
        }
        encodings.append(encoding)
        return true
    }

    /// Takes a flag of `|re`.
    private mutating func takeFlag(
        _ word: Substring, after comparisons: [Comparison], line: Int, subject: String
    ) throws(RuleProblem) {
        let flag: RegexFlags
        switch word {
        case "i", "ignorecase": flag = .ignoreCase
        case "m", "multiline": flag = .multiline
        case "s", "dotall": flag = .dotAll
        default:
            throw RuleProblem(
                .modifierUnknown, line: line, subject: subject,
                message: "Sigma has no modifier |\(word); there are \(Self.words.joined(separator: ", "))")
        }
        guard comparisons.contains(.regex) else {
            throw Self.refusal(line, subject, "|\(word) is a flag of a regular expression; put |re before it")
        }
        regexFlags.insert(flag)
    }

    /// What does not fit together; nil when all does.
    private func problem(_ schema: CompilerOptions.Schema) -> String? {
        let changesText = hasDashes || !encodings.isEmpty
        if isCased, !comparison.isText || timePart != nil {
            return comparison == .regex
                ? "case counts in a regular expression as it is; remove |cased"
                : "|cased means nothing here, since no text is compared; remove it"
        }
        if changesText, !comparison.isText || isFieldReference || timePart != nil {
            return "there is no text to encode here; remove the encoding"
        }
        if expandsPlaceholders, !comparison.isText && comparison != .regex || isFieldReference || timePart != nil {
            return "|expand needs a text or a regular expression; write out the value"
        }
        if isFieldReference, !comparison.isText && !comparison.isOrder || timePart != nil {
            return "|fieldref compares whole fields, their beginnings, ends or parts, or their order; remove the rest"
        }
        if timePart != nil, comparison != .equals && !comparison.isOrder {
            return "a part of a time is a number; use it alone or with lt, lte, gt, gte or neq"
        }
        let isSingle = comparison == .exists || schema == .sensor && comparison.isOrder
        if needsAll, isSingle { return "|all means nothing here, since there is one value; remove it" }
        return nil
    }

    private static func refusal(_ line: Int, _ subject: String, _ message: String) -> RuleProblem {
        RuleProblem(.modifierUnsupported, line: line, subject: subject, message: message)
    }

    private static let words = [
        "all", "base64", "base64offset", "cased", "cidr", "contains", "day", "endswith", "exists", "expand", "fieldref",
        "gt", "gte", "hour", "i", "lt", "lte", "m", "minute", "month", "neq", "re", "s", "startswith", "utf16",
        "utf16be", "utf16le", "week", "wide", "windash", "year",
    ]
}
