/// Why a pack could not be built, signed or checked.
package struct PublishError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable: the command's exit message names it.
    package enum Code: String, Sendable, CaseIterable {
        /// The folders of rules and examples cannot be read, or hold what is no source.
        case sourcesUnreadable = "publish.sources_unreadable"
        /// Rules do not compile, or make no program that a worker loads.
        case rulesInvalid = "publish.rules_invalid"
        /// Example files are missing, are too many, or are not understood.
        case examplesInvalid = "publish.examples_invalid"
        /// A rule misses a true event or matches a false one.
        case exampleFailed = "publish.example_failed"
        /// The pack would be above its bounds.
        case packInvalid = "publish.pack_invalid"
        /// The pack is no pack, or no trusted key signed it.
        case packRefused = "publish.pack_refused"
        /// The program or the list of rules was not made from the sources in the pack.
        case programMismatch = "publish.program_mismatch"

        /// What the person who sees the error does next.
        package var nextStep: String {
            switch self {
            case .sourcesUnreadable: "Give a folder with rules/*.yml and examples/<rule id>.json that you may read."
            case .rulesInvalid: "Correct the rules at the lines named, then build again."
            case .examplesInvalid: "Correct the example files at the lines named, then build again."
            case .exampleFailed:
                "Correct the rule or the example: a rule must match its true events and none of its false ones."
            case .packInvalid: "Stay within the bounds of docs/design/pack-format.md, then build again."
            case .packRefused: "Get the pack again from its author, or give the file of the keys that you trust."
            case .programMismatch:
                "Do not publish this pack: its program was not made from its sources. Build it again."
            }
        }
    }

    package let code: Code
    /// The file, folder or release.
    package let subject: String
    /// What is wrong.
    package let message: String
    /// Every place that is wrong, in the order of files and lines; empty where there is no place in a source.
    package let problems: [SourceProblem]

    package init(_ code: Code, subject: String, message: String, problems: [SourceProblem] = []) {
        self.code = code
        self.subject = subject
        self.message = message
        self.problems = problems
    }

    package var nextStep: String { code.nextStep }

    package var description: String {
        let head = "\(subject): \(message) (\(code.rawValue)). \(nextStep)"
        return ([head] + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}

/// One thing that is wrong in a source.
package struct SourceProblem: Equatable, Sendable, CustomStringConvertible {
    /// The file's name in the pack, for example `rules/shell.yml`.
    package let file: String
    /// Counted from 1; nil when the whole file is meant.
    package let line: Int?
    /// What is wrong, and what to do.
    package let message: String

    package init(file: String, line: Int?, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    package var description: String { line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)" }
}
