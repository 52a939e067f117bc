import DurableFiles
import FleetModel
import Glibc
import RepositoryClient
import UpdateTrust

/// A TUF client by itself, with the interface of the public conformance suite for clients. Exits with 0 or 1.
///
/// Reads its arguments itself: an argument parser's libraries would take more memory than all the rest.
struct TufClientCommand {
    enum Action: String, CaseIterable {
        /// Puts the root of trust into the metadata folder. Asks no server.
        case `init`
        /// Brings the metadata up to date.
        case refresh
        /// Brings the metadata up to date, then fetches the targets in their order.
        case download
    }

    /// What is wrong with the arguments.
    struct UsageError: Error, CustomStringConvertible {
        let message: String
        var description: String { "\(message) See --help." }
    }

    static let usage = """
        USAGE: firebreak-tuf-client --metadata-dir <folder> [--metadata-url <address>] [--target-name <path> ...]
                                    [--target-dir <folder>] [--target-base-url <address>] <action> [<root-file>]

        ARGUMENTS:
          <action>                      What to do: init, refresh or download.
          <root-file>                   The root to trust, for init.

        OPTIONS:
          --metadata-dir <folder>       The folder in which verified metadata is kept.
          --metadata-url <address>      The address below which the repository's metadata lies.
          --target-name <path>          The path of a target; may be repeated. The first that fails ends the run.
          --target-dir <folder>         The folder in which targets are kept.
          --target-base-url <address>   The address below which the repository's targets lie.
          -h, --help                    Show help information.

        """

    private var metadataFolder = ""
    private var metadataAddress: String?
    private var targetNames: [String] = []
    private var targetFolder: String?
    private var targetsAddress: String?
    private var action = Action.refresh
    private var rootFile: String?

    /// - Parameter arguments: Without the program's name.
    /// - Returns: nil when help is asked for.
    init?(_ arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        var positional: [String] = []
        while let argument = rest.popFirst() {
            if argument == "-h" || argument == "--help" { return nil }
            guard argument.hasPrefix("-") else {
                positional.append(argument)
                continue
            }
            // `--name=value` or `--name value`.
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                throw UsageError(message: "\(name) needs a value.")
            }
            try set(name, to: value)
        }
        try set(positional)
        try validate()
    }

    private mutating func set(_ option: String, to value: String) throws(UsageError) {
        switch option {
        case "--metadata-dir": metadataFolder = value
        case "--metadata-url": metadataAddress = value
        case "--target-name": targetNames.append(value)
        case "--target-dir": targetFolder = value
        case "--target-base-url": targetsAddress = value
        default: throw UsageError(message: "\(option) is no option.")
        }
    }

    private mutating func set(_ positional: [String]) throws(UsageError) {
        guard let first = positional.first, let action = Action(rawValue: first) else {
            let names = Action.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError(message: "One of \(names) was expected.")
        }
        guard positional.count <= 2 else { throw UsageError(message: "\(positional[2]) is one argument too many.") }
        self.action = action
        rootFile = positional.count == 2 ? positional[1] : nil
    }

    private func validate() throws(UsageError) {
        guard !metadataFolder.isEmpty else { throw UsageError(message: "--metadata-dir is missing.") }
        switch action {
        case .`init`:
            guard rootFile != nil else { throw UsageError(message: "init needs the file of the root to trust.") }
        case .refresh:
            guard metadataAddress != nil else { throw UsageError(message: "refresh needs --metadata-url.") }
        case .download:
            guard metadataAddress != nil, targetFolder != nil, targetsAddress != nil, !targetNames.isEmpty else {
                throw UsageError(
                    message: "download needs --metadata-url, --target-name, --target-dir and --target-base-url.")
            }
        }
    }

    func run() async throws {
        if action == .`init` {
            let root = try DurableFiles().read(rootFile ?? "", bytesMax: TufLimits.rootBytesMax)
            try RepositoryUpdater.initialize(root: root, folder: metadataFolder)
            return
        }
        let source = WebSource()
        var updater = try RepositoryUpdater(
            folder: metadataFolder, metadataAddress: metadataAddress ?? "", source: source, at: Self.now())
        try await updater.refresh()
        guard action == .download else { return }
        let folder = TargetFolder(path: targetFolder ?? "")
        for name in targetNames {
            let found = try await updater.find(name)
            guard !folder.contains(found.target) else { continue }
            try folder.store(try await updater.fetch(found.target, below: targetsAddress ?? ""), of: found.target)
        }
    }

    /// The wall clock, in whole seconds.
    @Sendable private static func now() -> Moment { Moment(milliseconds: Int64(time(nil)) * 1000) }
}
