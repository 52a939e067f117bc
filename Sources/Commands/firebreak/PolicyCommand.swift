import ArgumentParser
import CanonicalCoding
import PolicyDocument
import RolloutEngine

/// `firebreak policy`
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check, show and describe policies as files. Needs no control plane.",
        discussion: """
            A rollout policy says how fast a release may spread and what stops it; a customer policy says which releases \
            come, where, and when. Both are YAML files; docs/operating/policies.md has every key.

              firebreak policy show laptop-fleet > tills.yml
              firebreak policy check tills.yml
            """,
        subcommands: [Check.self, Show.self, Schema.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check files of rollout and customer policies.",
            discussion: """
                Which of the two a file holds is told by its keys. For a file that is right, prints the numbers that \
                count, those of the policy that it extends among them. For one that is not, prints every mistake with \
                line, column, key, what is allowed and why, and what to do. Exit code 2 says that a file was refused.

                With --json each file is one line: {"file","ok","kind","numbers"} or {"file","ok","problems"}, where a \
                problem has file, line, column, path, message, found, allowed, reason and next_step.

                  firebreak policy check content/policies/*.yml
                  firebreak policy check tills.yml --json | jq '.problems[].line'
                """)

        @Argument(help: ArgumentHelp("A policy's file.", valueName: "file"), completion: .file())
        var files: [String]

        @OptionGroup var output: OutputOptions

        func run() throws {
            var failures: [CommandFailure] = []
            for (index, file) in files.enumerated() {
                let report: PolicyReport
                do throws(CommandFailure) {
                    report = try PolicyReport(file: file)
                } catch {
                    failures.append(error)
                    continue
                }
                if let failure = report.failure { failures.append(failure) }
                guard output.json || report.ok else { continue }
                try output.show(report) { console in (index > 0 ? [""] : []) + report.lines(on: console) }
            }
            if let failure = CommandFailure(joining: failures, of: files.count) { throw failure }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the policy that counts, as a file with a comment for each number.",
            discussion: """
                Takes the name of a built-in policy (\(PolicyFile.builtIn.map(\.name).joined(separator: ", "))), or a \
                file. What is printed can be kept as a file and changed: it holds every number, also those that came \
                from a policy that the file extends.

                  firebreak policy show server-fleet
                  firebreak policy show tills.yml --json | jq '.numbers[] | .path'
                """)

        @Argument(
            help: ArgumentHelp("A built-in policy's name, or a policy's file.", valueName: "name|file"),
            completion: .file())
        var policy: String

        @OptionGroup var output: OutputOptions

        func run() throws {
            let report: PolicyReport
            if let builtIn = PolicyFile.builtIn.first(where: { $0.name == policy }) {
                report = PolicyReport(file: policy, .rollout(builtIn))
            } else {
                report = try PolicyReport(file: policy)
            }
            if let failure = report.failure { throw failure }
            try output.show(report) { _ in report.yaml }
        }
    }

    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the JSON Schema of policies' files, for editors.",
            discussion: """
                JSON Schema 2020-12 of both kinds of files. An editor with a YAML language server completes keys and \
                marks mistakes when a file begins with

                  # yaml-language-server: $schema=policy.schema.json

                How numbers must fit to each other only `firebreak policy check` knows.

                  firebreak policy schema --out policy.schema.json
                """)

        @Option(
            help: ArgumentHelp("Where to write the schema. Default: standard output.", valueName: "file"),
            completion: .file())
        var out: String?

        @OptionGroup var output: OutputOptions

        func run() throws {
            let text = PolicySchema.text
            let console = Console.standard
            if let out {
                try PackFileReader.write(Array(text.utf8), to: out)
                if !output.json { console.say("schema written to \(out)") }
            } else if output.json {
                console.say(String(decoding: try CanonicalJSON.encode(PolicySchema.value), as: UTF8.self))
            } else {
                console.say(String(text.dropLast()))
            }
        }
    }
}
