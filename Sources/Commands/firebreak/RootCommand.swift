import ArgumentParser
import FleetModel
import Foundation
import RepositoryPublisher
import UpdateTrust

/// `firebreak root`
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "root", abstract: "Prepare, sign and publish who may sign: root and vendors.",
        discussion: """
            Works on a folder of drafts that several people sign one after the other, on any host; the folder can travel \
            on a stick. Nothing counts before `root publish` has verified it. docs/operating/keys.md is the runbook.
            """,
        subcommands: [
            Begin.self, Show.self, Sign.self, AddKey.self, RemoveKey.self, Threshold.self, DelegateVendor.self,
            Publish.self,
        ])

    struct Begin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Draft the first root and targets from public keys.",
            discussion: """
                Writes root.json and targets.json to the folder of drafts, signed by nobody yet. Root and targets keys \
                belong offline; snapshot, timestamp and recalls keys to the control plane.

                  firebreak root init --root-key a.key.pub --root-key b.key.pub \\
                      --root-key c.key.pub --root-threshold 2 \\
                      --targets-key targets.key.pub --snapshot-key snapshot.key.pub \\
                      --timestamp-key timestamp.key.pub --recalls-key recalls.key.pub
                """)

        @Option(help: ArgumentHelp("A root key's public half; repeat it.", valueName: "file"), completion: .file())
        var rootKey: [String]
        @Option(help: "How many root keys must sign.") var rootThreshold = 1
        @Option(help: ArgumentHelp("A targets key's public half; repeat it.", valueName: "file"), completion: .file())
        var targetsKey: [String]
        @Option(help: "How many targets keys must sign.") var targetsThreshold = 1
        @Option(help: ArgumentHelp("The snapshot key's public half.", valueName: "file"), completion: .file())
        var snapshotKey: String
        @Option(help: ArgumentHelp("The timestamp key's public half.", valueName: "file"), completion: .file())
        var timestampKey: String
        @Option(help: ArgumentHelp("The recalls key's public half.", valueName: "file"), completion: .file())
        var recallsKey: String?
        @OptionGroup var place: DraftOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let files = [
                "root": rootKey, "targets": targetsKey, "snapshot": [snapshotKey], "timestamp": [timestampKey],
            ]
            var keys: [String: [TufKey]] = [:]
            for (role, paths) in files { keys[role] = try paths.map(PublicKeyFile.read) }
            let recalls = try recallsKey.map(PublicKeyFile.read)
            let listed = keys
            let now = WallClock.now()
            let view = try refusing { () throws(TufError) in
                guard try place.rootDraft() == nil, try place.published() == nil else {
                    throw TufError(.roleTaken, subject: "root", message: "there is a draft or a repository already")
                }
                var root = TufRoot.first(at: now)
                for role in TufRoot.roleNames { for key in listed[role] ?? [] { try root.add(key, to: role) } }
                try root.setThreshold(rootThreshold, of: "root")
                try root.setThreshold(targetsThreshold, of: "targets")
                var targets = TufTargets(head: TufHead(version: 1, expires: now + TufLifetime.targets), targets: [])
                if let recalls {
                    try targets.delegate(
                        to: TufRepository.recallsRole, paths: [TufRepository.recallsPath], keys: [recalls], threshold: 1
                    )
                }
                try place.folder.write(TufDraft(targets.json), as: "targets")
                try place.folder.write(TufDraft(root.json), as: "root")
                return DraftView(
                    file: place.folder.file("root"), role: "root", lines: TufWords.lines(of: root, after: nil))
            }
            try output.show(view) { _ in view.text }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a draft in words, and who has signed it.",
            discussion: """
                Without a draft the repository's own file is shown.

                  firebreak root show
                  firebreak root show acme --drafts /media/stick/drafts
                """)

        @Argument(help: "root, targets, or a vendor's name.") var role = "root"
        @OptionGroup var place: DraftOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let view = try refusing { () throws(TufError) in
                let bytes = try place.folder.read(role)
                let published = try place.published()
                guard let found = bytes ?? published?.signed[role] else {
                    throw TufError(.roleUnknown, subject: role, message: "there is no draft and no file of this role")
                }
                let file = bytes == nil ? "\(place.repository)/tuf" : place.folder.file(role)
                return try DraftReading(bytes: found, role: role, place: place).view(file: file)
            }
            try output.show(view) { _ in view.text }
        }
    }

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify what was signed, and publish it in one step.",
            discussion: """
                Takes every draft of the folder, or none: each must be signed by enough of its role's keys. Signs \
                snapshot and timestamp by the keys in --keys. What was published is no draft any more. Run it again when \
                it was interrupted. Give tuf/1.root.json to endpoints.

                  firebreak root publish
                  firebreak root publish --drafts /media/stick/drafts \\
                      --repository /srv/repository --keys /etc/firebreak/online
                """)

        @OptionGroup var place: DraftOptions
        @Option(
            help: ArgumentHelp(
                "The folder with snapshot.key, timestamp.key and recalls.key.", valueName: "folder"),
            completion: .directory)
        var keys = "var/keys/repository"
        @OptionGroup var passphrase: PassphraseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let snapshot = try passphrase.key("\(keys)/snapshot.key")
            let timestamp = try passphrase.key("\(keys)/timestamp.key")
            let recallsFile = "\(keys)/recalls.key"
            let recalls =
                FileManager.default.fileExists(atPath: recallsFile) ? try passphrase.key(recallsFile) : nil
            let view = try refusing { () throws(TufError) in
                try RepositoryFolder(path: place.repository).alone { () throws(TufError) in
                    try publish(snapshot, timestamp, recalls)
                }
            }
            try output.show(view) { _ in view.lines }
        }

        private func publish(
            _ snapshot: PackSigningKey, _ timestamp: PackSigningKey, _ recalls: PackSigningKey?
        ) throws(TufError) -> RepositoryView {
            let now = WallClock.now()
            var news = TufNews(root: try place.folder.read("root"), targets: try place.folder.read("targets"))
            for role in try place.folder.roles() where role != "root" && role != "targets" {
                news.delegated[role] = try place.folder.read(role)
            }
            var repository: TufRepository
            if let published = try place.published() {
                repository = published
                try repository.take(news, at: now)
            } else {
                repository = try TufRepository(first: news, at: now)
            }
            if let recalls { try repository.beginRecalls(by: recalls, at: now) }
            try repository.publish(snapshot: snapshot, timestamp: timestamp, at: now)
            try RepositoryFolder(path: place.repository).write(&repository)
            for role in try place.folder.roles() { try place.folder.remove(role) }
            return RepositoryView(repository)
        }
    }
}
