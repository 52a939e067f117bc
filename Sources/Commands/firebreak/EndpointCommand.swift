import ArgumentParser
import ControlClient
import ControlWire
import FleetModel

/// `firebreak endpoint`
struct EndpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint", abstract: "List endpoints, and let them in and out.",
        subcommands: [List.self, Show.self, Add.self, Revoke.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all endpoints.",
            discussion: """
                RELEASES are those that evaluate the endpoint's events now. HEALTH names the components that are not well.
                STATE tells whether the measured state verifies; `firebreak endpoint show` says why it does not.

                  firebreak endpoint list
                  firebreak endpoint list --unwell
                  firebreak endpoint list --json | jq '.endpoints[].name'
                """)

        @Flag(help: "Only endpoints that are not well, or have not said that they are.")
        var unwell = false

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (now, all) = try await control.withClient { client in
                let endpoints = try await client.endpoints()
                return (try await client.status().now, endpoints)
            }
            let endpoints = unwell ? all.filter { !$0.isWell } : all
            try output.show(EndpointPage(endpoints: endpoints, next: nil)) {
                EndpointView.table(endpoints, now: now).lines(on: $0)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show everything that is known of one endpoint.",
            discussion: "  firebreak endpoint show 0123456789abcdef0123456789abcdef")

        @Argument(help: "The endpoint's id: 32 hex digits.")
        var endpoint: EndpointID

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = endpoint
            let (now, endpoint) = try await control.withClient { client in
                let endpoint = try await client.endpoint(id)
                return (try await client.status().now, endpoint)
            }
            try output.show(endpoint) { EndpointView.sheet(endpoint, now: now, on: $0) }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Mint a credential for an endpoint that cannot enrol by itself.",
            discussion: """
                For third-party OpAMP agents: configure the header as it is printed. The control plane keeps only the \
                credential's hash, so it is shown this once.

                  firebreak endpoint add build-server-7
                """)

        @Argument(help: "A name for people.")
        var name: String

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...ControlWireLimit.operatorTextBytesMax).contains(name.utf8.count) else {
                throw ValidationError("The name has 1 to \(ControlWireLimit.operatorTextBytesMax) bytes.")
            }
        }

        func run() async throws {
            let name = name
            let minted = try await control.withClient { try await $0.addEndpoint(name: name) }
            try output.show(minted) { console in
                var sheet = FactSheet()
                sheet.add("endpoint", Table.Cell(minted.endpoint.text))
                sheet.add("header", Table.Cell(minted.header))
                return sheet.lines(on: console)
                    + [console.ink("The credential is not shown again. Use the endpoint id as instance_uid.", .grey)]
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuse an endpoint's credential from now on.",
            discussion: """
                The endpoint keeps protecting with what it has. Its exposures are settled as withdrawn.

                  firebreak endpoint revoke 0123456789abcdef0123456789abcdef \\
                      --reason "host was scrapped"
                """)

        @Argument(help: "The endpoint's id: 32 hex digits.")
        var endpoint: EndpointID

        @OptionGroup var why: ReasonOptions
        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (id, reason) = (endpoint, why.reason)
            let summary = try await control.withClient { try await $0.revoke(id, reason: reason) }
            try output.show(summary) { _ in ["\(summary.name.printable) (\(summary.id)) is revoked"] }
        }
    }
}

/// Why an operator does something by hand.
struct ReasonOptions: ParsableArguments {
    @Option(help: "Why, for the record of operator actions; a recall's reason is shown to endpoints.")
    var reason = "no reason given"

    func validate() throws {
        guard (1...ControlWireLimit.operatorTextBytesMax).contains(reason.utf8.count) else {
            throw ValidationError("A reason has 1 to \(ControlWireLimit.operatorTextBytesMax) bytes.")
        }
    }
}
