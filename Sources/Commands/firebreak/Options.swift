import ArgumentParser
import ControlClient
import Foundation

/// Which control plane, and as whom. The same on every command that talks to it.
struct ControlOptions: ParsableArguments {
    /// Where `firebreak-control` keeps its files when it is started from the checkout.
    static let dataFolder = "var/control"

    @Option(
        help: ArgumentHelp(
            "The control plane's address. Default: $FIREBREAK_CONTROL, else the one in var/control/address, else "
                + "https://127.0.0.1:8443.",
            valueName: "url"))
    var control: String?

    @Option(
        name: .customLong("ca"),
        help: ArgumentHelp(
            "The one CA that is trusted, PEM. Default: $FIREBREAK_CA, else var/control/ca.pem.", valueName: "file"),
        completion: .file())
    var certificateAuthority: String?

    @Option(
        help: ArgumentHelp(
            "The file with the operator's token. Default: $FIREBREAK_OPERATOR_TOKEN_FILE, else "
                + "var/control/operator.token.", valueName: "file"),
        completion: .file())
    var operatorTokenFile: String?

    /// What was given, or the environment's, or the default.
    struct Resolved: Equatable {
        var control: String
        var certificateAuthorityFile: String
        var operatorTokenFile: String
    }

    func resolved(environment: [String: String], addressFile: String? = nil) -> Resolved {
        func value(_ given: String?, _ name: String) -> String? {
            given ?? environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        let listening = (try? String(contentsOfFile: addressFile ?? "\(Self.dataFolder)/address", encoding: .utf8))
            .map { "https://" + $0.trimmingCharacters(in: .whitespacesAndNewlines) }
        return Resolved(
            control: value(control, "FIREBREAK_CONTROL") ?? listening ?? "https://127.0.0.1:8443",
            certificateAuthorityFile: value(certificateAuthority, "FIREBREAK_CA") ?? "\(Self.dataFolder)/ca.pem",
            operatorTokenFile: value(operatorTokenFile, "FIREBREAK_OPERATOR_TOKEN_FILE")
                ?? "\(Self.dataFolder)/operator.token")
    }

    /// Calls the control plane, and closes the connection whatever happens.
    func withClient<Value: Sendable>(_ body: (ManagementClient) async throws -> Value) async throws -> Value {
        let resolved = resolved(environment: ProcessInfo.processInfo.environment)
        let client = try ManagementClient(
            control: resolved.control, certificateAuthorityFile: resolved.certificateAuthorityFile,
            operatorTokenFile: resolved.operatorTokenFile)
        do {
            let value = try await body(client)
            await client.close()
            return value
        } catch {
            await client.close()
            throw error
        }
    }
}

/// How a command prints what it found.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON, as the management API gives it, and errors as JSON on standard error.")
    var json = false

    /// Prints a value: as JSON, or the lines made of it.
    func show(_ value: some Encodable, lines: (Console) -> [String]) throws {
        let console = Console.standard
        if json {
            try console.say(json: value)
        } else {
            for line in lines(console) { console.say(line) }
        }
    }
}
