import ArgumentParser
import DurableFiles
import FleetModel
import Foundation
import RepositoryPublisher
import UpdateTrust

/// Where drafts are, and the repository that they follow.
struct DraftOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder with the drafts.", valueName: "folder"), completion: .directory)
    var drafts = "var/drafts"
    @Option(help: ArgumentHelp("The repository's folder.", valueName: "folder"), completion: .directory)
    var repository = "var/repository"

    var folder: DraftFolder { DraftFolder(path: drafts) }

    /// The repository as it is served; nil before the first ceremony.
    func published() throws(TufError) -> TufRepository? {
        do throws(TufError) {
            return try RepositoryFolder(path: repository).read()
        } catch  where error.code == .unavailable && error.subject == "1.root.json" {
            return nil
        }
    }

    /// The root that is being drafted; nil where nobody has begun one.
    func rootDraft() throws(TufError) -> TufRoot? {
        guard let bytes = try folder.read("root") else { return nil }
        return try TufRoot(
            reading: TufEnvelope(reading: bytes, bytesMax: TufLimits.rootBytesMax, subject: folder.file("root")))
    }

    func targetsDraft(_ role: String) throws(TufError) -> TufTargets? {
        guard let bytes = try folder.read(role) else { return nil }
        let envelope = try TufEnvelope(
            reading: bytes, bytesMax: TufLimits.targetsBytesMax, subject: folder.file(role))
        return try TufTargets(reading: envelope, role: role)
    }

    /// Changes the draft of the root, begun from the repository where there is none. Signatures that it had are dropped:
    /// they were for something else.
    func changeRoot(_ body: (inout TufRoot) throws(TufError) -> Void) throws(TufError) -> DraftView {
        let published = try published()
        guard var root = try rootDraft() ?? published?.root.next(at: WallClock.now()) else {
            throw TufError(.unavailable, subject: drafts, message: "there is neither a draft nor a repository")
        }
        try body(&root)
        try folder.write(TufDraft(root.json), as: "root")
        return DraftView(
            file: folder.file("root"), role: "root", lines: TufWords.lines(of: root, after: published?.root))
    }

    /// The same for the targets.
    func changeTargets(_ body: (inout TufTargets) throws(TufError) -> Void) throws(TufError) -> DraftView {
        let published = try published()
        guard var targets = try targetsDraft("targets") ?? published?.targets.next(at: WallClock.now()) else {
            throw TufError(.unavailable, subject: drafts, message: "there is neither a draft nor a repository")
        }
        try body(&targets)
        try folder.write(TufDraft(targets.json), as: "targets")
        return DraftView(
            file: folder.file("targets"), role: "targets",
            lines: TufWords.lines(of: targets, role: "targets", after: published?.targets))
    }
}

/// The passphrase of an encrypted key.
struct PassphraseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file whose first line is the passphrase. Default: $FIREBREAK_PASSPHRASE, else it is asked for.",
            valueName: "file"), completion: .file())
    var passphraseFile: String?

    var source: Passphrase {
        if let passphraseFile { return .file(passphraseFile) }
        let given = ProcessInfo.processInfo.environment["FIREBREAK_PASSPHRASE"] ?? ""
        return given.isEmpty ? .terminal : .given(given)
    }

    func key(_ path: String) throws(CommandFailure) -> PackSigningKey {
        do throws(KeyFileError) {
            return try RoleKeyFile.read(path, passphrase: source)
        } catch {
            throw CommandFailure(error)
        }
    }
}

/// Public keys as `firebreak keys make` writes them.
enum PublicKeyFile {
    static func read(_ path: String) throws -> TufKey {
        var options = TrustOptions()
        options.trust = path
        guard let keys = try options.keys(), keys.keys.count == 1 else {
            throw CommandFailure(
                .fileUnreadable, subject: path, message: "one public key was expected",
                nextStep: "Name the file that `firebreak keys make` wrote beside the private key: FILE.pub.")
        }
        return TufKey(ed25519: keys.keys[0].publicKey)
    }
}

/// What commands on drafts print.
struct DraftView: Encodable {
    var file: String
    var role: String
    /// In words.
    var lines: [String]
    /// The ids of the keys that have signed and count.
    var signedBy: [String] = []
    /// How many of them are asked for; nil where that is not known here.
    var threshold: Int?

    enum CodingKeys: String, CodingKey {
        case file, role, lines, threshold
        case signedBy = "signed_by"
    }

    var text: [String] {
        var text = [file] + lines
        let signers = signedBy.map(TufWords.short).joined(separator: ", ")
        let names = signers.isEmpty ? "nobody" : signers
        text.append(threshold.map { "signed by \(names): \(signedBy.count) of \($0)" } ?? "signed by \(names)")
        return text
    }
}

/// Turns the trust room's refusals into the command's.
func refusing<Value>(_ body: () throws(TufError) -> Value) throws(CommandFailure) -> Value {
    do throws(TufError) {
        return try body()
    } catch {
        throw CommandFailure(error)
    }
}
