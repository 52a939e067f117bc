import ArgumentParser
import ContentPack
import FleetModel
import UpdateTrust

extension RootCommand {
    /// A role whose keys the root names.
    enum Role: String, ExpressibleByArgument, CaseIterable {
        case root, targets, snapshot, timestamp
    }

    struct AddKey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a role one key more, in the draft of the next root.",
            discussion: """
                Begins the draft from the repository where there is none. Signatures that the draft had are dropped.

                  firebreak root add-key --role root --key dora.key.pub
                """)

        @Option(help: "Which role.") var role: Role
        @Option(help: ArgumentHelp("The public key.", valueName: "file"), completion: .file()) var key: String
        @OptionGroup var place: DraftOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let key = try PublicKeyFile.read(key)
            let view = try refusing { () throws(TufError) in
                try place.changeRoot { root throws(TufError) in try root.add(key, to: role.rawValue) }
            }
            try output.show(view) { _ in view.text }
        }
    }

    struct RemoveKey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a key from a role, in the draft of the next root.",
            discussion: """
                The key is named by its public half, or by its id as `root show --json` and the file have it. A role needs \
                as many keys as its threshold: lower that first.

                  firebreak root remove-key --role root --key bob.key.pub
                """)

        @Option(help: "Which role.") var role: Role
        @Option(help: ArgumentHelp("The public key's file.", valueName: "file"), completion: .file()) var key: String?
        @Option(help: "The key's id, 64 hex digits, where its file is lost.") var keyId: String?
        @OptionGroup var place: DraftOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (key == nil) != (keyId == nil) else { throw ValidationError("Give --key or --key-id.") }
        }

        func run() async throws {
            let id = try key.map { try PublicKeyFile.read($0).id } ?? keyId ?? ""
            let view = try refusing { () throws(TufError) in
                try place.changeRoot { root throws(TufError) in try root.remove(id, from: role.rawValue) }
            }
            try output.show(view) { _ in view.text }
        }
    }

    struct Threshold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how many of a role's keys must sign, in the draft of the next root.",
            discussion: """
                  firebreak root threshold 2 --role root
                """)

        @Argument(help: "How many.") var count: Int
        @Option(help: "Which role.") var role: Role
        @OptionGroup var place: DraftOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let view = try refusing { () throws(TufError) in
                try place.changeRoot { root throws(TufError) in try root.setThreshold(count, of: role.rawValue) }
            }
            try output.show(view) { _ in view.text }
        }
    }

    struct DelegateVendor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a vendor speak for packs, in the draft of the next targets.",
            discussion: """
                By the vendor's public key: its private one never leaves the vendor, and signs its packs too. No two \
                vendors have one pack.

                  firebreak root delegate-vendor acme --pack linux-core \\
                      --key acme.key.pub
                """)

        @Argument(help: "The vendor's name.") var vendor: String
        @Option(help: "A pack that is the vendor's; may be repeated.") var pack: [PackName]
        @Option(help: ArgumentHelp("A public key of the vendor; repeat it.", valueName: "file"), completion: .file())
        var key: [String]
        @Option(help: "How many of the vendor's keys must sign.") var threshold = 1
        @OptionGroup var place: DraftOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let keys = try key.map(PublicKeyFile.read)
            let view = try refusing { () throws(TufError) in
                try place.changeTargets { targets throws(TufError) in
                    try targets.delegate(
                        to: vendor, paths: pack.map { "\($0)/*" }, keys: keys, threshold: threshold)
                }
            }
            try output.show(view) { _ in view.text }
        }
    }
}
