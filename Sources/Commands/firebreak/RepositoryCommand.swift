import ArgumentParser
import ContentPack
import FleetModel
import Foundation
import RepositoryPublisher
import UpdateTrust

/// `firebreak repository`
struct RepositoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repository", abstract: "Publish releases as a TUF repository: static files for any web server.",
        subcommands: [Make.self, Delegate.self, Add.self, Recall.self, Refresh.self, Show.self])

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Make a repository and the keys of its roles.",
            discussion: """
                Keys go to --keys, readable by their owner only. Take root and targets keys offline: snapshot and \
                timestamp are enough to publish. More than half of the root keys must sign a root. Give \
                tuf/1.root.json to endpoints.

                  firebreak repository init --repository var/repository
                  firebreak repository init --repository /srv/repository \\
                      --keys /media/stick/keys --root-keys 3
                """)

        @OptionGroup var place: RepositoryOptions
        @Option(help: "How many root keys to make.") var rootKeys = 1
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...RoleKeys.rootCountMax).contains(rootKeys) else {
                throw ValidationError("--root-keys is 1 to \(RoleKeys.rootCountMax).")
            }
        }

        func run() async throws {
            let keys = try place.makeKeys(rootCount: rootKeys)
            try place.show(with: output) { () throws(TufError) in
                try place.folder.create(keys: keys, at: WallClock.now())
            }
        }
    }

    struct Delegate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a vendor speak for packs, by a key of its own.",
            discussion: """
                No other vendor can sign for these packs, and this one for no others. Needs the targets key, once.

                  firebreak repository delegate acme --pack linux-core \\
                      --key acme.key --repository /srv/repository
                """)

        @Argument(help: "The vendor's name.") var vendor: String
        @Option(help: "A pack that is the vendor's; may be repeated.") var pack: [PackName]
        @Option(help: ArgumentHelp("The vendor's signing key.", valueName: "file"), completion: .file()) var key: String
        @OptionGroup var place: RepositoryOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let keys = try place.keyring()
            let vendorKey = try RepositoryOptions.signingKey(key)
            try place.show(with: output) { () throws(TufError) in
                let now = WallClock.now()
                return try place.folder.change(keys: keys, at: now) { repository throws(TufError) in
                    try repository.delegate(
                        to: vendor, packs: pack, key: vendorKey.key, first: vendorKey, by: keys.targets, at: now)
                }
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish a pack under a vendor's name.",
            discussion: """
                  firebreak repository add linux-core-1.0.0.fbpack --vendor acme \\
                      --key acme.key --repository /srv/repository
                  firebreak repository add firebreak-agent-1.1.0.fbpack --vendor acme \\
                      --key acme.key --program firebreak-agent \\
                      --program firebreak-worker
                """)

        @Argument(help: "The pack.", completion: .file()) var file: String
        @Option(help: "The vendor whose pack it is.") var vendor: String
        @Option(help: ArgumentHelp("The vendor's signing key.", valueName: "file"), completion: .file()) var key: String
        @Option(
            help: ArgumentHelp("A program of an agent's build; twice.", valueName: "file"), completion: .file())
        var program: [String] = []
        @OptionGroup var place: RepositoryOptions
        @OptionGroup var output: OutputOptions

        /// The programs, where the pack says that they belong to it.
        private func programs(of contents: PackContents) throws -> [(path: String, bytes: [UInt8])] {
            guard contents.manifest.release.pack == AgentBuild.pack else {
                guard program.isEmpty else { throw ValidationError("--program is for builds of the agent.") }
                return []
            }
            let build = try AgentBuild(decoding: contents.program)
            let files = try program.map { file in
                let bytes = try PackFileReader.read(
                    file, bytesMax: AgentBuild.programBytesMax, nextStep: "Name the build's two programs.")
                return (digest: ContentDigest.sha256(bytes), bytes: bytes)
            }
            return try [build.agent, build.worker].map { wanted in
                guard let bytes = files.first(where: { $0.digest == wanted.digest })?.bytes else {
                    throw CommandFailure(
                        exit: .badInput, code: "publish.program_mismatch", subject: file,
                        message: "the program \(wanted.digest) is not among those of --program",
                        nextStep: "Name both programs that `firebreak pack build-agent` was given.")
                }
                return (wanted.target, bytes)
            }
        }

        func run() async throws {
            let keys = try place.keyring()
            let vendorKey = try RepositoryOptions.signingKey(key)
            let bytes = try PackFileReader.read(
                file, bytesMax: TufLimits.targetBytesMax, nextStep: "Name the file that `firebreak pack build` wrote.")
            guard let trusted = TrustedKey(publicKey: vendorKey.publicKey, comment: vendor) else { return }
            let verified: VerifiedPack
            do throws(TrustError) {
                verified = try PackVerifier(trustedKeys: TrustedKeys(trusted)).verify(UnverifiedPack(bytes))
            } catch {
                throw CommandFailure(
                    exit: .refused, code: error.code.rawValue, subject: file, message: error.message,
                    nextStep: error.nextStep)
            }
            let programs = try programs(of: verified.contents)
            try place.show(with: output) { () throws(TufError) in
                try place.folder.add(
                    bytes, of: verified.release, with: programs, to: vendor, by: vendorKey, keys: keys,
                    at: WallClock.now())
            }
        }
    }

    struct Recall: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a release back, for good: endpoints drop it, and never take its bytes again.",
            discussion: """
                Needs recalls.key beside the online keys. A control plane that has these keys does it by itself with \
                each recall; this is for a repository without one, and for when it cannot be reached.

                  firebreak repository recall linux-core-1.0.1.fbpack \\
                      --reason "it stops logins" --repository /srv/repository
                """)

        @Argument(help: "The pack.", completion: .file()) var file: String?
        @Option(help: "The pack's SHA-256, where its file is not at hand.") var digest: Digest?
        @Option(help: "Why, for people.") var reason: String
        @OptionGroup var place: RepositoryOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (file == nil) != (digest == nil) else { throw ValidationError("Name the pack's file, or --digest.") }
        }

        func run() async throws {
            let keys = try place.keyring()
            var recalled = digest
            if let file {
                let bytes = try PackFileReader.read(
                    file, bytesMax: TufLimits.targetBytesMax, nextStep: "Name the pack's file, or give its --digest.")
                recalled = ContentDigest.sha256(bytes)
            }
            guard let recalled else { return }
            try place.show(with: output) { () throws(TufError) in
                try place.folder.recall([(recalled, reason)], keys: keys, at: WallClock.now()).repository
            }
        }
    }

    struct Refresh: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign anew what expires soon: snapshot, timestamp, recalls.",
            discussion: """
                The timestamp holds for a day, the snapshot for a week: run this several times a day, as from a timer. \
                A control plane with --repository-keys does it by itself.

                  firebreak repository refresh --repository /srv/repository
                """)

        @OptionGroup var place: RepositoryOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let keys = try place.keyring()
            try place.show(with: output) { () throws(TufError) in
                _ = try place.folder.renew(keys: keys, at: WallClock.now())
                return try place.folder.read()
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a repository has, and until when it holds.",
            discussion: """
                  firebreak repository show --repository /srv/repository
                """)

        @OptionGroup var place: RepositoryOptions
        @OptionGroup var output: OutputOptions

        func run() async throws { try place.show(with: output) { () throws(TufError) in try place.folder.read() } }
    }
}

