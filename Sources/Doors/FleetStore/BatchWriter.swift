import CanonicalCoding
import FleetModel
import GRDB

/// Writes one batch inside a transaction that its caller has opened.
struct BatchWriter {
    let database: Database

    func write(_ batch: StoreBatch) throws -> StoreReceipt {
        for result in batch.labResults { try write(result) }
        for release in batch.releases { try write(release) }
        for rollout in batch.rollouts { try write(rollout) }
        try write(batch.ledger)
        for recall in batch.recalls { try write(recall) }
        for customer in batch.customers { try write(customer) }
        for endpoint in batch.endpoints { try write(endpoint) }
        for pin in batch.statePins { try write(pin) }
        for snapshot in batch.snapshots { try write(snapshot) }
        for seen in batch.seen {
            try run(
                "UPDATE endpoints SET last_seen_at_ms = ? WHERE id = ?", [seen.at.milliseconds, seen.id.text])
        }
        let newAlertCount = try write(batch.alerts)
        for action in batch.actions {
            try run(
                "INSERT INTO operator_actions(at_ms, action, subject, detail) VALUES (?, ?, ?, ?)",
                [action.at.milliseconds, action.action, action.subject, action.detail])
        }
        for record in batch.records { try write(record) }
        for logged in batch.logged { try write(logged) }
        if let listening = batch.listening { try write(listening) }
        return StoreReceipt(newAlertCount: newAlertCount)
    }

    func run(_ sql: String, _ arguments: StatementArguments) throws {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    private func write(_ release: StoredRelease) throws {
        try run(
            """
            INSERT INTO releases(release, digest, bytes, rules, schema_version, notes, chaos, signature,
                published_at_ms, lab_policy, cost_bound) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                release.release.text, release.digest.text, release.byteCount, release.ruleCount,
                release.schemaVersion, release.notes, release.chaos, release.signature.databaseBlob,
                release.publishedAt.milliseconds, release.labPolicy,
                release.costBound.map { Int64(clamping: $0) },
            ])
    }

    private func write(_ rollout: StoredRollout) throws {
        let policy: [UInt8]
        do {
            policy = try CodableJSON.encode(rollout.policy)
        } catch {
            throw StoreError(.failed, subject: rollout.id.text, message: "its policy cannot be written: \(error)")
        }
        try run(
            "INSERT INTO rollouts(id, release, policy_json, seed, started_at_ms) VALUES (?, ?, ?, ?, ?)",
            [
                rollout.id.text, rollout.release.text, String(decoding: policy, as: UTF8.self),
                Int64(bitPattern: rollout.seed), rollout.startedAt.milliseconds,
            ])
    }

    private func write(_ rows: [LedgerRecord]) throws {
        for row in rows {
            try run(
                "INSERT INTO ledger(seq, rollout, at_ms, kind, endpoint, detail, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    row.sequence, row.rollout.text, row.at.milliseconds, row.kind, row.endpoint?.text, row.detail,
                    row.reason,
                ])
        }
    }

    private func write(_ recall: StoredRecall) throws {
        try run(
            "UPDATE releases SET recalled_at_ms = ?, recall_reason = ?, recall_revision = ? WHERE release = ?",
            [recall.at.milliseconds, recall.reason, recall.revision, recall.release.text])
        guard database.changesCount == 1 else {
            throw StoreError(.refused, subject: recall.release.text, message: "a release that is not there is recalled")
        }
    }

    private func write(_ endpoint: StoredEndpoint) throws {
        try run(
            """
            INSERT INTO endpoints(id, origin, credential_sha256, name, enrolled_at_ms, confirmed, revoked_at_ms,
                last_seen_at_ms, alerts_acknowledged, snapshot_json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(id) DO UPDATE SET credential_sha256 = excluded.credential_sha256, name = excluded.name,
                enrolled_at_ms = excluded.enrolled_at_ms, confirmed = excluded.confirmed,
                revoked_at_ms = excluded.revoked_at_ms
            """,
            [
                endpoint.id.text, endpoint.origin.rawValue, endpoint.credentialDigest.text, endpoint.name,
                endpoint.enrolledAt.milliseconds, endpoint.isConfirmed, endpoint.revokedAt?.milliseconds,
                endpoint.snapshot.lastSeenAt?.milliseconds, Int64(bitPattern: endpoint.snapshot.alertsAcknowledged),
                endpoint.snapshot.body,
            ])
    }

    private func write(_ snapshot: EndpointSnapshot) throws {
        try run(
            "UPDATE endpoints SET last_seen_at_ms = ?, alerts_acknowledged = ?, snapshot_json = ? WHERE id = ?",
            [
                snapshot.lastSeenAt?.milliseconds, Int64(bitPattern: snapshot.alertsAcknowledged), snapshot.body,
                snapshot.id.text,
            ])
    }

    /// Keeps alerts that are not there yet, and lets the oldest go beyond the bound.
    private func write(_ alerts: [StoredAlert]) throws -> Int {
        guard !alerts.isEmpty else { return 0 }
        var newCount = 0
        for alert in alerts {
            try run(
                """
                INSERT INTO alerts(endpoint, endpoint_sequence, rule, title, severity, occurred_at_ms, received_at_ms,
                    finding) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(endpoint, endpoint_sequence) DO NOTHING
                """,
                [
                    alert.endpoint.text, Int64(bitPattern: alert.endpointSequence), alert.rule, alert.title,
                    alert.severity, alert.occurredAt.milliseconds, alert.receivedAt.milliseconds, alert.finding,
                ])
            newCount += database.changesCount
        }
        // Sequences have no gaps but those of trimming, so the newest one tells how many there are.
        try run(
            """
            DELETE FROM alerts WHERE sequence IN (
                SELECT sequence FROM alerts WHERE sequence <= (SELECT MAX(sequence) FROM alerts) - ?
                ORDER BY sequence LIMIT ?)
            """, [StoreLimit.alertCountMax, StoreLimit.alertsTrimmedMax])
        return newCount
    }

    private func write(_ listening: ListeningInterval) throws {
        try run(
            """
            INSERT INTO listening(from_ms, until_ms) VALUES (?, ?)
            ON CONFLICT(from_ms) DO UPDATE SET until_ms = MAX(until_ms, excluded.until_ms)
            """, [listening.from.milliseconds, listening.until.milliseconds])
        try run(
            """
            DELETE FROM listening WHERE from_ms NOT IN (SELECT from_ms FROM listening ORDER BY from_ms DESC LIMIT ?)
            """, [StoreLimit.listeningCountMax])
    }
}
