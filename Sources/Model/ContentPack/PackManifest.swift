package import FleetModel

/// What a pack says of itself: the member `manifest.json`.
package struct PackManifest: Equatable, Sendable {
    /// The number of the format that this code reads and writes. Another number is another reader's business.
    package static let format: Int64 = 1

    package var release: ReleaseID
    /// The version of ``TelemetrySchema`` that the rules were compiled against.
    package var schemaVersion: UInt16
    /// What the author tells the people who will accept the release. At most `PackLimits.releaseNotesBytesMax`.
    package var releaseNotes: String
    /// Ascending by id.
    package var rules: [Rule]
    /// Every member but the signature, the manifest and the program: in the archive's order, ascending by name.
    package var members: [Member]
    package var program: Program
    /// A fault that the pack's program carries on purpose, for tests, demos and the lab; nil in every real pack.
    package var chaos: PackChaos?

    package init(
        release: ReleaseID, schemaVersion: UInt16, releaseNotes: String, rules: [Rule], members: [Member],
        program: Program, chaos: PackChaos?
    ) {
        self.release = release
        self.schemaVersion = schemaVersion
        self.releaseNotes = releaseNotes
        self.rules = rules
        self.members = members
        self.program = program
        self.chaos = chaos
    }

    /// One rule, for lists: the rule itself is in the program, its source is the member `file`.
    package struct Rule: Equatable, Sendable {
        package var id: String
        package var title: String
        /// Sigma's level, for example `high`.
        package var level: String
        /// Sigma's status, for example `stable`.
        package var status: String
        /// The member that holds the source, for example `rules/shell_from_web_server.yml`.
        package var file: String
        /// Sigma's tags in the order of the source, for example `attack.t1059`.
        package var tags: [String]

        package init(id: String, title: String, level: String, status: String, file: String, tags: [String]) {
            self.id = id
            self.title = title
            self.level = level
            self.status = status
            self.file = file
            self.tags = tags
        }
    }

    package struct Member: Equatable, Sendable {
        package var path: String
        /// Bytes.
        package var length: Int
        package var digest: Digest

        package init(path: String, length: Int, digest: Digest) {
            self.path = path
            self.length = length
            self.digest = digest
        }
    }

    package struct Program: Equatable, Sendable {
        /// Bytes.
        package var length: Int
        package var digest: Digest
        /// The most steps that the program takes for one event, as its compiler computed it.
        package var costBound: UInt64

        package init(length: Int, digest: Digest, costBound: UInt64) {
            self.length = length
            self.digest = digest
            self.costBound = costBound
        }
    }
}

/// A fault that is put into a program on purpose, for tests, demos and the lab. Only a worker started with `--chaos`
/// loads it; any other refuses the program. Those of the host are obeyed by an agent started with `--host-chaos`.
package enum PackChaos: String, Equatable, Sendable, CaseIterable {
    /// The worker dies as soon as it has loaded the program.
    case crashOnLoad = "crash-on-load"
    /// The worker stops answering as soon as it has loaded the program.
    case hangOnLoad = "hang-on-load"
    /// The agent panics the kernel once the release is active on trial, and at each start that finds it so. A sealed
    /// worker could not, which is what the seal is for; this stands for content that is run where it can.
    case panicHost = "panic-host"
    /// The agent stops for ever once the release is active on trial, and at each start that finds it so.
    case hangHost = "hang-host"
}
