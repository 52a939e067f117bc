import ArgumentParser
import FileDetection
import RuleCompiler

/// `firebreak rules`
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Check and price Sigma rules. Needs no control plane.",
        subcommands: [Check.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a set of rules: what cannot be run, what each costs, which say the same.",
            discussion: """
                Every rule is compiled. Named are: rules that are refused, with file, line and reason; rules that ask \
                the same as another, or more than another that is there too; rules that match an event of which nothing \
                is known; rules whose log source no taxonomy knows, so that only tagged events reach them.

                A cost is the most steps, of about a nanosecond each, that a rule alone takes for an event of 4 KiB. \
                Rules together cost less than the sum: they share their automata and are looked at only when something \
                that they need was found.

                  firebreak rules check content/linux-core/rules
                  firebreak rules check rules --refused-max 1 --json \\
                      | jq -r '.rules[] | select(.cost > 100000) | .id'

                EXIT CODES
                  0  no more rules were refused than --refused-max allows
                  2  more were refused
                """)

        @Argument(help: ArgumentHelp("A file or folder of Sigma rules.", valueName: "path"), completion: .directory)
        var rules: [String]

        @OptionGroup var mapping: MappingOptions

        @Option(help: ArgumentHelp("Percent of the rules that may be refused.", valueName: "percent"))
        var refusedMax = 0.0

        @Option(help: ArgumentHelp("Rules to show of the dearest.", valueName: "count"))
        var top = 10

        @Flag(help: "Show every rule, not the dearest alone.")
        var all = false

        @OptionGroup var output: OutputOptions

        func run() throws {
            let report: RuleSetReport
            do throws(FileDetectionError) {
                report = try RuleSetReport(try mapping.compile(rules: rules))
            } catch {
                throw CommandFailure(error)
            }
            let view = RuleSetView(report, top: all ? report.rules.count : max(0, top))
            try output.show(view) { view.lines(on: $0) }
            let total = report.rules.count + report.refusedCount
            guard Double(report.refusedCount) * 100 <= refusedMax * Double(total) else {
                throw ExitCode(CommandExit.badInput.rawValue)
            }
        }
    }
}

/// What `rules check` shows.
struct RuleSetView: Encodable {
    struct Rule: Encodable {
        let id, title, file: String
        let line: Int
        let level, source: String
        let cost: UInt64
        let triggered, mapped: Bool
        let findings: [Finding]
    }

    struct Finding: Encodable {
        let kind, message: String
    }

    struct Refusal: Encodable {
        let code, file: String
        let line: Int
        let rule, subject, message: String
    }

    let ruleCount, correlationCount, refusedCount, programBytes: Int
    let cost: UInt64
    let rules: [Rule]
    let refused: [Refusal]

    private let top: Int

    private enum CodingKeys: String, CodingKey {
        case ruleCount = "rule_count"
        case correlationCount = "correlation_count"
        case refusedCount = "refused_count"
        case programBytes = "program_bytes"
        case cost, rules, refused
    }

    init(_ report: RuleSetReport, top: Int) {
        self.top = top
        ruleCount = report.rules.count
        correlationCount = report.correlationCount
        refusedCount = report.refusedCount
        programBytes = report.programBytes
        cost = report.cost
        rules = report.rules.map { rule in
            Rule(
                id: rule.id, title: rule.title, file: rule.file, line: rule.line, level: rule.level,
                source: rule.source, cost: rule.cost, triggered: rule.isTriggered, mapped: rule.isMapped,
                findings: rule.findings.map { Finding(kind: $0.kind.rawValue, message: $0.message) })
        }
        refused = report.errors.map {
            Refusal(
                code: $0.code.rawValue, file: $0.file, line: $0.line, rule: $0.rule, subject: $0.subject,
                message: $0.message)
        }
    }

    func lines(on console: Console) -> [String] {
        var lines: [String] = []
        for refusal in refused {
            let text = "\(refusal.file):\(refusal.line): \(refusal.subject): \(refusal.message) (\(refusal.code))"
            lines.append("\(console.ink("refused", .red))  \(text.printable)")
        }
        let kinds = RuleSetReport.Finding.Kind.allCases.filter { $0 != .unmapped }.map(\.rawValue)
        for kind in kinds {
            for rule in rules {
                for finding in rule.findings where finding.kind == kind {
                    lines.append(
                        "\(console.ink(kind, .yellow))  \(rule.file):\(rule.line): \(finding.message)".printable)
                }
            }
        }
        if !lines.isEmpty { lines.append("") }
        let dearest = rules.sorted { ($0.cost, $1.id) > ($1.cost, $0.id) }.prefix(top)
        if !dearest.isEmpty {
            var table = Table(
                ("cost", .right), ("looked at", .left), ("log source", .left), ("rule", .left), ("file", .left))
            for rule in dearest {
                table.add([
                    .init("\(rule.cost)"), rule.triggered ? "when found" : .init("always", .yellow),
                    .init(rule.source), .init(rule.title), .init(rule.file, .grey),
                ])
            }
            lines += table.lines(on: console) + [""]
        }
        return lines + facts(on: console)
    }

    private func facts(on console: Console) -> [String] {
        func count(_ kind: RuleSetReport.Finding.Kind) -> Int {
            rules.count { $0.findings.contains { $0.kind == kind.rawValue } }
        }
        var facts = FactSheet()
        let total = ruleCount + refusedCount
        let share = total > 0 ? Double(refusedCount) * 100 / Double(total) : 0
        facts.add("rules", "\(ruleCount) run, \(correlationCount) correlations")
        facts.add(
            "refused",
            .init("\(refusedCount) of \(total) (\((share * 100).rounded() / 100)%)", refusedCount > 0 ? .red : .green))
        facts.add("say the same", "\(count(.duplicate))")
        facts.add("covered", "\(count(.covered)): another rule matches whatever they match")
        facts.add("match everything", "\(count(.matchesEverything))")
        facts.add("only by tags", "\(count(.unmapped)): no taxonomy knows events of their log source")
        facts.add("always looked at", "\(rules.count { !$0.triggered })")
        facts.add(
            "program", "\(programBytes) bytes, at most \(cost) steps for an event of \(RuleSetReport.eventBytes) bytes")
        return facts.lines(on: console)
    }
}
