/// Why a rule was refused: where, what, and what to do. A rule that is refused is in no program.
package struct RuleCompilerError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The file is not UTF-8, not YAML, too large or too deep.
        case sourceInvalid = "rule.source_invalid"
        /// The document is a correlation or a filter, which are no rules on their own.
        case documentUnsupported = "rule.document_unsupported"
        case attributeMissing = "rule.attribute_missing"
        case attributeInvalid = "rule.attribute_invalid"
        case attributeUnknown = "rule.attribute_unknown"
        /// Another rule has this id.
        case duplicateID = "rule.duplicate_id"
        /// No event of the schema comes from this log source.
        case logSourceUnsupported = "rule.log_source_unsupported"
        /// The schema does not give this field to the log source's events.
        case fieldUnknown = "rule.field_unknown"
        case modifierUnknown = "rule.modifier_unknown"
        /// A modifier that Sigma has and this compiler has not, or not together with the others.
        case modifierUnsupported = "rule.modifier_unsupported"
        case valueInvalid = "rule.value_invalid"
        case detectionInvalid = "rule.detection_invalid"
        case conditionInvalid = "rule.condition_invalid"
        /// The rule needs more instructions than a program allows one rule.
        case tooLarge = "rule.too_large"
    }

    package let code: Code
    package let file: String
    /// Counted from 1.
    package let line: Int
    /// The rule's title, or its id where it has none; empty when the document does not tell.
    package let rule: String
    /// The words of the source that are meant, for example `CommandLine|windash`.
    package let subject: String
    /// What is wrong, and what to do.
    package let message: String

    package init(_ code: Code, file: String, line: Int, rule: String, subject: String, message: String) {
        self.code = code
        self.file = file
        self.line = line
        self.rule = rule
        self.subject = subject
        self.message = message
    }

    package var description: String {
        let name = rule.isEmpty ? "" : "rule \"\(rule)\": "
        return "\(file):\(line): \(name)\(subject): \(message) (\(code.rawValue))"
    }
}

/// What is wrong at one line, before it is known of which file and rule.
struct RuleProblem: Error, Equatable {
    var code: RuleCompilerError.Code
    var line: Int
    var subject: String
    var message: String

    init(_ code: RuleCompilerError.Code, line: Int, subject: String, message: String) {
        self.code = code
        self.line = line
        self.subject = subject
        self.message = message
    }
}
