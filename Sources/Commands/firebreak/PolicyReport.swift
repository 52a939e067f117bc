import PolicyDocument
import RolloutEngine

/// What is known of a policy's file: the numbers that count, or everything that is wrong.
struct PolicyReport: Encodable {
    var file: String
    var ok: Bool
    /// `rollout` or `customer`; nil when the file was refused.
    var kind: String?
    /// The policy's name, or the customer's.
    var name: String?
    var numbers: [PolicyReference.Row]?
    var problems: [Problem]?

    /// The policy as a file of its own, line by line; empty when it was refused.
    private(set) var yaml: [String] = []
    /// Why the file was refused.
    private(set) var failure: CommandFailure?

    /// One mistake, for programs.
    struct Problem: Encodable, Equatable {
        var file: String
        var line: Int
        var column: Int
        var path: String
        var message: String
        var found: String
        var allowed: String
        var reason: String
        var nextStep: String

        private enum CodingKeys: String, CodingKey {
            case file, line, column, path, message, found, allowed, reason
            case nextStep = "next_step"
        }

        init(_ problem: PolicyFileProblem) {
            file = problem.file
            line = problem.line
            column = problem.column
            path = problem.path
            message = problem.message
            found = problem.found
            allowed = problem.allowed
            reason = problem.reason
            nextStep = problem.nextStep
        }
    }

    private enum CodingKeys: String, CodingKey {
        case file, ok, kind, name, numbers, problems
    }

    init(file: String, _ document: PolicyFile.Document) {
        self.file = file
        ok = true
        let text: String
        switch document {
        case .rollout(let policy):
            (kind, name, numbers) = ("rollout", policy.name, PolicyReference.rows(of: policy))
            text = PolicyWriter.text(of: policy)
        case .customer(let policy):
            (kind, name, numbers) = ("customer", policy.customer, PolicyReference.rows(of: policy))
            text = PolicyWriter.text(of: policy)
        }
        yaml = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// What is said of a file that was refused.
    init(_ error: PolicyDocumentError) {
        file = error.file
        ok = false
        problems = error.problems.map(Problem.init)
        failure = CommandFailure(error)
    }

    /// Reads a file. Throws when it cannot be read at all.
    init(file: String) throws(CommandFailure) {
        let bytes = try PackFileReader.read(
            file, bytesMax: PolicyFileLimit.fileBytesMax,
            nextStep: "Name a policy's file; `firebreak policy show laptop-fleet` prints one.")
        do throws(PolicyDocumentError) {
            self.init(file: file, try PolicyFile.document(bytes, name: file))
        } catch {
            self.init(error)
        }
    }

    /// The numbers that count, as a table.
    func lines(on console: Console) -> [String] {
        var table = Table(("KEY", .left), ("VALUE", .left), ("UNIT", .left), ("BOUNDS", .left))
        for row in numbers ?? [] {
            table.add([
                Table.Cell(row.path), Table.Cell(row.value, .bold), Table.Cell(row.unit), Table.Cell(row.bounds),
            ])
        }
        let title = "\(file.printable): \(console.ink("OK", .green)), \(kind ?? "") policy \((name ?? "").printable)"
        return [title] + table.lines(on: console)
    }
}

extension CommandFailure {
    /// A policy's file is the caller's to mend.
    init(_ error: PolicyDocumentError) {
        self.init(
            exit: .badInput, code: error.code.rawValue, subject: error.file, message: error.message,
            details: error.problems.map(\.description), nextStep: error.nextStep)
    }

    /// All failures of a command that goes on after one; nil when there are none.
    init?(joining failures: [CommandFailure], of fileCount: Int) {
        guard let first = failures.first else { return nil }
        guard failures.count > 1 else {
            self = first
            return
        }
        self.init(
            exit: first.exit, code: first.code, message: "\(failures.count) of \(fileCount) files were refused",
            details: failures.flatMap { $0.details.isEmpty ? ["\($0.subject): \($0.message)"] : $0.details },
            nextStep: first.nextStep)
    }
}
