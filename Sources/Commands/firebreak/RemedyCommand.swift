import ArgumentParser
import ContentPublisher
import FleetModel
import Foundation
import GuardEngine
import UpdateTrust

/// `firebreak remedy`
struct RemedyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remedy", abstract: "Orders for endpoints that no release can help.", subcommands: [Sign.self])

    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign a remedy, to be put into an endpoint's drop folder.",
            discussion: """
                Writes ID.fbremedy. An endpoint's guard applies it once when it finds it in STATE/remedies, or when \
                `firebreak-guard remedy FILE` names it; `firebreak-guard remedy --test FILE` shows what it would do.

                Each action is one argument:
                  leave-safe-mode                    back to normal, every count at zero
                  observe                            no content, until another remedy
                  "revert DIGEST"                    take this pack away
                  "use-slot a"                       run the agent's build in slot a
                  "install-build PATH AGENT WORKER"  a build beside the remedy, and the
                                                     SHA-256 of its two programs
                  forget-attempt                     take away what is being tried

                  firebreak remedy sign --id 2026-11-27.calm leave-safe-mode forget-attempt
                """)

        @Option(help: "Its name: an endpoint applies one id once.") var id: String
        @Option(help: ArgumentHelp("How long it is good for, at most 90d.", valueName: "span"))
        var expiresIn = SpanArgument(.hours(7 * 24))
        @Option(help: ArgumentHelp("The private key. Default: $FIREBREAK_SIGNING_KEY.", valueName: "file"))
        var key: String?
        @Option(help: ArgumentHelp("Where to write it. Default: ID.fbremedy.", valueName: "file"))
        var out: String?
        @OptionGroup var output: OutputOptions
        @Argument(help: "What to do, in this order.") var actions: [String]

        func run() async throws {
            guard expiresIn.span <= RemedyVerifier.lifetimeMax, expiresIn.span > .zero else {
                throw ValidationError("--expires-in is at most 90d: an old order must not come back with an old stick")
            }
            let orders = try actions.map { text in
                guard let action = RemedyAction(line: PlainText(Array(text.utf8))) else {
                    throw ValidationError("\"\(text)\" is no action; firebreak help remedy sign lists them")
                }
                return action
            }
            let expiresAt = Moment(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) + expiresIn.span
            guard let remedy = Remedy(id: PlainText(Array(id.utf8)), expiresAt: expiresAt, actions: orders) else {
                throw ValidationError(
                    "an id has 1 to \(RemedyPlan.idBytesMax) of a-z 0-9 . _ -, and a remedy at most "
                        + "\(RemedyPlan.actionCountMax) actions")
            }
            let path = out ?? "\(id).fbremedy"
            try PackFileReader.write(Self.signed(remedy, with: KeyFiles.signing(key)), to: path)
            let made = SignedRemedyView(id: id, file: path, expiresAt: expiresAt)
            try output.show(made) { _ in ["\(path)   expires \(TimeText.utc(expiresAt))"] }
        }

        /// What `remedy sign --json` prints.
        struct SignedRemedyView: Encodable {
            var id: String
            var file: String
            var expiresAt: Moment

            enum CodingKeys: String, CodingKey {
                case id, file
                case expiresAt = "expires_at_ms"
            }
        }

        private static func signed(_ remedy: Remedy, with key: String) throws(CommandFailure) -> [UInt8] {
            let signer = try RepositoryOptions.signingKey(key)
            do throws(TrustError) {
                return try signer.sign(remedy).bytes
            } catch {
                throw CommandFailure(
                    exit: .badInput, code: error.code.rawValue, subject: key, message: error.message,
                    nextStep: error.nextStep)
            }
        }
    }
}
