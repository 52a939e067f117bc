import ArgumentParser
import CanonicalCoding
import ControlClient
import ControlWire
import FleetModel

/// `firebreak customer`
struct CustomerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customer", abstract: "Let customers say what they take, where and when.",
        discussion: """
            A customer's policy has rings in order, windows, holds, pins, and how many releases a ring stays behind. \
            It can only keep releases out: the gate's cap holds in any case. Endpoints belong to a customer and to a \
            ring by their tags `customer` and `ring`.
            """,
        subcommands: [List.self, Show.self, Apply.self, Remove.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the customers that have a policy.", discussion: "  firebreak customer list")

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let customers = try await control.withClient { try await $0.customers() }
            try output.show(CustomerList(customers: customers)) { CustomerView.table(customers).lines(on: $0) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a customer's policy, as `customer apply` takes it.",
            discussion: "  firebreak customer show acme")

        @Argument(help: "The customer's name; '*' is the policy for all others.") var name: String
        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let name = name
            let customer = try await control.withClient { try await $0.customer(name) }
            let text = String(decoding: try ManagementJSON.encode(customer.policy), as: UTF8.self)
            try output.show(customer) { _ in [text.printable] }
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a customer's policy from a file.",
            discussion: """
                It counts from each endpoint's next check-in on. What an endpoint already runs is not taken away.

                  firebreak customer apply acme.yml
                """)

        @Argument(
            help: "The policy, YAML (or the JSON that `customer show` prints); its key `customer` names the customer.",
            completion: .file())
        var file: String
        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let policy = try PolicySource.document(in: file, .customer)
            guard case .object(let members) = policy, case .string(let name)? = members["customer"], !name.isEmpty
            else {
                throw CommandFailure(
                    .policyUnreadable, subject: file, message: "the policy has no member `customer` with a name")
            }
            let customer = try await control.withClient { try await $0.setCustomer(name, policy: policy) }
            try output.show(customer) { CustomerView.table([customer]).lines(on: $0) }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a customer's policy.",
            discussion: """
                Its endpoints are then under the policy for all others ('*'), where there is one.

                  firebreak customer remove acme --reason "the contract has ended"
                """)

        @Argument(help: "The customer's name.") var name: String
        @OptionGroup var why: ReasonOptions
        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (name, reason) = (name, why.reason)
            let customer = try await control.withClient { try await $0.removeCustomer(name, reason: reason) }
            try output.show(customer) { _ in ["the policy of \(customer.name.printable) is removed"] }
        }
    }
}

/// Customers on a terminal.
enum CustomerView {
    static func table(_ customers: [CustomerSummary]) -> Table {
        var table = Table(("CUSTOMER", .left), ("RINGS", .left), ("HELD", .left), ("PINS", .right), ("CHANGED", .left))
        for customer in customers {
            let rings = elements("rings", of: customer.policy)
            let held = rings.filter { text("hold", of: $0) != nil }
            table.add([
                Table.Cell(customer.name, .bold), Table.Cell(names(rings)), Table.Cell(names(held), .yellow),
                Table.Cell(elements("pins", of: customer.policy).count), Table.Cell(TimeText.utc(customer.changedAt)),
            ])
        }
        return table
    }

    private static func names(_ rings: [JSONValue]) -> String {
        rings.compactMap { text("name", of: $0) }.joined(separator: " ")
    }

    private static func elements(_ name: String, of value: JSONValue) -> [JSONValue] {
        guard case .object(let members) = value, case .array(let elements)? = members[name] else { return [] }
        return elements
    }

    private static func text(_ name: String, of value: JSONValue) -> String? {
        guard case .object(let members) = value, case .string(let text)? = members[name] else { return nil }
        return text
    }
}
