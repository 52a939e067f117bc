/// Why a policy's file was refused: every place that is wrong, and what to do at each.
package struct PolicyDocumentError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The file is empty, too large, not UTF-8, or not the plain YAML that policies are written in.
        case unreadable = "policy.file_unreadable"
        /// A key is unknown, missing or there twice, or a value is not allowed.
        case invalid = "policy.file_invalid"
        /// The file has the keys neither of a rollout policy nor of a customer policy.
        case kindUnknown = "policy.file_kind_unknown"

        /// What the person who sees the error does next.
        package var nextStep: String {
            switch self {
            case .unreadable: "Correct the file at the lines named; nothing of it was used."
            case .invalid: "Correct the file at the lines named; docs/operating/policies.md lists every key."
            case .kindUnknown: "Begin with `extends: laptop-fleet` for a rollout, or with `customer:` for a customer."
            }
        }
    }

    package let code: Code
    /// The file's name, as the caller gave it.
    package let file: String
    /// All of them, in the order of the lines; never empty.
    package let problems: [PolicyFileProblem]

    package init(_ code: Code, file: String, problems: [PolicyFileProblem]) {
        self.code = code
        self.file = file
        self.problems = problems
    }

    /// The error as one sentence, without the places.
    package var message: String {
        switch problems.count {
        case 1: "one thing is wrong"
        case PolicyFileLimit.problemCountMax: "\(problems.count) things are wrong, and perhaps more"
        default: "\(problems.count) things are wrong"
        }
    }

    package var nextStep: String { code.nextStep }

    package var description: String {
        (["\(file): \(message) (\(code.rawValue)). \(nextStep)"] + problems.map { "  \($0)" })
            .joined(separator: "\n")
    }
}

/// One thing that is wrong in a policy's file.
package struct PolicyFileProblem: Equatable, Sendable, Codable, CustomStringConvertible {
    /// The file's name, as the caller gave it.
    package let file: String
    /// Counted from 1.
    package let line: Int
    /// Counted from 1, in Unicode scalars.
    package let column: Int
    /// The keys that lead there, as in `rings[0].windows[1].from`; empty when the whole file is meant.
    package let path: String
    /// What stands there.
    package let found: String
    /// What may stand there.
    package let allowed: String
    /// Why, or empty where `allowed` says it.
    package let reason: String
    /// What to do.
    package let nextStep: String

    package enum CodingKeys: String, CodingKey {
        case file, line, column, path, found, allowed, reason
        case nextStep = "next_step"
    }

    init(file: String, _ problem: Problem) {
        self.file = file
        line = problem.mark.line
        column = problem.mark.column
        path = problem.path
        found = problem.found
        allowed = problem.allowed
        reason = problem.reason
        nextStep = problem.nextStep
    }

    /// What is wrong, without the place.
    package var message: String {
        "found \(found)" + (allowed.isEmpty ? "" : ", allowed is \(allowed)") + (reason.isEmpty ? "" : ": \(reason)")
            + (nextStep.isEmpty ? "" : "; \(nextStep)")
    }

    package var description: String {
        "\(file):\(line):\(column): " + (path.isEmpty ? "" : "\(path): ") + message
    }
}

/// What is wrong at one place, before it is known of which file.
struct Problem: Equatable {
    var mark: SourceMark
    var path = ""
    var found: String
    var allowed = ""
    var reason = ""
    var nextStep = ""
}
