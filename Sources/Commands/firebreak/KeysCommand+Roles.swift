import ArgumentParser
import DurableFiles
import FleetModel
import RepositoryPublisher
import UpdateTrust

extension KeysCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the private keys in a folder, without opening them.",
            discussion: """
                  firebreak keys list
                  firebreak keys list /media/stick/keys --json
                """)

        @Argument(help: ArgumentHelp("The folder.", valueName: "folder"), completion: .directory)
        var folder = "var/keys/repository"
        @OptionGroup var output: OutputOptions

        func run() async throws {
            var keys: [ListedKey] = []
            do {
                for name in try DurableFiles().names(in: folder) where name.hasSuffix(".key") {
                    let (role, key, isEncrypted) = try RoleKeyFile.outline("\(folder)/\(name)")
                    keys.append(ListedKey(file: name, role: role, tufKeyId: key.id, isEncrypted: isEncrypted))
                }
            } catch let error as KeyFileError {
                throw CommandFailure(error)
            } catch {
                throw CommandFailure(.fileUnreadable, subject: folder, message: "the folder cannot be listed")
            }
            try output.show(keys) { _ in
                keys.map { key in
                    let words = [key.isEncrypted ? "encrypted" : "plain", key.role].filter { !$0.isEmpty }
                    return "\(key.tufKeyId)  \(key.file)  \(words.joined(separator: ", "))"
                }
            }
        }
    }

    /// What `keys list --json` prints of a key.
    struct ListedKey: Encodable {
        var file: String
        /// Empty where the file tells none.
        var role: String
        var tufKeyId: String
        var isEncrypted: Bool

        enum CodingKeys: String, CodingKey {
            case file, role
            case tufKeyId = "tuf_key_id"
            case isEncrypted = "encrypted"
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a new key in an old one's place, in the drafts.",
            discussion: """
                For root, targets, snapshot and timestamp in the draft of the next root; for recalls and vendors in that \
                of the next targets. Drafts beside it what the new key must sign anew. Then sign with `root sign`, and \
                `root publish` all in one step.

                  firebreak keys rotate --role timestamp --old timestamp.key.pub \\
                      --new timestamp-2.key.pub
                  firebreak keys rotate --role acme --old acme.key.pub --new acme-2.key.pub
                """)

        @Option(help: "root, targets, snapshot, timestamp, recalls, or a vendor's name.") var role: String
        @Option(help: ArgumentHelp("The old key's public half.", valueName: "file"), completion: .file())
        var old: String
        @Option(help: ArgumentHelp("The new key's public half.", valueName: "file"), completion: .file())
        var new: String
        @OptionGroup var place: DraftOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let before = try PublicKeyFile.read(old)
            let after = try PublicKeyFile.read(new)
            let views = try refusing { () throws(TufError) in
                guard TufRoot.roleNames.contains(role) else { return try rotate(before, after) }
                var views = [
                    try place.changeRoot { root throws(TufError) in
                        try root.add(after, to: role)
                        try root.remove(before.id, from: role)
                    }
                ]
                if role == "targets" { views.append(try place.changeTargets { _ throws(TufError) in }) }
                return views
            }
            try output.show(views) { _ in views.flatMap(\.text) }
        }

        private func rotate(_ before: TufKey, _ after: TufKey) throws(TufError) -> [DraftView] {
            var views = [
                try place.changeTargets { targets throws(TufError) in
                    try targets.replace(before.id, by: after, of: role)
                }
            ]
            let published = try place.published()
            if let metadata = published?.vendors[role]?.next(at: WallClock.now()) {
                try place.folder.write(TufDraft(metadata.json), as: role)
                let lines = TufWords.lines(of: metadata, role: role, after: published?.vendors[role])
                views.append(DraftView(file: place.folder.file(role), role: role, lines: lines))
            }
            return views
        }
    }
}
