/// Why a rule was refused: where, what, and what to do. A rule that is refused is in no program.
package struct RuleCompilerError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The file is not UTF-8, not YAML, too large or too deep.
        case sourceInvalid = "rule.source_invalid"
        /// The document asks for what is no longer, or not yet, in Sigma: `| count()`, `timeframe`, an unknown action.
        case documentUnsupported = "rule.document_unsupported"
        case attributeMissing = "rule.attribute_missing"
        case attributeInvalid = "rule.attribute_invalid"
        case attributeUnknown = "rule.attribute_unknown"
        /// Another rule has this id.
        case duplicateID = "rule.duplicate_id"
        /// A correlation or filter names a rule that is not there, or is not alone in having the name.
        case referenceInvalid = "rule.reference_invalid"
        /// A correlation asks for what is wrong or not supported.
        case correlationInvalid = "rule.correlation_invalid"
        /// No event of the schema comes from this log source.
        case logSourceUnsupported = "rule.log_source_unsupported"
        /// The schema does not give this field to the log source's events.
        case fieldUnknown = "rule.field_unknown"
        case modifierUnknown = "rule.modifier_unknown"
        /// A modifier that Sigma has and this compiler has not, or not together with the others.
        case modifierUnsupported = "rule.modifier_unsupported"
        case valueInvalid = "rule.value_invalid"
        /// A placeholder of `|expand` has no value.
        case placeholderMissing = "rule.placeholder_missing"
        /// A regular expression that is none, or has what the engine has not.
        case regexInvalid = "rule.regex_invalid"
        case detectionInvalid = "rule.detection_invalid"
        case conditionInvalid = "rule.condition_invalid"
        /// The rule needs more instructions than a program allows one rule.
        case tooLarge = "rule.too_large"
        /// A document of a taxonomy is wrong.
        case taxonomyInvalid = "rule.taxonomy_invalid"
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

    init(_ problem: RuleProblem, file: String, rule: String) {
        self.init(
            problem.code, file: file, line: problem.line, rule: rule, subject: problem.subject,
            message: problem.message)
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
