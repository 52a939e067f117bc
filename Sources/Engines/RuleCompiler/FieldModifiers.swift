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
        /// Anything but the value; an absent field too.
        case differs
        case exists
        case inNetwork
        case less
        case lessOrEqual
        case greater
        case greaterOrEqual

        var isText: Bool { [.equals, .contains, .startsWith, .endsWith, .differs].contains(self) }
        var isOrder: Bool { [.less, .lessOrEqual, .greater, .greaterOrEqual].contains(self) }
    }

    var comparison = Comparison.equals
    /// Every value must hold rather than one.
    var needsAll = false
    var isCased = false

    /// - Parameters:
    ///   - words: The modifiers in the order of the source, without the bars.
    ///   - subject: The whole name, for messages.
    init(_ words: [String], line: Int, subject: String) throws(RuleProblem) {
        func refusal(_ code: RuleCompilerError.Code, _ message: String) -> RuleProblem {
            RuleProblem(code, line: line, subject: subject, message: message)
        }
        guard Set(words).count == words.count else {
            throw refusal(.modifierUnsupported, "a modifier is there twice; remove one")
        }
        var comparisons: [Comparison] = []
        for word in words {
            if let comparison = Self.comparisons[word] {
                comparisons.append(comparison)
            } else if word == "all" {
                needsAll = true
            } else if word == "cased" {
                isCased = true
            } else if let advice = Self.unsupported[word] {
                throw refusal(.modifierUnsupported, "|\(word) is not supported; \(advice)")
            } else {
                let known = (Array(Self.comparisons.keys) + ["all", "cased"]).sorted().joined(separator: ", ")
                throw refusal(.modifierUnknown, "Sigma has no modifier |\(word); there are \(known)")
            }
        }
        guard comparisons.count <= 1 else {
            throw refusal(
                .modifierUnsupported, "|\(words.joined(separator: "|")) cannot hold together; keep one of them")
        }
        comparison = comparisons.first ?? .equals
        guard !isCased || comparison.isText else {
            throw refusal(.modifierUnsupported, "|cased means nothing here, since no text is compared; remove it")
        }
        guard !needsAll || comparison.isText && comparison != .differs || comparison == .inNetwork else {
            throw refusal(.modifierUnsupported, "|all means nothing here, since there is one value; remove it")
        }
    }

    private static let comparisons: [String: Comparison] = [
        "contains": .contains, "startswith": .startsWith, "endswith": .endsWith, "neq": .differs, "exists": .exists,
        "cidr": .inNetwork, "lt": .less, "lte": .lessOrEqual, "gt": .greater, "gte": .greaterOrEqual,
    ]

    /// Sigma's other modifiers, each with what to write instead.
    private static let unsupported: [String: String] = {
        let encoding = "write the encoded text as the value"
        let time = "the time of an event is no field; leave this test out"
        let flag = "use wildcards: case does not count in them"
        return [
            "re": "use |contains, |startswith, |endswith or wildcards", "i": flag, "m": flag, "s": flag,
            "windash": "write out the values with each dash", "expand": "write out the values",
            "fieldref": "compare with a value", "base64": encoding, "base64offset": encoding, "wide": encoding,
            "utf16": encoding, "utf16le": encoding, "utf16be": encoding, "minute": time, "hour": time, "day": time,
            "week": time, "month": time, "year": time,
        ]
    }()
}
