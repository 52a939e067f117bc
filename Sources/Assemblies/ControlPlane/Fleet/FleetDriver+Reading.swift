import CanonicalCoding
import ControlWire
import FleetModel
import FleetStore
import RolloutEngine
import WebConsole

/// What people ask. Answered from what the driver holds; only rows of ledger, alerts and actions are read from disk.
extension FleetDriver {
    /// An endpoint that was not heard for this many polls is not reporting.
    private static let pollsMissedMax: Int64 = 3

    private var silentAfter: Moment.Span {
        .milliseconds(preset.endpoints.pollInterval.milliseconds * Self.pollsMissedMax)
    }

    func status(version: String) async throws(StoreError) -> ControlStatus {
        let now = clock.now
        let seen = credentials.seen(since: now + .milliseconds(-silentAfter.milliseconds))
        let members = endpoints.values.filter { $0.stored.revokedAt == nil }
        let reporting = members.filter { seen.contains($0.id) }
        let latest = try await store.latestAlerts(countMax: 1)
        return ControlStatus(
            version: version, startedAt: clock.startedAt, now: now, endpointCount: members.count,
            endpointsReporting: reporting.count,
            endpointsHealthy: reporting.filter { $0.health?.isHealthy == true }.count, releaseCount: releases.count,
            rolloutsActive: shelf.rollouts.filter { [.ramping, .held].contains($0.machine.status.phase) }.count,
            alertCount: alertCount, lastAlertSequence: latest.first?.sequence ?? 0, recallRevision: recallRevision,
            storageFault: storageFault.map(\.description) ?? record?.fault.map { "the public log: \($0)" })
    }

    /// The newest first.
    func releaseList() -> ReleaseList {
        ReleaseList(
            releases: releaseOrder.suffix(ControlWireLimit.pageCountMax).reversed().compactMap { releases[$0] }
                .map { summary(of: $0) })
    }

    /// The newest first.
    func rolloutList() -> RolloutList {
        RolloutList(rollouts: shelf.rollouts.suffix(ControlWireLimit.pageCountMax).reversed().map { summary(of: $0) })
    }

    /// - Parameter withPolicy: Whether to add the whole policy.
    func rollout(_ id: RolloutID, withPolicy: Bool = false) throws -> RolloutSummary {
        guard let index = shelf.index(of: id) else {
            throw ControlRefusal.notFound("rollout \(id)", list: "firebreak rollout status")
        }
        var summary = summary(of: shelf[index])
        if withPolicy { summary.document = try CodableJSON.value(of: shelf[index].stored.policy) }
        return summary
    }

    func ledger(of id: RolloutID, after: Int64, limit: Int) async throws -> LedgerPage {
        _ = try rollout(id)
        let rows = try await store.ledger(of: id, after: after, countMax: limit)
        return LedgerPage(
            rows: rows.map { row in
                LedgerRow(
                    sequence: row.sequence, at: row.at, kind: row.kind, endpoint: row.endpoint,
                    detail: row.reason.isEmpty ? row.detail : "\(row.detail): \(row.reason)")
            }, next: rows.last?.sequence ?? after)
    }

    func endpointPage(after: EndpointID?, limit: Int) -> EndpointPage {
        let all = endpoints.keys.filter { id in after.map { id > $0 } ?? true }.sorted()
        let page = all.prefix(limit).compactMap { endpoints[$0] }
        return EndpointPage(
            endpoints: page.map { $0.summary(lastSeen: credentials.lastSeen($0.id)) },
            next: all.count > page.count ? page.last?.id : nil)
    }

    func endpoint(_ id: EndpointID) throws(ControlRefusal) -> EndpointSummary {
        guard let record = endpoints[id] else {
            throw ControlRefusal.notFound("endpoint \(id)", list: "firebreak endpoint list")
        }
        return record.summary(lastSeen: credentials.lastSeen(id))
    }

    /// Alerts after a sequence number; waits for the first one where there is none.
    func alertPage(after: Int64, limit: Int, wait: Moment.Span) async throws(StoreError) -> AlertPage {
        let heard = alertBell.ringCount
        var alerts = try await store.alerts(after: after, countMax: limit)
        if alerts.isEmpty, wait > .zero {
            await alertBell.wait(beyond: heard, for: wait)
            alerts = try await store.alerts(after: after, countMax: limit)
        }
        return AlertPage(alerts: alerts.map(row), next: alerts.last?.sequence ?? after)
    }

    private func row(_ alert: StoredAlert) -> AlertRow {
        AlertRow(
            sequence: alert.sequence, endpoint: alert.endpoint,
            endpointName: endpoints[alert.endpoint]?.stored.name ?? alert.endpoint.text, rule: alert.rule,
            title: alert.title, severity: alert.severity, occurredAt: alert.occurredAt, receivedAt: alert.receivedAt,
            finding: alert.finding)
    }

    func actionPage(after: Int64, limit: Int) async throws(StoreError) -> OperatorActionPage {
        let actions = try await store.actions(after: after, countMax: limit)
        return OperatorActionPage(
            actions: actions.map { action in
                OperatorAction(
                    sequence: action.sequence, at: action.at, action: action.action, subject: action.subject,
                    detail: action.detail)
            }, next: actions.last?.sequence ?? after)
    }

    /// What the status page shows.
    func page(version: String) async throws(StoreError) -> ConsolePage {
        let status = try await status(version: version)
        let shown = shelf.rollouts.suffix(ConsolePage.rolloutCountMax).reversed()
        let alerts = try await store.latestAlerts(countMax: ConsolePage.alertCountMax)
        let members = endpoints.values.prefix(ControlLimit.pageEndpointCountMax).sorted {
            ($0.stored.name, $0.id) < ($1.stored.name, $1.id)
        }
        return ConsolePage(
            status: status, rollouts: shown.map { summary(of: $0) },
            histories: Dictionary(uniqueKeysWithValues: shown.map { ($0.id, $0.history) }),
            endpoints: members.map { $0.summary(lastSeen: credentials.lastSeen($0.id)) },
            alerts: alerts.map(row), silentAfter: silentAfter)
    }
}
