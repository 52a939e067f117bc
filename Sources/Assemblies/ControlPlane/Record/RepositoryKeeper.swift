import FleetModel
import FleetStore
import Logging
import RepositoryPublisher
import ServiceLifecycle
import UpdateTrust

/// Keeps the repository's word in step with the fleet's: what was recalled is recalled in its metadata, and what would
/// expire is signed anew. Holds the online keys for it, and no other.
///
/// Follows what is durable: a recall that a crash kept from the repository is signed at the next start.
struct RepositoryKeeper: Service {
    let driver: FleetDriver
    let folder: RepositoryFolder
    let keys: TufKeyring<PackSigningKey>
    let logger: Logger

    /// Between two looks at the recalls: endpoints learn of one by their check-in anyway.
    private static let span = Moment.Span.seconds(1)
    /// Between two looks at what expires, the soonest of which holds for a day.
    private static let renewalSpan = Moment.Span.minutes(10)
    /// After one that failed.
    private static let retrySpan = Moment.Span.seconds(10)

    func run() async throws {
        // Ends with the group, between two looks and never within one.
        try? await cancelWhenGracefulShutdown { try await keep() }
    }

    /// What was done already.
    struct Progress: Sendable {
        /// Of the recalls that are in the repository.
        var revision: Int64 = 0
        var renewedAt: Moment?
    }

    private func keep() async throws {
        var progress = Progress()
        var isTroubled = false
        while !Task.isCancelled {
            do throws(TufError) {
                try await look(&progress)
                isTroubled = false
            } catch {
                if !isTroubled {
                    logger.error(
                        "the repository cannot be written: endpoints that ask it alone do not learn of recalls",
                        metadata: ["error": "\(error)"])
                }
                isTroubled = true
            }
            let span = isTroubled ? Self.retrySpan : Self.span
            try await Task.sleep(for: .milliseconds(span.milliseconds))
        }
    }

    /// Signs what there is to be signed now.
    func look(_ progress: inout Progress) async throws(TufError) {
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
