import CanonicalCoding
import FleetModel
import Foundation
import GRDB
import RolloutEngine

/// Reads identifiers back that were checked before they were written.
enum StoredText {
    static func identifier<ID: TextIdentifier>(_ text: String, _ table: String) throws(StoreError) -> ID {
        guard ID.accepts(text) else {
            throw StoreError(
                .unreadableRow, subject: table,
                message: IdentifierError(kind: ID.kind, text: text, rule: ID.rule).description)
        }
        return ID(accepted: text)
    }
}

extension StoredRelease {
    init(row: Row) throws {
        let release: ReleaseID = try StoredText.identifier(row["release"], "releases")
        self.init(
            release: release, digest: try StoredText.identifier(row["digest"], "releases"), byteCount: row["bytes"],
            ruleCount: row["rules"], schemaVersion: row["schema_version"], notes: row["notes"], chaos: row["chaos"],
            signature: [UInt8](row["signature"] as Data), publishedAt: Moment(milliseconds: row["published_at_ms"]),
            labPolicy: row["lab_policy"], costBound: (row["cost_bound"] as Int64?).map { UInt64(clamping: $0) })
        guard let at = row["recalled_at_ms"] as Int64? else { return }
        recall = StoredRecall(
            release: release, at: Moment(milliseconds: at), reason: row["recall_reason"] ?? "",
            revision: row["recall_revision"] ?? 0)
    }
}

extension StoredRollout {
    /// Bytes and depth of a stored policy: it has ten numbers.
    private static let policyLimits = JSONParser.Limits(bytesMax: 16 << 10)

    init(row: Row) throws {
        let id: RolloutID = try StoredText.identifier(row["id"], "rollouts")
        let policy: RolloutPolicy
        do {
            policy = try CodableJSON.decode(
                RolloutPolicy.self, from: Array((row["policy_json"] as String).utf8), limits: Self.policyLimits)
        } catch {
            throw StoreError(
                .unreadableRow, subject: "rollout \(id)", message: "its policy is not understood: \(error)")
        }
        self.init(
            id: id, release: try StoredText.identifier(row["release"], "rollouts"), policy: policy,
            seed: UInt64(bitPattern: row["seed"]), startedAt: Moment(milliseconds: row["started_at_ms"]))
    }
}

extension StoredEndpoint {
    init(row: Row) throws {
        let id: EndpointID = try StoredText.identifier(row["id"], "endpoints")
        guard let origin = Origin(rawValue: row["origin"]) else {
            throw StoreError(.unreadableRow, subject: "endpoint \(id)", message: "its origin is not understood")
        }
        self.init(
            id: id, origin: origin,
            credentialDigest: try StoredText.identifier(row["credential_sha256"], "endpoints"), name: row["name"],
            enrolledAt: Moment(milliseconds: row["enrolled_at_ms"]), isConfirmed: row["confirmed"],
            revokedAt: (row["revoked_at_ms"] as Int64?).map(Moment.init(milliseconds:)),
            snapshot: EndpointSnapshot(
                id: id, lastSeenAt: (row["last_seen_at_ms"] as Int64?).map(Moment.init(milliseconds:)),
                alertsAcknowledged: UInt64(bitPattern: row["alerts_acknowledged"]), body: row["snapshot_json"]))
    }
}

extension StoredAlert {
    init(row: Row) throws {
        self.init(
            sequence: row["sequence"], endpoint: try StoredText.identifier(row["endpoint"], "alerts"),
            endpointSequence: UInt64(bitPattern: row["endpoint_sequence"]), rule: row["rule"], title: row["title"],
            severity: row["severity"], occurredAt: Moment(milliseconds: row["occurred_at_ms"]),
            receivedAt: Moment(milliseconds: row["received_at_ms"]), finding: row["finding"])
    }
}

extension [UInt8] {
    /// For BLOB columns: an array of bytes is no database value by itself.
    var databaseBlob: Data { Data(self) }
}
