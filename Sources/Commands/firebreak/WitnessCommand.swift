import ArgumentParser
import Foundation
import LogStore
import LogWitness
import TransparencyLog

/// `firebreak witness`
struct WitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness", abstract: "Run a witness, which cosigns what continues what it saw before.",
        discussion: """
            Serves POST /add-checkpoint (C2SP tlog-witness) until it is ended. What it cosigned is durable in the
            folder before it answers: a witness that forgets must be given a new key.

              firebreak log make-key witness.example/w1 --witness --out w1.key
              firebreak witness --key w1.key --log-key log.key.pub --data var/witness
            """)

    @Option(help: ArgumentHelp("The witness's private key.", valueName: "file"), completion: .file())
    var key: String
    @Option(help: ArgumentHelp("A log's public key, or a file with it; again for each log.", valueName: "key"))
    var logKey: [String]
    @Option(help: ArgumentHelp("Where to keep what was cosigned.", valueName: "folder"), completion: .directory)
    var data: String
    @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
    var listen = "127.0.0.1:8090"
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let parts = listen.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else {
            throw ValidationError("--listen is HOST:PORT, as 127.0.0.1:8090")
        }
        let signer = try NoteKeyFile.read(key)
        let isJSON = output.json
        try await WitnessProcess.run(
            host: String(parts[0]), port: Int(port), folder: data, signer: signer,
            logs: try logKey.map { try LogTrust(keys: [try LogTrustOptions.key($0)]) }, now: WallClock.now
        ) { address in
            let view = WitnessView(address: "http://\(address)", publicKey: signer.verifier.text)
            if isJSON {
                try? Console.standard.say(json: view)
            } else {
                Console.standard.say("Firebreak witness \(view.publicKey)")
                Console.standard.say("  listens at \(view.address)/add-checkpoint; Ctrl-C ends it")
            }
        }
    }

    /// What `witness --json` prints once it listens.
    struct WitnessView: Encodable {
        var address: String
        var publicKey: String

        enum CodingKeys: String, CodingKey {
            case address
            case publicKey = "public_key"
        }
    }
}
