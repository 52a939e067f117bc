import ArgumentParser
import FleetModel
import Foundation
import Glibc
import RepositoryPublisher
import UpdateTrust

extension RootCommand {
    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add your signature to a draft, after reading what it says.",
            discussion: """
                Says in words what is being signed and what changes, then asks. Signatures that are there stay: several \
                people sign one file, one after the other. --yes answers for scripts.

                  firebreak root sign var/drafts/root.json --key alice.key
                  firebreak root sign /media/stick/drafts/targets.json \\
                      --key targets.key --drafts /media/stick/drafts --yes
                """)

        @Argument(help: "The draft.", completion: .file()) var file: String
        @Option(help: ArgumentHelp("Your private key.", valueName: "file"), completion: .file()) var key: String
        @Flag(help: "Sign without asking.") var yes = false
        @OptionGroup var place: DraftOptions
        @OptionGroup var passphrase: PassphraseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let name = URL(filePath: file).deletingPathExtension().lastPathComponent
            let role = name.removingPercentEncoding ?? name
            let reading = try refusing { () throws(TufError) in
                guard let bytes = try DraftFolder.read(file) else {
                    throw TufError(.unavailable, subject: file, message: "there is no such draft")
                }
                return try DraftReading(bytes: bytes, role: role, place: place)
            }
            if !output.json { for line in reading.lines { Console.standard.say(line.printable) } }
            try confirm()
            let signer = try passphrase.key(key)
            let view = try refusing { () throws(TufError) in
                try reading.requireSigner(signer.key)
                var draft = try TufDraft(
                    reading: reading.bytes, bytesMax: TufLimits.targetsBytesMax, subject: file)
                try draft.sign(by: signer)
                try DraftFolder.write(draft.bytes, to: file)
                return try DraftReading(bytes: draft.bytes, role: role, place: place).view(file: file)
            }
            try output.show(view) { _ in [view.text.last ?? ""] }
        }

        private func confirm() throws(CommandFailure) {
            if yes { return }
            guard isatty(STDIN_FILENO) == 1, !output.json else {
                throw CommandFailure(
                    .failed, exit: .badInput, subject: file, message: "nobody is there to be asked",
                    nextStep: "Read it with `firebreak root show`, then sign with --yes.")
            }
            Console.standard.say("Sign this? Type yes:")
            guard readLine() == "yes" else {
                throw CommandFailure(
                    .failed, exit: .badInput, subject: file, message: "it was not signed", nextStep: "")
            }
        }
    }
}

/// A draft, with what is known here of who must sign it.
struct DraftReading {
    let bytes: [UInt8]
    let role: String
    let lines: [String]
    /// Whose signatures are asked for: of a root also those of the root before. Empty where that is not known here, as
    /// on a vendor's own host.
    private let signers: [(role: TufRole, keys: [String: TufKey])]
    private let envelope: TufEnvelope

    init(bytes: [UInt8], role: String, place: DraftOptions) throws(TufError) {
        self.bytes = bytes
        self.role = role
        envelope = try TufEnvelope(reading: bytes, bytesMax: TufLimits.targetsBytesMax, subject: role)
        let published = try place.published()
        var found: [(TufRole?, [String: TufKey])] = []
        if role == "root" {
            let root = try TufRoot(reading: envelope)
            let before = published?.root == root ? nil : published?.root
            lines = TufWords.lines(of: root, after: before)
            found = [(before?.roles["root"], before?.keys ?? [:]), (root.roles["root"], root.keys)]
        } else {
            let targets = try TufTargets(reading: envelope, role: role)
            let before = role == "targets" ? published?.targets : published?.vendors[role]
            lines = TufWords.lines(of: targets, role: role, after: before == targets ? nil : before)
            if role == "targets" {
                let root = try place.rootDraft() ?? published?.root
                found = [(root?.roles["targets"], root?.keys ?? [:])]
            } else {
                let delegations = (try place.targetsDraft("targets") ?? published?.targets)?.delegations
                found = [(delegations?.role(named: role), delegations?.keys ?? [:])]
            }
        }
        signers = found.compactMap { role, keys in role.map { ($0, keys) } }
    }

    /// Requires that the key's signature would count.
    func requireSigner(_ key: TufKey) throws(TufError) {
        guard signers.isEmpty || signers.contains(where: { $0.role.keyIDs.contains(key.id) }) else {
            throw TufError(.keyUnknown, subject: role, message: "\(key.id) is none of its keys")
        }
    }

    func view(file: String) throws(TufError) -> DraftView {
        var view = DraftView(file: file, role: role, lines: lines)
        guard let last = signers.last else { return view }
        view.signedBy = envelope.signers(of: last.role, keys: last.keys).map(\.id)
        view.threshold = last.role.threshold
        if signers.count > 1 {
            let old = envelope.signers(of: signers[0].role, keys: signers[0].keys).count
            view.lines.append("of the root before, \(old) of \(signers[0].role.threshold) have signed")
        }
        return view
    }
}
