import DecisionRecord
import FleetModel
import FleetStore
import Logging
import RepositoryPublisher
import ServiceLifecycle
import UpdateTrust

/// Keeps the repository's word in step with the fleet's: who may sign is in the public record; and, where it holds the
/// online keys, what was recalled is recalled in the metadata, and what would expire is signed anew.
///
/// Follows what is durable: a recall that a crash kept from the repository is signed at the next start.
struct RepositoryKeeper: Service {
    let driver: FleetDriver
    let folder: RepositoryFolder
    /// The online keys, and no others; nil: a publisher signs.
    let keys: TufKeyring<PackSigningKey>?
    let logger: Logger

    /// Between two looks at what expires, the soonest of which holds for a day.
    private static let renewalSpan = Moment.Span.minutes(10)

    func run() async throws {
        // Ends with the group, between two looks and never within one.
        await cancelWhenGracefulShutdown {
            var progress = Progress()
            await KeeperLoop.run {
                try await look(&progress)
            } onTrouble: { error in
                logger.error(
                    "the repository cannot be kept: endpoints that ask it alone do not learn of recalls",
                    metadata: ["error": "\(error)"])
            }
        }
    }

    /// What was done already.
    struct Progress: Sendable {
        /// Of the recalls that are in the repository.
        var revision: Int64 = 0
        var renewedAt: Moment?
        /// Bytes of the timestamp under which the keys were recorded.
        var recorded: [UInt8]?
    }

    /// Signs and records what there is now.
    func look(_ progress: inout Progress) async throws {
        if let keys { try await sign(by: keys, &progress) }
        guard let timestamp = folder.timestamp, timestamp != progress.recorded else { return }
        for key in try folder.read().recordedKeys { try await driver.record(key) }
        progress.recorded = timestamp
    }

    private func sign(by keys: TufKeyring<PackSigningKey>, _ progress: inout Progress) async throws(TufError) {
        let now = driver.clock.now
        let recalls = await driver.recalls(since: progress.revision)
        if !recalls.isEmpty {
            let (_, isChanged) = try folder.recall(recalls.map { ($0.digest, $0.reason) }, keys: keys, at: now)
            progress.revision = recalls.map(\.revision).max() ?? progress.revision
            if isChanged { logger.notice("the repository recalls it too", metadata: ["count": "\(recalls.count)"]) }
        }
        guard progress.renewedAt.map({ now - $0 >= Self.renewalSpan }) ?? true else { return }
        if try folder.renew(keys: keys, at: now) { logger.info("the repository's metadata is signed anew") }
        progress.renewedAt = now
    }
}

extension TufRepository {
    /// Who may sign as what: the root's roles, then those that the targets delegate to.
    fileprivate var recordedKeys: [RecordedKey] {
        let roles =
            root.roles.sorted { $0.key < $1.key } + (targets.delegations?.named ?? []).map { ($0.name, $0.role) }
        return roles.map { name, role in
            RecordedKey(
                role: name, keyIDs: role.keyIDs, threshold: role.threshold, rootVersion: root.head.version)
        }
    }
}

extension FleetDriver {
    /// A release that is taken back everywhere.
    struct Recalled: Sendable {
        let digest: Digest
        let reason: String
        let revision: Int64
    }

    /// The recalls after a revision of their list.
    func recalls(since revision: Int64) -> [Recalled] {
        guard recallRevision > revision else { return [] }
        return releases.values.compactMap { release in
            guard let recall = release.recall, recall.revision > revision else { return nil }
            return Recalled(digest: release.digest, reason: recall.reason, revision: recall.revision)
        }
    }
}
