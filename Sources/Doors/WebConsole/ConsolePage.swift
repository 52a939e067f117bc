package import ControlWire
package import FleetModel
import Mustache

/// What the status page shows, as values. The page is made of them and nothing else: it reads no clock and no store.
package struct ConsolePage: Sendable {
    package var status: ControlStatus
    /// Newest first.
    package var rollouts: [RolloutSummary]
    /// How exposure and cap went, for each rollout that is drawn. Missing: no drawing.
    package var histories: [RolloutID: [ExposurePoint]]
    /// Endpoints to list, at most `endpointCountMax` of them are shown.
    package var endpoints: [EndpointSummary]
    /// Newest first.
    package var alerts: [AlertRow]
    /// An endpoint that was not heard for this long is shown as silent, whatever it last said of itself.
    package var silentAfter: Moment.Span

    /// Rows of the endpoints table: a longer one is for `firebreak endpoint list`.
    package static let endpointCountMax = 200
    /// Rows of the alerts table.
    package static let alertCountMax = 20
    /// Rollouts shown, newest first.
    package static let rolloutCountMax = 8

    /// The page's one script, for the policy that forbids every other.
    package static var script: String { ConsoleTemplate.script }

    package init(
        status: ControlStatus, rollouts: [RolloutSummary], histories: [RolloutID: [ExposurePoint]],
        endpoints: [EndpointSummary], alerts: [AlertRow], silentAfter: Moment.Span = .seconds(90)
    ) {
        self.status = status
        self.rollouts = rollouts
        self.histories = histories
        self.endpoints = endpoints
        self.alerts = alerts
        self.silentAfter = silentAfter
    }

    /// The page as HTML. Every text from outside is escaped by the template.
    ///
    /// - Throws: the template engine's error when a template of ours does not parse: a defect that a test would find.
    package func html() throws -> String {
        try MustacheTemplate(string: ConsoleTemplate.page).render(values)
    }

    private var values: [String: Any] {
        [
            "style": ConsoleTemplate.style,
            "script": ConsoleTemplate.script,
            "version": status.version,
            "clock": TimeText.clock(status.now),
            "hasFault": status.storageFault != nil,
            "fault": status.storageFault ?? "",
            "tiles": tiles,
            "rollouts": rollouts.prefix(Self.rolloutCountMax).map { rollout in
                RolloutCard(rollout: rollout, history: histories[rollout.id] ?? [], now: status.now).values
            },
            "hasRollouts": !rollouts.isEmpty,
            "alerts": alerts.prefix(Self.alertCountMax).map(alertValues),
            "hasAlerts": !alerts.isEmpty,
            "endpoints": troubleFirst.prefix(Self.endpointCountMax).map(endpointValues),
            "hasEndpoints": !endpoints.isEmpty,
            "hiddenEndpoints": hiddenEndpointCount,
            "hasHiddenEndpoints": hiddenEndpointCount > 0,
        ]
    }

    private var hiddenEndpointCount: Int {
        max(0, status.endpointCount - min(endpoints.count, Self.endpointCountMax))
    }

    private var tiles: [[String: Any]] {
        let quiet = max(0, status.endpointCount - status.endpointsReporting)
        let unwell = max(0, status.endpointsReporting - status.endpointsHealthy)
        return [
            ["name": "endpoints", "value": status.endpointCount, "tone": ""],
            ["name": "well", "value": status.endpointsHealthy, "tone": "good"],
            ["name": "unwell", "value": unwell, "tone": unwell > 0 ? "bad" : ""],
            ["name": "not heard of lately", "value": quiet, "tone": quiet > 0 ? "warn" : ""],
            ["name": "releases", "value": status.releaseCount, "tone": ""],
            ["name": "alerts", "value": status.alertCount, "tone": status.alertCount > 0 ? "warn" : ""],
        ]
    }

    private func alertValues(_ alert: AlertRow) -> [String: Any] {
        [
            "clock": TimeText.clock(alert.occurredAt), "severity": alert.severity, "title": alert.title,
            "endpoint": alert.endpointName, "rule": alert.rule,
        ]
    }

    /// Those that need a look come first, otherwise as they were given.
    private var troubleFirst: [EndpointSummary] {
        let toned = endpoints.map { endpoint in
            let tone = standing(of: endpoint).tone
            return (endpoint, tone == "good" && endpoint.stateStanding.isTrouble ? "warn" : tone)
        }
        return ["bad", "warn", "good", "dim"].flatMap { tone in toned.filter { $0.1 == tone }.map(\.0) }
    }

    private func standing(of endpoint: EndpointSummary) -> (word: String, tone: String) {
        if endpoint.revokedAt != nil { return ("revoked", "dim") }
        guard let lastSeen = endpoint.lastSeenAt else { return ("no word yet", "warn") }
        if status.now - lastSeen > silentAfter { return ("silent", "warn") }
        guard let health = endpoint.health else { return ("heard", "good") }
        return health.isHealthy ? ("well", "good") : (health.message.isEmpty ? "unwell" : health.message, "bad")
    }

    private func stateTone(of endpoint: EndpointSummary) -> String {
        switch endpoint.stateStanding {
        case .notMeasured: "dim"
        case .verified: "good"
        case .unverified: "bad"
        }
    }

    private func endpointValues(_ endpoint: EndpointSummary) -> [String: Any] {
        let releases = endpoint.activeReleases.map(\.text).joined(separator: ", ")
        let standing = standing(of: endpoint)
        return [
            "name": endpoint.name,
            "tag": endpoint.cohort.tags.sorted { $0.key < $1.key }.map(\.value).joined(separator: " "),
            "standing": standing.word, "tone": standing.tone, "releases": releases.isEmpty ? "-" : releases,
            "system": [endpoint.cohort.osVersion, endpoint.cohort.kernel].filter { !$0.isEmpty }.joined(
                separator: " · "),
            "state": endpoint.stateStanding.text, "stateTone": stateTone(of: endpoint),
            "sensor": endpoint.hasLiveSensor ? "live" : "replay", "lost": endpoint.eventsLost,
            "seen": endpoint.lastSeenAt.map { TimeText.age(status.now - $0) } ?? "never",
        ]
    }
}

/// Exposure and cap at one moment of a rollout.
package struct ExposurePoint: Hashable, Sendable {
    package var at: Moment
    package var exposed: Int
    package var cap: Int

    package init(at: Moment, exposed: Int, cap: Int) {
        self.at = at
        self.exposed = exposed
        self.cap = cap
    }
}
