import AgentEngine
import CanonicalCoding
import ControlClient
import ControlWire
import DurableFiles
import FleetModel
import RepositoryClient
import UpdateTrust

/// Where a repository lies. Whoever carries it is believed nothing.
struct RepositoryPlace: Sendable {
    /// Made for each use: its requests may take this long.
    let source: @Sendable (_ deadline: Moment.Span) -> any RepositorySource
    let metadataAddress: String
    let targetsAddress: String
    /// Whether packs come from here as well.
    let carriesPacks: Bool

    /// The control plane's: what it carries for its publisher.
    static func control(_ link: any ControlLink) -> RepositoryPlace {
        RepositoryPlace(
            source: { LinkSource(link: link, deadline: $0) }, metadataAddress: Routes.tuf,
            targetsAddress: Routes.targets, carriesPacks: false)
    }

    /// Whether a mirror's place is a web server's; otherwise it is a folder.
    static func isWebAddress(_ place: String) -> Bool { place.hasPrefix("http://") || place.hasPrefix("https://") }

    /// A mirror: the address of a web server's folder, or the path of a folder, with `tuf/` and `targets/` in it.
    static func mirror(_ place: String) -> RepositoryPlace {
        let isWeb = isWebAddress(place)
        let base = !isWeb ? "" : place.hasSuffix("/") ? place : place + "/"
        return RepositoryPlace(
            source: { _ in
                if isWeb { return WebSource() }
                return FolderSource(folder: place)
            }, metadataAddress: base + "tuf/",
            targetsAddress: base + "targets/", carriesPacks: true)
    }
}

/// Holds every release to a TUF repository: signed by the role that may sign for its pack, in metadata that is fresh and
/// was not taken back.
///
/// An actor whose work is done one after the other: all of it writes to one folder.
actor ReleaseMetadata {
    /// What the metadata says of a release and its bytes.
    enum Standing: Sendable {
        /// It vouches for exactly these bytes.
        case vouched
        case recalled(RecalledRelease)
        case refused(TufError)
    }

    /// Bytes of a recall's statement that are read: a reason is a sentence.
    private static let statementBytesMax: Int64 = 4096
    /// Characters of a reason that are kept.
    private static let reasonCountMax = 200

    /// The root of trust that the endpoint was installed with. Newer roots follow from it.
    private let root: [UInt8]
    private let place: RepositoryPlace
    /// Where verified metadata is kept.
    private let folder: String
    private let files: DurableFiles
    private let now: @Sendable () -> Moment
    private var latest: Task<Void, Never>?

    init(
        root: [UInt8], place: RepositoryPlace, folder: String, files: DurableFiles,
        now: @escaping @Sendable () -> Moment
    ) {
        self.root = root
        self.place = place
        self.folder = folder
        self.files = files
        self.now = now
    }

    nonisolated var carriesPacks: Bool { place.carriesPacks }

    /// The pack's bytes, from a mirror.
    func pack(_ pinned: PinnedRelease, deadline: Moment.Span) async throws(TufError) -> [UInt8] {
        try await file(TufRepository.path(of: pinned.release), deadline: deadline)
    }

    /// Any other target's bytes.
    func file(_ path: String, deadline: Moment.Span) async throws(TufError) -> [UInt8] {
        try await alone { place throws(TufError) in
            var updater = try await self.refreshed(deadline)
            let found = try await updater.find(path)
            return try await updater.fetch(found.target, below: place.targetsAddress)
        }.get()
    }

    /// Brings the metadata up to date and finds the release in it.
    func standing(of pinned: PinnedRelease, bytes: [UInt8], deadline: Moment.Span) async -> Standing {
        let result = await alone { place throws(TufError) -> Standing in
            var updater = try await self.refreshed(deadline)
            if let recall = try await self.recall(of: pinned, in: &updater) { return .recalled(recall) }
            let found = try await updater.find(TufRepository.path(of: pinned.release))
            try found.target.require(bytes)
            return .vouched
        }
        switch result {
        case .success(let standing): return standing
        case .failure(let error): return .refused(error)
        }
    }

    /// Brings the metadata up to date and finds which of the releases were recalled.
    func recalls(among held: [PinnedRelease], deadline: Moment.Span) async throws(TufError) -> [RecalledRelease] {
        try await alone { place throws(TufError) in
            var updater = try await self.refreshed(deadline)
            var recalls: [RecalledRelease] = []
            for pinned in held {
                if let recall = try await self.recall(of: pinned, in: &updater) { recalls.append(recall) }
            }
            return recalls
        }.get()
    }

    private func refreshed(_ deadline: Moment.Span) async throws(TufError) -> RepositoryUpdater {
        if !files.exists("\(folder)/root.json") {
            try RepositoryUpdater.initialize(root: root, folder: folder, files: files)
        }
        var updater = try RepositoryUpdater(
            folder: folder, metadataAddress: place.metadataAddress, source: place.source(deadline), files: files,
            at: now())
        try await updater.refresh()
        return updater
    }

    /// The recall of a release. That the role of recalls lists it is all that counts; why is for people.
    private func recall(of pinned: PinnedRelease, in updater: inout RepositoryUpdater) async throws(TufError)
        -> RecalledRelease?
    {
        let found: FoundTarget
        do throws(TufError) {
            found = try await updater.find(TufRepository.recallPath(of: pinned.digest))
        } catch {
            guard error.code == .targetMissing else { throw error }
            return nil
        }
        guard found.role == TufRepository.recallsRole else { return nil }
        let reason = await reason(at: found.target, with: updater)
        return RecalledRelease(pinned: pinned, reason: reason ?? "the repository took it back")
    }

    private func reason(at target: TufTarget, with updater: RepositoryUpdater) async -> String? {
        guard target.length <= Self.statementBytesMax,
            let bytes = try? await updater.fetch(target, below: place.targetsAddress),
            let statement = try? JSONParser.parse(bytes, limits: JSONParser.Limits(bytesMax: bytes.count)),
            let reason = try? JSONReader(statement).member("reason").string()
        else { return nil }
        return String(reason.prefix(Self.reasonCountMax))
    }

    /// Runs `body` after what was begun before.
    private func alone<Value: Sendable>(
        _ body: @escaping @Sendable (RepositoryPlace) async throws(TufError) -> Value
    ) async -> Result<Value, TufError> {
        let before = latest
        let place = place
        let task = Task { () -> Result<Value, TufError> in
            await before?.value
            do throws(TufError) { return .success(try await body(place)) } catch { return .failure(error) }
        }
        latest = Task { _ = await task.value }
        return await task.value
    }
}

/// The repository as the control plane serves it.
private struct LinkSource: RepositorySource {
    let link: any ControlLink
    let deadline: Moment.Span

    func fetch(_ address: String, bytesMax: Int, subject: String) async throws(TufError) -> TufReply {
        do throws(ClientError) {
            guard let bytes = try await link.repositoryFile(address, bytesMax: bytesMax, deadline: deadline) else {
                return .absent
            }
            return .bytes(bytes)
        } catch {
            throw TufError(
                error.code == .oversized ? .lengthMismatch : .unavailable, subject: subject, message: "\(error)")
        }
    }
}
