import ArgumentParser
import ContentPack
import ContentPublisher
import FleetModel
import RepositoryPublisher
import UpdateTrust

/// `firebreak pack`
struct PackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack", abstract: "Build, check and look into packs. Needs no control plane.",
        subcommands: [Build.self, BuildAgent.self, Check.self, Show.self])

    struct Build: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Build and sign a pack from Sigma rules and their examples.",
            discussion: """
                Every rule is compiled and run over its examples; nothing is signed unless each rule matches its true \
                events and none of its false ones. Equal sources give an equal pack on any machine.

                  firebreak pack build --name linux-core --version 1.0.0 \\
                      --rules content/linux-core/rules \\
                      --examples content/linux-core/examples
                """)

        @Option(help: "The pack's name, as in linux-core.")
        var name: PackName

        @Option(help: "The release's version, as in 1.0.0.")
        var version: ReleaseVersion

        @Option(help: ArgumentHelp("Folder of Sigma rules, *.yml.", valueName: "folder"), completion: .directory)
        var rules: String

        @Option(
            help: ArgumentHelp("Folder of example events, one <rule id>.json a rule.", valueName: "folder"),
            completion: .directory)
        var examples: String

        @Option(
            help: ArgumentHelp(
                "The signing key, as `firebreak keys make` wrote it. Default: $FIREBREAK_SIGNING_KEY, else "
                    + "var/keys/release.key.", valueName: "file"), completion: .file())
        var key: String?

        @Option(
            help: ArgumentHelp("Where to write the pack. Default: NAME-VERSION.fbpack here.", valueName: "file"),
            completion: .file())
        var out: String?

        @Option(help: "Release notes, for the people who will accept the release.")
        var notes = ""

        @Option(
            help: ArgumentHelp(
                "Put a fault into the program, for tests and demos. Only a worker started with --chaos loads such a pack.",
                valueName: "fault"))
        var chaos: PackChaos?

        @OptionGroup var output: OutputOptions

        func run() async throws {
            // First: a key that cannot be used should not cost a build.
            let key = try RepositoryOptions.signingKey(KeyFiles.signing(key))
            let built: BuiltPack
            let console = Console.standard
            do throws(PublishError) {
                built = try PackBuilder.build(
                    rulesDirectory: rules, examplesDirectory: examples, name: name, version: version, notes: notes,
                    chaos: chaos, key: key
                ) { step in
                    if !output.json { console.complain(Self.line(of: step)) }
                }
            } catch {
                throw CommandFailure(error)
            }
            try built.write(to: out, showing: output) { "firebreak release publish \($0)" }
        }

        private static func line(of step: PackBuilder.Step) -> String {
            switch step {
            case .sourcesRead(let rules, let examples): "read \(rules) rules and \(examples) example files"
            case .compiled(let rules, let bytes, let cost):
                "compiled \(rules) rules into \(bytes) bytes; at most \(cost) steps an event"
            case .examplesHeld(let events): "ran \(events) example events; all as they should be"
            case .signed(let bytes, let digest): "signed \(bytes) bytes, sha256 \(digest)"
            }
        }
    }

    struct BuildAgent: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "build-agent", abstract: "Sign the release of a build of the agent.",
            discussion: """
                The pack says which two programs the build is, by their digests; `repository add --program` publishes \
                them beside it. A rollout then brings it to endpoints that a guard watches, which try it in their \
                other slot and go back from it by themselves.

                  firebreak pack build-agent --version 1.1.0 \\
                      --agent .build/release/firebreak-agent \\
                      --worker .build/release/firebreak-worker
                """)

        @Option(help: ArgumentHelp("The agent's program.", valueName: "file"), completion: .file()) var agent: String
        @Option(help: ArgumentHelp("The worker's program.", valueName: "file"), completion: .file()) var worker: String
        @Option(help: "The release's version, as in 1.1.0.") var version: ReleaseVersion
        @Option(help: "What it runs on, as `uname -m` says it.") var architecture = "x86_64"
        @Option(help: "What the people who accept the release should know.") var notes = ""
        @Option(help: ArgumentHelp("The signing key.", valueName: "file"), completion: .file()) var key: String?
        @Option(help: ArgumentHelp("Where to write the pack.", valueName: "file"), completion: .file())
        var out: String?
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let key = try RepositoryOptions.signingKey(KeyFiles.signing(key))
            func program(_ file: String) throws -> AgentBuild.Program {
                let bytes = try PackFileReader.read(
                    file, bytesMax: AgentBuild.programBytesMax, nextStep: "Name a program that can be read.")
                return AgentBuild.Program(digest: ContentDigest.sha256(bytes), length: bytes.count)
            }
            let build = AgentBuild(architecture: architecture, agent: try program(agent), worker: try program(worker))
            let built: BuiltPack
            do throws(PublishError) {
                built = try PackBuilder.build(build, version: version, notes: notes, key: key)
            } catch {
                throw CommandFailure(error)
            }
            try built.write(to: out, showing: output) {
                "firebreak repository add \($0) --program ... --program ..."
            }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a pack as a sceptic would.",
            discussion: """
                Verifies the signature and every digest, compiles the sources again and compares the program byte for \
                byte, and runs every example. Exit code 2 says that something did not hold.

                  firebreak pack check linux-core-1.0.0.fbpack --trust vendor.pub
                """)

        @Argument(help: ArgumentHelp("A pack.", valueName: "file"), completion: .file())
        var file: String

        @OptionGroup var trust: TrustOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            // A signature that nobody can check is one that does not hold.
            guard let keys = try trust.keys(otherwise: KeyFiles.ownPublicKey) else {
                throw CommandFailure(.noTrustedKeys, message: "no key is named whose signature counts")
            }
            let bytes = try PackFileReader.read(file)
            let report: PackReport
            do throws(PublishError) {
                report = try PackChecker.check(bytes, trustedKeys: keys)
            } catch {
                throw CommandFailure(error)
            }
            try PackOutline(report).show(output)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a pack says of itself, its rules and its members.",
            discussion: """
                A pack is a plain tar archive: `tar -tf` lists it too. Without --trust the signature is not checked, and \
                the output says so.

                  firebreak pack show linux-core-1.0.0.fbpack
                  firebreak pack show linux-core-1.0.0.fbpack --json | jq -r '.rules[].title'
                """)

        @Argument(help: ArgumentHelp("A pack.", valueName: "file"), completion: .file())
        var file: String

        @OptionGroup var trust: TrustOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let bytes = try PackFileReader.read(file)
            let keys = try trust.keys()
            let report: PackReport
            do throws(PublishError) {
                report = try PackChecker.show(bytes, trustedKeys: keys)
            } catch {
                throw CommandFailure(error)
            }
            try PackOutline(report).show(output)
        }
    }
}

extension BuiltPack {
    /// Writes the pack where it is wanted, else under its own name, and says what comes next for that file.
    fileprivate func write(
        to out: String?, showing output: OutputOptions, next: (_ path: String) -> String
    ) throws {
        let path = out ?? fileName
        try PackFileReader.write(bytes, to: path)
        let outline = PackOutline(self)
        try output.show(outline) { console in
            [
                "\(console.ink(outline.release.text, .bold)) written to \(path)",
                console.ink("next: \(next(path))", .grey),
            ]
        }
    }
}

extension CommandFailure {
    init(_ error: KeyFileError) {
        self.init(
            exit: .badInput, code: error.code.rawValue, subject: error.subject, message: error.message,
            nextStep: error.nextStep)
    }

    /// What is wrong with a source or pack is the caller's to mend.
    init(_ error: PublishError) {
        self.init(
            exit: .badInput, code: error.code.rawValue, subject: error.subject,
            message: error.message, details: error.problems.map(\.description), nextStep: error.nextStep)
    }
}
