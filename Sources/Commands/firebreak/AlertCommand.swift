import ArgumentParser
import ControlClient
import ControlWire
import FleetModel

/// `firebreak alert`
struct AlertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert", abstract: "Read what the fleet detected.", subcommands: [List.self, Tail.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the newest alerts, in the order of their arrival.",
            discussion: """
                With --json, each alert's `finding` is the OCSF Detection Finding as a JSON text:

                  firebreak alert list --limit 5
                  firebreak alert list --json | jq '.alerts[].finding | fromjson | .evidences'
                """)

        @Option(help: "Alerts shown, at most.")
        var limit = 20

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...ControlWireLimit.pageCountMax).contains(limit) else {
                throw ValidationError("--limit is 1 to \(ControlWireLimit.pageCountMax).")
            }
        }

        func run() async throws {
            let limit = limit
            let page = try await control.withClient { client in
                // Sequences have no gaps but those of alerts that were removed: the page may be short, never wrong.
                var page = AlertPage(
                    alerts: [], next: max(0, try await client.status().lastAlertSequence - Int64(limit)))
                repeat {
                    let wanted = min(limit - page.alerts.count, ControlWireLimit.alertPageCountMax)
                    let more = try await client.alerts(after: page.next, limit: wanted)
                    guard !more.alerts.isEmpty else { break }
                    page = AlertPage(alerts: page.alerts + more.alerts, next: more.next)
                } while page.alerts.count < limit
                return page
            }
            try output.show(page) { console in page.alerts.map { AlertCommand.line($0, on: console) } }
        }
    }

    struct Tail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show alerts as they arrive, until interrupted.",
            discussion: """
                Begins with the next alert; --after 0 begins with the first. With --json, one alert a line.

                  firebreak alert tail
                  firebreak alert tail --after 0 --json | jq -r .title
                """)

        @Option(help: ArgumentHelp("Begin after the alert with this sequence.", valueName: "sequence"))
        var after: Int64?

        @Option(help: ArgumentHelp("End after this many alerts.", valueName: "number"))
        var count: Int?

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        /// How long one poll waits for an alert: below ``ControlWireLimit/waitMillisecondsMax``.
        private static let wait = Moment.Span.seconds(20)

        func validate() throws {
            guard count ?? 1 > 0 else { throw ValidationError("--count is 1 or more.") }
            guard after ?? 0 >= 0 else { throw ValidationError("--after is 0 or more.") }
        }

        func run() async throws {
            try await control.withClient { client in
                var next: Int64
                if let after { next = after } else { next = try await client.status().lastAlertSequence }
                var shown = 0
                while true {
                    let page = try await client.alerts(after: next, wait: Self.wait)
                    for alert in page.alerts {
                        try output.show(alert) { [AlertCommand.line(alert, on: $0)] }
                        shown += 1
                        if shown == count { return }
                    }
                    next = page.next
                }
            }
        }
    }

    /// One alert on one line.
    static func line(_ alert: AlertRow, on console: Console) -> String {
        let ink: Console.Ink =
            switch alert.severity {
            case "Critical", "High", "Fatal": .red
            case "Medium": .yellow
            default: .blue
            }
        return "\(console.ink(TimeText.utc(alert.receivedAt), .grey))  "
            + "\(console.ink(alert.severity.printable, ink))  \(console.ink(alert.title.printable, .bold))  "
            + "on \(alert.endpointName.printable)  \(console.ink("rule \(alert.rule.printable) #\(alert.sequence)", .grey))"
    }
}
