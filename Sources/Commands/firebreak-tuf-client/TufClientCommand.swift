import ArgumentParser
import DurableFiles
import FleetModel
import Glibc
import RepositoryClient
import UpdateTrust

/// A TUF client by itself, with the interface of the public conformance suite for clients. Exits with 0 or 1.
struct TufClientCommand: ParsableArguments {
    static let _commandName = "firebreak-tuf-client"

    enum Action: String, CaseIterable, ExpressibleByArgument {
        /// Puts the root of trust into the metadata folder. Asks no server.
        case `init`
        /// Brings the metadata up to date.
        case refresh
        /// Brings the metadata up to date, then fetches the targets in their order.
        case download
    }

    @Option(help: ArgumentHelp("The folder in which verified metadata is kept.", valueName: "folder"))
    var metadataDir: String

    @Option(help: ArgumentHelp("The address below which the repository's metadata lies.", valueName: "address"))
    var metadataUrl: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "The path of a target; may be repeated. The first that fails ends the run.", valueName: "path"))
    var targetName: [String] = []

    @Option(help: ArgumentHelp("The folder in which targets are kept.", valueName: "folder"))
    var targetDir: String?

    @Option(help: ArgumentHelp("The address below which the repository's targets lie.", valueName: "address"))
    var targetBaseUrl: String?

    @Argument(help: "What to do.")
    var action: Action

    @Argument(help: "The root to trust, for init.")
    var rootFile: String?

    mutating func validate() throws {
        switch action {
        case .`init`:
            guard rootFile != nil else { throw ValidationError("init needs the file of the root to trust.") }
        case .refresh:
            guard metadataUrl != nil else { throw ValidationError("refresh needs --metadata-url.") }
        case .download:
            guard metadataUrl != nil, targetDir != nil, targetBaseUrl != nil, !targetName.isEmpty else {
                throw ValidationError(
                    "download needs --metadata-url, --target-name, --target-dir and --target-base-url.")
            }
        }
    }

    func run() async throws {
        if action == .`init` {
            let root = try DurableFiles().read(rootFile ?? "", bytesMax: TufLimits.rootBytesMax)
            try RepositoryUpdater.initialize(root: root, folder: metadataDir)
            return
        }
        let source = WebSource()
        var updater = try RepositoryUpdater(
            folder: metadataDir, metadataAddress: metadataUrl ?? "", source: source)
        try await updater.refresh(now: Self.now)
        guard action == .download else { return }
        let folder = TargetFolder(path: targetDir ?? "")
        for name in targetName {
            let found = try await updater.find(name, now: Self.now)
            guard !folder.contains(found.target) else { continue }
            try folder.store(try await updater.fetch(found.target, below: targetBaseUrl ?? ""), of: found.target)
        }
    }

    /// The wall clock, in whole seconds.
    @Sendable private static func now() -> Moment { Moment(milliseconds: Int64(time(nil)) * 1000) }
}
