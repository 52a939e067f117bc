import ArgumentParser
import ContentPack
import FleetModel
import Foundation
import RepositoryPublisher
import UpdateTrust

/// `firebreak keys`
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make, list and change the keys that sign packs and metadata.",
        subcommands: [Make.self, List.self, Rotate.self])

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an Ed25519 key pair.",
            discussion: """
                Writes the private key to FILE, readable by its owner only, and the public key to FILE.pub: a line for \
                the file that agents and the control plane are given with --trust. Never overwrites a key. Makes the \
                folder where it is missing. --encrypted seals it with a passphrase (scrypt, ChaCha20-Poly1305): for keys \
                that are kept offline. --role says in the file what it is for.

                  firebreak keys make
                  firebreak keys make --role root --encrypted --out alice.key
                  firebreak keys make --out release.key --comment "release engineering"
                """)

        @Option(help: ArgumentHelp("Where to write the private key.", valueName: "file"), completion: .file())
        var out = KeyFiles.signingDefault

        @Option(help: "What the public key's line says of its owner.")
        var comment = "firebreak release key"

        @Option(help: "What the key is for: root, targets, snapshot, timestamp, recalls, or a vendor's name.")
        var role: String?

        @Flag(help: "Seal the private key with a passphrase.") var encrypted = false

        @OptionGroup var passphrase: PassphraseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try KeysCommand.makeFolder(of: out)
            let key: TrustedKey
            do throws(KeyFileError) {
                if encrypted {
                    let words = try passphrase.source.read(prompt: "New passphrase of \(out): ")
                    if case .terminal = passphrase.source {
                        guard try passphrase.source.read(prompt: "The same again: ") == words else {
                            throw KeyFileError(.passphraseWrong, subject: out, message: "the two are not the same")
                        }
                    }
                    key = try EncryptedKeyFile.create(at: out, role: role ?? comment, passphrase: words)
                } else {
                    key = try SigningKeyFile.create(at: out, comment: role ?? comment)
                }
            } catch {
                throw CommandFailure(error)
            }
            let made = MadeKey(
                keyId: key.id.text, tufKeyId: TufKey(ed25519: key.publicKey).id, privateKeyFile: out,
                publicKeyFile: out + ".pub")
            try output.show(made) { _ in
                [
                    "private key  \(made.privateKeyFile)   keep it; it signs \(role == nil ? "packs" : "metadata")",
                    role.map { "public key   \(made.publicKeyFile)   give it to who drafts the root, for \($0)" }
                        ?? "public key   \(made.publicKeyFile)   give it to firebreak-control and firebreak-agent as --trust",
                    "key id       \(made.keyId)",
                    "in metadata  \(made.tufKeyId)",
                ]
            }
        }
    }

    /// Makes the folder that a key goes into. One that is there stays as it is; the key's own file keeps others out.
    private static func makeFolder(of path: String) throws(CommandFailure) {
        let folder = URL(filePath: path).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .fileUnwritable, exit: .failure, subject: folder.path, message: "the folder cannot be made")
        }
    }

    /// What `keys make --json` prints.
    struct MadeKey: Encodable {
        var keyId: String
        /// What TUF metadata calls it.
        var tufKeyId: String
        var privateKeyFile: String
        var publicKeyFile: String

        enum CodingKeys: String, CodingKey {
            case keyId = "key_id"
            case tufKeyId = "tuf_key_id"
            case privateKeyFile = "private_key_file"
            case publicKeyFile = "public_key_file"
        }
    }
}

/// Where keys are, unless a person says otherwise.
enum KeyFiles {
    static let signingDefault = "var/keys/release.key"

    static func signing(_ given: String?) -> String { given ?? environment("FIREBREAK_SIGNING_KEY") ?? signingDefault }

    /// The file of trusted keys that a person named; nil when nobody did.
    static func trusted(_ given: String?) -> String? { given ?? environment("FIREBREAK_TRUST") }

    /// The public key of this checkout's own release engineer; nil where none was made.
    static var ownPublicKey: String? {
        let path = signingDefault + ".pub"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    private static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Whose signatures count.
struct TrustOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file with the public keys whose signatures count. Default: $FIREBREAK_TRUST; `pack check` also takes "
                + "var/keys/release.key.pub.", valueName: "file"), completion: .file())
    var trust: String?

    /// The keys of the file that was named; of the file `otherwise` when none was; nil without either.
    func keys(otherwise: String? = nil) throws(CommandFailure) -> TrustedKeys? {
        guard let path = KeyFiles.trusted(trust) ?? otherwise else { return nil }
        let bytes = try PackFileReader.read(
            path, bytesMax: TrustedKeys.fileBytesMax,
            nextStep: "Name a file of public keys, as `firebreak keys make` wrote it beside the private key.")
        do throws(TrustError) {
            return try TrustedKeys(reading: bytes)
        } catch {
            throw CommandFailure(
                exit: .badInput, code: error.code.rawValue, subject: path,
                message: [error.subject, error.message].filter { !$0.isEmpty }.joined(separator: ": "),
                nextStep: error.nextStep)
        }
    }
}

extension PackChaos: ExpressibleByArgument {}
