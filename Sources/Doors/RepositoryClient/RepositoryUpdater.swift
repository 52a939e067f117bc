package import DurableFiles
package import FleetModel
package import UpdateTrust

/// Drives a ``TufClientMachine``: stores what was verified, then asks for the next file. The only caller of both.
///
/// One updater is one moment, that of its making (TUF 5.1): what is fresh then stays so in its life, and metadata that it
/// has verified is not fetched again.
package struct RepositoryUpdater: Sendable {
    private var machine: TufClientMachine
    private let source: any RepositorySource
    private let metadataAddress: String
    private let folder: String
    private let files: DurableFiles
    private let startedAt: Moment

    /// - Parameters:
    ///   - folder: Where verified metadata is kept, `root.json` among it, put there when the client was installed.
    ///   - metadataAddress: The address below which the metadata lies.
    package init(
        folder: String, metadataAddress: String, source: any RepositorySource, files: DurableFiles = DurableFiles(),
        at now: Moment
    ) throws(TufError) {
        self.folder = folder
        startedAt = now
        self.metadataAddress = metadataAddress.withSlash
        self.source = source
        self.files = files
        guard case .bytes(let root) = try Self.own("root.json", in: folder, bytesMax: TufLimits.rootBytesMax, files)
        else {
            throw TufError(.storeFailed, subject: "root.json", message: "\(folder) has none: initialize it first")
        }
        machine = try TufClientMachine(root: root)
    }

    /// The metadata as verified so far.
    package var trusted: TrustedMetadata { machine.trusted }

    /// Puts the root of trust into a folder, after it was found to be one. Asks no one.
    package static func initialize(root bytes: [UInt8], folder: String, files: DurableFiles = DurableFiles())
        throws(TufError)
    {
        _ = try TrustedMetadata(trustedRoot: bytes)
        try storing("root.json") { () throws(FileError) in
            try files.makeDirectory(folder)
            try files.write(bytes, to: "\(folder)/root.json", mode: 0o644)
        }
    }

    /// Brings the top-level metadata up to date (TUF 5.3 to 5.6).
    package mutating func refresh() async throws(TufError) {
        try await run(machine.refresh())
    }

    /// The target at `path`, and who vouches for it. After a refresh.
    package mutating func find(_ path: String) async throws(TufError) -> FoundTarget {
        try await run(machine.find(path, at: startedAt))
        guard let found = machine.found else {
            throw machine.missing ?? TufError(.targetMissing, subject: path, message: "the search was cut off")
        }
        return found
    }

    /// The bytes of a target, fetched and compared with what metadata says (TUF 5.7).
    package func fetch(_ target: TufTarget, below targetsAddress: String) async throws(TufError) -> [UInt8] {
        guard target.length <= Int64(TufLimits.targetBytesMax) else {
            throw TufError(
                .lengthMismatch, subject: target.path, message: "\(target.length) bytes are more than are read")
        }
        let location = target.location(isConsistentSnapshot: machine.trusted.root.isConsistentSnapshot)
        let parts = location.split(separator: "/", omittingEmptySubsequences: false).map { String($0).percentEncoded }
        let reply = try await source.fetch(
            targetsAddress.withSlash + parts.joined(separator: "/"), bytesMax: Int(target.length), subject: target.path)
        guard case .bytes(let bytes) = reply else {
            throw TufError(.unavailable, subject: target.path, message: "the repository does not have it")
        }
        try target.require(bytes)
        return bytes
    }

    private mutating func run(_ first: TufStep) async throws(TufError) {
        var step = first
        while true {
            if let stored = step.stored {
                try Self.storing(stored.name) { () throws(FileError) in
                    try files.write(stored.bytes, to: "\(folder)/\(stored.name)", mode: 0o644)
                }
            }
            guard let request = step.request else { return }
            step = try machine.take(try await reply(to: request), at: startedAt)
        }
    }

    private func reply(to request: TufRequest) async throws(TufError) -> TufReply {
        switch request {
        case .own(let file, let bytesMax): return try Self.own(file, in: folder, bytesMax: bytesMax, files)
        case .fetch(let path, let bytesMax, let mayBeAbsent):
            let reply = try await source.fetch(metadataAddress + path, bytesMax: bytesMax, subject: path)
            guard mayBeAbsent || reply != .absent else {
                throw TufError(.unavailable, subject: path, message: "the repository does not have it")
            }
            return reply
        }
    }

    /// A file of the client's own folder. One that is too long or cannot be read is as good as none.
    private static func own(_ file: String, in folder: String, bytesMax: Int, _ files: DurableFiles) throws(TufError)
        -> TufReply
    {
        guard let bytes = try? files.read("\(folder)/\(file)", bytesMax: bytesMax) else { return .absent }
        return .bytes(bytes)
    }

    private static func storing(_ subject: String, _ body: () throws(FileError) -> Void) throws(TufError) {
        do throws(FileError) {
            try body()
        } catch {
            throw TufError(.storeFailed, subject: subject, message: error.description)
        }
    }
}

extension String {
    fileprivate var withSlash: String { hasSuffix("/") ? self : self + "/" }
}
