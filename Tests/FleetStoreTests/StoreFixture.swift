import FleetModel
import Foundation
import GRDB
import RolloutEngine

@testable import FleetStore

/// A store in a folder of its own, with one release and one rollout where a test asks for them.
final class StoreFixture {
    let folder: URL
    let store: SQLiteFleetStore

    static let release = ReleaseID(pack: PackName(accepted: "linux-core"), version: ReleaseVersion(accepted: "1.0.0"))
    static let rollout = RolloutID(accepted: "r-000001")
    static let start = Moment(milliseconds: 1_800_000_000_000)

    /// - Parameter parent: Where the store's own folder is made.
    init(
        at parent: URL = FileManager.default.temporaryDirectory, bytesMax: Int = StoreLimit.databaseBytesMax
    ) throws {
        folder = parent.appending(path: "fleet-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try SQLiteFleetStore(path: folder.appending(path: "fleet.sqlite").path, bytesMax: bytesMax)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var path: String { folder.appending(path: "fleet.sqlite").path }

    static func endpoint(_ number: Int) -> EndpointID {
        let text = String(number)
        return EndpointID(accepted: String(repeating: "0", count: 32 - text.count) + text)
    }

    static func digest(_ number: Int) -> Digest {
        let text = String(number)
        return Digest(accepted: String(repeating: "0", count: 64 - text.count) + text)
    }

    static var storedRelease: StoredRelease {
        StoredRelease(
            release: release, digest: digest(7), byteCount: 4096, ruleCount: 25, schemaVersion: 1, notes: "notes",
            chaos: nil, signature: Array(repeating: 9, count: 64), publishedAt: start)
    }

    static var storedRollout: StoredRollout {
        StoredRollout(id: rollout, release: release, policy: .demo, seed: .max, startedAt: start)
    }

    static func debit(_ sequence: Int64, endpoint number: Int) -> LedgerRecord {
        LedgerRecord(
            sequence: sequence, rollout: rollout, at: start + .seconds(sequence), kind: "debit",
            endpoint: endpoint(number))
    }

    static func endpointRow(_ number: Int) -> StoredEndpoint {
        StoredEndpoint(
            id: endpoint(number), origin: .enrolled, credentialDigest: digest(1000 + number), name: "host-\(number)",
            enrolledAt: start, snapshot: EndpointSnapshot(id: endpoint(number)))
    }

    static func alert(_ sequence: UInt64, endpoint number: Int = 1) -> StoredAlert {
        StoredAlert(
            endpoint: endpoint(number), endpointSequence: sequence, rule: "rule", title: "Rule", severity: "High",
            occurredAt: start, receivedAt: start + .seconds(1), finding: "{}")
    }

    func commit(_ change: (inout StoreBatch) -> Void) async throws -> StoreReceipt {
        var batch = StoreBatch()
        change(&batch)
        return try await store.commit(batch)
    }

    func begin() async throws {
        _ = try await commit {
            $0.releases = [Self.storedRelease]
            $0.rollouts = [Self.storedRollout]
        }
    }

    /// The code of the error that `body` throws; nil when it throws none.
    func code(of body: () async throws -> Void) async -> StoreError.Code? {
        do {
            try await body()
            return nil
        } catch let error as StoreError {
            return error.code
        } catch {
            return nil
        }
    }
}