/// Where a repository is, and where its keys are.
struct RepositoryOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The repository's folder.", valueName: "folder"), completion: .directory)
    var repository = "var/repository"
    @Option(help: ArgumentHelp("The folder with the roles' keys.", valueName: "folder"), completion: .directory)
    var keys = "var/keys/repository"

    var folder: RepositoryFolder { RepositoryFolder(path: repository) }

    private var roleKeys: RoleKeys { RoleKeys(folder: keys) }

    /// Makes the folder where it is missing, and the keys of the roles in it.
    func makeKeys(rootCount: Int) throws -> TufKeyring<PackSigningKey> {
        try FileManager.default.createDirectory(at: URL(filePath: keys), withIntermediateDirectories: true)
        do throws(KeyFileError) {
            return try roleKeys.make(rootCount: rootCount)
        } catch {
            throw CommandFailure(error)
        }
    }

    func keyring() throws(CommandFailure) -> TufKeyring<PackSigningKey> {
        do throws(KeyFileError) {
            return try roleKeys.read()
        } catch {
            throw CommandFailure(error)
        }
    }

    static func signingKey(_ file: String) throws(CommandFailure) -> PackSigningKey {
        do throws(KeyFileError) {
            return try SigningKeyFile.read(file)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// Shows the repository that `body` leaves.
    func show(with output: OutputOptions, _ body: () throws(TufError) -> TufRepository) throws {
        let view = RepositoryView(try refusing(body))
        try output.show(view) { _ in view.lines }
    }
}

/// What `repository --json` prints.
struct RepositoryView: Encodable {
    struct Role: Encodable {
        var name: String
        var version: Int64
        var expires: String
        var targets: [String]?
    }

    var roles: [Role]

    init(_ repository: TufRepository) {
        func role(_ name: String, _ head: TufHead, targets: [String]? = nil) -> Role {
            Role(name: name, version: head.version, expires: head.expires.rfc3339, targets: targets)
        }
        roles = [
            role("root", repository.root.head), role("targets", repository.targets.head),
            role("snapshot", repository.snapshot.head), role("timestamp", repository.timestamp.head),
        ]
        for (name, vendor) in repository.vendors.sorted(by: { $0.key < $1.key }) {
            roles.append(role(name, vendor.head, targets: vendor.targets.all.map(\.path).sorted()))
        }
    }

    var lines: [String] {
        roles.flatMap { role in
            ["\(role.name)  version \(role.version), until \(role.expires)"] + (role.targets ?? []).map { "  \($0)" }
        }
    }
}

extension CommandFailure {
    init(_ error: TufError) {
        self.init(
            exit: .refused, code: error.code.rawValue, subject: error.subject, message: error.message,
            nextStep: error.nextStep)
    }
}
