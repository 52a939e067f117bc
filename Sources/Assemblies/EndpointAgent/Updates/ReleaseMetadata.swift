import AgentEngine
import ControlClient
import ControlWire
import DurableFiles
import FleetModel
import RepositoryClient
import UpdateTrust

/// Holds every release to a TUF repository: signed by the role that may sign for its pack, in metadata that is fresh and
/// was not taken back.
struct ReleaseMetadata: Sendable {
    /// The root of trust that the endpoint was installed with. Newer roots follow from it.
    let root: [UInt8]
    let link: any ControlLink
    /// Where verified metadata is kept.
    let folder: String
    let files: DurableFiles
    let now: @Sendable () -> Moment

    /// Brings the metadata up to date and finds the release in it.
    ///
    /// - Returns: Nil when the metadata vouches for exactly these bytes.
    func refusal(of pinned: PinnedRelease, bytes: [UInt8], deadline: Moment.Span) async -> TufError? {
        do throws(TufError) {
            if !files.exists("\(folder)/root.json") {
                try RepositoryUpdater.initialize(root: root, folder: folder, files: files)
            }
            var updater = try RepositoryUpdater(
                folder: folder, metadataAddress: Routes.tuf, source: LinkSource(link: link, deadline: deadline),
                files: files, at: now())
            try await updater.refresh()
            let found = try await updater.find(TufRepository.path(of: pinned.release))
            try found.target.require(bytes)
            return nil
        } catch {
            return error
        }
    }
}

/// The repository as the control plane serves it. It is a carrier, and is believed nothing.
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
