import ArgumentParser
import FleetModel
import Foundation
import LogClient
import LogStore
import TransparencyLog

/// `firebreak log`
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Read and check a transparency log, as anyone can.",
        subcommands: [Verify.self, Monitor.self, Audit.self, MakeKey.self])

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify a whole log: checkpoint, witnesses, every tile and every entry.",
            discussion: """
                LOG is a URL, as https://HOST/log, or a directory with the log's files.

                  firebreak log verify https://127.0.0.1:8443/log \\
                      --ca ca.pem --log-key log.key.pub
                  firebreak log verify /srv/mirror/log --log-key log.key.pub \\
                      --witness w1.key.pub --witness w2.key.pub --witness-count 1
                """)

        @Argument(help: "The log's URL or directory.") var log: String
        @OptionGroup var connection: LogConnectionOptions
        @OptionGroup(title: "Whom to believe") var trust: LogTrustOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let trust = try trust.trust()
            let view = try await LogReader.reading(log, caFile: connection.ca) {
                try await Self.verify($0, trust: trust)
            }
            try output.show(view) { _ in
                [
                    "\(view.origin): \(view.size) entries, \(view.bytes) bytes, and every tile are what the log signed",
                    "root \(view.root)",
                    view.witnesses.isEmpty ? "no witness" : "cosigned by \(view.witnesses.joined(separator: ", "))",
                ]
            }
        }

        private static func verify(_ reader: LogReader, trust: LogTrust) async throws -> VerifiedLogView {
            var monitor = LogMonitor(reader, trust: trust)
            var bytes = 0
            let look = try await monitor.look { bytes += $1.count }
            return VerifiedLogView(
                origin: trust.origin, size: look.checkpoint.size, root: look.checkpoint.root.base64,
                witnesses: look.checkpoint.witnesses, bytes: bytes)
        }
    }

    struct Monitor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow a log, and say what it has of a pack or a vendor.",
            discussion: """
                Reads the log from its beginning, then asks again every --every. Each entry is shown once, after it is
                proven; with --pack or --vendor only those that name it. A log that contradicts itself, or shows less
                than before, ends the command with exit code 3.

                  firebreak log monitor https://127.0.0.1:8443/log --log-key log.key.pub
                  firebreak log monitor /srv/log --log-key log.key.pub --vendor acme \\
                      --once --json
                """)

        @Argument(help: "The log's URL or directory.") var log: String
        @Option(help: "Only entries that name this pack.") var pack: [String] = []
        @Option(help: "Only entries that name this vendor.") var vendor: [String] = []
        @Option(help: ArgumentHelp("How long to wait between looks.", valueName: "span"))
        var every = SpanArgument(.minutes(1))
        @Flag(help: "Look once, and end.") var once = false
        @OptionGroup var connection: LogConnectionOptions
        @OptionGroup(title: "Whom to believe") var trust: LogTrustOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let trust = try trust.trust()
            try await LogReader.reading(log, caFile: connection.ca) { try await follow($0, trust) }
        }

        private func follow(_ reader: LogReader, _ trust: LogTrust) async throws {
            var monitor = LogMonitor(reader, trust: trust)
            let interest = LogInterest(packs: pack, vendors: vendor)
            while true {
                var alerts: [LogEntryView] = []
                do {
                    _ = try await monitor.look { index, entry in
                        if let view = interest.view(of: entry, at: index) { alerts.append(view) }
                    }
                    for alert in alerts { try output.show(alert) { _ in [alert.line] } }
                } catch let error as LogClientError where !once && error.code != .badAddress {
                    // A log that cannot be reached is asked again; one that lies is not.
                    Console.standard.complain("firebreak: \(error)")
                }
                if once { return }
                try await Task.sleep(for: .milliseconds(every.span.milliseconds))
            }
        }
    }

    struct MakeKey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "make-key", abstract: "Make the key that signs a log's checkpoints, or a witness's.",
            discussion: """
                Writes the private key to FILE, readable by its owner only, and the public key to FILE.pub. The name
                stands in every signature: the log's URL without https://, or one of the witness's own.

                  firebreak log make-key control.example/log --out log.key
                  firebreak log make-key witness.example/w1 --witness --out w1.key
                """)

        @Argument(help: "The key's name.") var name: String
        @Option(help: ArgumentHelp("Where to write the private key.", valueName: "file"), completion: .file())
        var out: String
        @Flag(help: "A witness's key, which cosigns.") var witness = false
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let signer = try NoteKeyFile.create(out, name: name, kind: witness ? .cosignature : .ed25519)
            let view = MadeNoteKey(
                name: name, publicKey: signer.verifier.text, privateKeyFile: out,
                publicKeyFile: NoteKeyFile.publicPath(of: out))
            try output.show(view) { _ in
                ["private key  \(view.privateKeyFile)   keep it", "public key   \(view.publicKey)"]
            }
        }
    }
}

/// How a log behind https is reached.
struct LogConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The CA of a log behind https that the system does not trust: a control plane's ca.pem.", valueName: "file"),
        completion: .file())
    var ca: String?
}

/// Whose signatures count on a checkpoint.
struct LogTrustOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The log's public key, or a file with it. Two while a key is changed.", valueName: "key"))
    var logKey: [String]
    @Option(help: ArgumentHelp("The log's name, where it is not its key's.", valueName: "name"))
    var origin: String?
    @Option(help: ArgumentHelp("A witness's public key, or a file with it.", valueName: "key"))
    var witness: [String] = []
    @Option(help: ArgumentHelp("How many of the witnesses must have cosigned. Default: all.", valueName: "k"))
    var witnessCount: Int?

    func trust() throws -> LogTrust {
        let witnesses = try witness.map(Self.key)
        return try LogTrust(
            keys: try logKey.map(Self.key), origin: origin,
            witnesses: try WitnessPolicy(threshold: witnessCount ?? witnesses.count, of: witnesses))
    }

    /// The key that is written out, or in the file that is named.
    static func key(_ text: String) throws -> NoteVerifier {
        if text.contains("+"), let key = try? NoteVerifier(text) { return key }
        let bytes = try PackFileReader.read(
            text, bytesMax: LogLimit.keyTextBytesMax,
            nextStep: "Name the file that `firebreak log make-key` wrote, or write the key out: NAME+HASH+BASE64.")
        return try NoteVerifier(
            String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
